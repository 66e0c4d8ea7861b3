// What is at stake: a doorbell that does not ring leaves a worker asleep with
// work waiting. Shown by asking the kernel whether the fd is readable.
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

extern "C" {
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "tests/support/fault.h"
}

namespace
{

class EventFdTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fd_ = rv_event_fd_open();
        ASSERT_GE(fd_, 0);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(rv_fd_close(fd_), 0);
    }

    bool IsSignalled() const
    {
        struct pollfd poll = {fd_, POLLIN, 0};

        return rv_fd_poll(&poll, 1, 0) == 1;
    }

    int fd_ = -1;
};

TEST_F(EventFdTest, DoorbellIsNonBlockingAndCloseOnExec)
{
    EXPECT_NE(fcntl(fd_, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd_, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(EventFdTest, SignalLastsUntilDrained)
{
    EXPECT_FALSE(IsSignalled());
    rv_event_fd_signal(fd_);
    rv_event_fd_signal(fd_);
    EXPECT_TRUE(IsSignalled());
    rv_event_fd_drain(fd_);
    EXPECT_FALSE(IsSignalled());
    rv_event_fd_signal(fd_);
    EXPECT_TRUE(IsSignalled());
}

TEST_F(EventFdTest, DrainWithoutASignalDoesNothing)
{
    rv_event_fd_drain(fd_);
    EXPECT_FALSE(IsSignalled());
}

TEST_F(EventFdTest, SaturatedCounterIsAlreadySignalled)
{
    const uint64_t full = UINT64_MAX - 1;

    ASSERT_EQ(write(fd_, &full, sizeof(full)), ssize_t{sizeof(full)});
    rv_event_fd_signal(fd_);
    EXPECT_TRUE(IsSignalled());
    rv_event_fd_drain(fd_);
    EXPECT_FALSE(IsSignalled());
}

TEST_F(EventFdTest, InterruptedCallsAreRepeated)
{
    rv_fault_arm("write", 1, EINTR);
    rv_event_fd_signal(fd_);
    EXPECT_TRUE(IsSignalled());

    rv_fault_arm("read", 1, EINTR);
    rv_event_fd_drain(fd_);
    EXPECT_FALSE(IsSignalled());
}

TEST_F(EventFdTest, NoFreeFdIsReported)
{
    rv_fault_arm("eventfd", 1, EMFILE);
    EXPECT_EQ(rv_event_fd_open(), -EMFILE);
}

TEST(EventFdDeathTest, ClosedFdStopsTheProcess)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(rv_event_fd_signal(-1), ::testing::KilledBySignal(SIGABRT),
                "rv_event_fd_signal: the descriptor is not an eventfd");
    EXPECT_EXIT(rv_event_fd_drain(-1), ::testing::KilledBySignal(SIGABRT),
                "rv_event_fd_drain: the descriptor is not an eventfd");
}

} // namespace
