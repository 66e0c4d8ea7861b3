// What is at stake: kernels before 5.11, and sandboxes, have no epoll_pwait2;
// there the same promises must hold with milliseconds. Shown with a kernel that
// refuses the call. A binary of its own, since the refusal is remembered.
#include <cerrno>
#include <cstdint>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "src/base/clock.h"
#include "src/platform/epoll.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "tests/support/fault.h"
}

namespace
{

class EpollFallbackTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        epoll_ = rv_epoll_open();
        bell_ = rv_event_fd_open();
        ASSERT_GE(epoll_, 0);
        ASSERT_GE(bell_, 0);
        ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, 1), 0);
        rv_fault_arm_every("epoll_pwait2", 1, ENOSYS);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(rv_fd_close(bell_), 0);
        EXPECT_EQ(rv_fd_close(epoll_), 0);
    }

    int Wait(int64_t timeout)
    {
        return rv_epoll_wait(epoll_, &event_, 1, timeout);
    }

    int epoll_ = -1;
    int bell_ = -1;
    struct epoll_event event_ = {};
};

TEST_F(EpollFallbackTest, RefusalIsMetOnce)
{
    uint64_t refusals;

    rv_event_fd_signal(bell_);
    EXPECT_EQ(Wait(0), 1);
    refusals = rv_fault_calls("epoll_pwait2");
    EXPECT_EQ(Wait(0), 1);
    EXPECT_LE(refusals, 1u);
    EXPECT_EQ(rv_fault_calls("epoll_pwait2"), refusals);
}

TEST_F(EpollFallbackTest, ShortTimeoutsAreNeverEarly)
{
    for (int i = 0; i < 20; i++) {
        int64_t timeout = 1 + 99991 * i;
        int64_t start = rv_clock_now();

        ASSERT_EQ(Wait(timeout), 0);
        ASSERT_GE(rv_clock_now() - start, timeout);
    }
}

TEST_F(EpollFallbackTest, InterruptedWaitIsNotRepeated)
{
    ASSERT_EQ(Wait(0), 0);
    rv_fault_arm("epoll_wait", 1, EINTR);
    EXPECT_EQ(Wait(-1), 0);
    EXPECT_EQ(rv_fault_calls("epoll_wait"), 1u);
}

TEST_F(EpollFallbackTest, HugeTimeoutsWait)
{
    const int64_t timeouts[] = {INT64_C(40) * 86400 * 1000000000, INT64_MAX,
                                -1};

    for (int64_t timeout : timeouts) {
        std::thread ringer([this] { rv_event_fd_signal(bell_); });

        EXPECT_EQ(Wait(timeout), 1) << timeout;
        ringer.join();
        rv_event_fd_drain(bell_);
    }
}

// The child is a new process, which has not met a refusal yet.
TEST(EpollFallbackDeathTest, SandboxThatSaysEpermIsUnderstood)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(
        {
            struct epoll_event event;
            int epoll = rv_epoll_open();

            rv_fault_arm_every("epoll_pwait2", 1, EPERM);
            _exit(rv_epoll_wait(epoll, &event, 1, 0) == 0 &&
                          rv_fault_calls("epoll_pwait2") == 1
                      ? 0
                      : 1);
        },
        ::testing::ExitedWithCode(0), "");
}

} // namespace
