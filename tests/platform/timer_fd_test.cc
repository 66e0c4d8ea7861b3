// At stake: the timer ticks only when it is on, and again after it was read.

#include <fcntl.h>
#include <poll.h>

extern "C" {
#include "src/platform/timer_fd.h"
}

#include "gtest/gtest.h"

namespace
{

class TimerFdTest : public ::testing::Test
{
  protected:
    TimerFdTest() : fd_(rv_timer_fd_open())
    {
    }

    ~TimerFdTest() override
    {
        rv_timer_fd_close(fd_);
    }

    bool Ticks(int timeout_ms)
    {
        struct pollfd poller = {fd_, POLLIN, 0};
        return poll(&poller, 1, timeout_ms) == 1;
    }

    int fd_;
};

TEST_F(TimerFdTest, ANewTimerIsOffAndClosesOnExec)
{
    ASSERT_GE(fd_, 0);
    EXPECT_FALSE(Ticks(5));
    EXPECT_NE(fcntl(fd_, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd_, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(TimerFdTest, ItTicksAgainEachTimeItWasRead)
{
    rv_timer_fd_set(fd_, 1000000);
    for (int i = 0; i < 10; i++) {
        EXPECT_TRUE(Ticks(-1));
        rv_timer_fd_read(fd_);
    }
}

TEST_F(TimerFdTest, SwitchedOffItForgetsItsTick)
{
    rv_timer_fd_set(fd_, 1000000);
    EXPECT_TRUE(Ticks(-1));
    rv_timer_fd_set(fd_, 0);
    EXPECT_FALSE(Ticks(5));
    rv_timer_fd_read(fd_); // harmless
    rv_timer_fd_set(fd_, 1500000000);
    EXPECT_FALSE(Ticks(0));
}

} // namespace
