// What is at stake: workers sleep here. A wait that ends early burns a CPU, one
// that ends late or never stops the runtime. Shown with doorbells, the clock,
// and an epoll_pwait2 that fails on demand.
#include <cerrno>
#include <climits>
#include <cstdint>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <thread>

extern "C" {
#include "src/base/clock.h"
#include "src/platform/epoll.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "tests/support/fault.h"
}

namespace
{

constexpr int64_t kMs = 1000000;
constexpr uint64_t kData = UINT64_C(0xfedcba9876543210);

// By value: the kernel's struct is packed, and EXPECT_EQ binds references.
uint64_t DataOf(const struct epoll_event &event)
{
    return event.data.u64;
}

class EpollTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        epoll_ = rv_epoll_open();
        bell_ = rv_event_fd_open();
        ASSERT_GE(epoll_, 0);
        ASSERT_GE(bell_, 0);
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

TEST_F(EpollTest, InstanceIsCloseOnExec)
{
    EXPECT_NE(fcntl(epoll_, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(EpollTest, EventCarriesTheDataOfItsRegistration)
{
    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, kData), 0);
    EXPECT_EQ(Wait(0), 0);

    rv_event_fd_signal(bell_);
    ASSERT_EQ(Wait(0), 1);
    EXPECT_EQ(DataOf(event_), kData);
    EXPECT_EQ(+event_.events, uint32_t{EPOLLIN});

    ASSERT_EQ(rv_epoll_mod(epoll_, bell_, EPOLLIN, ~kData), 0);
    ASSERT_EQ(Wait(0), 1);
    EXPECT_EQ(DataOf(event_), ~kData);
}

TEST_F(EpollTest, ModRearmsAOneShotRegistration)
{
    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN | EPOLLONESHOT, 1), 0);
    rv_event_fd_signal(bell_);
    EXPECT_EQ(Wait(0), 1);
    EXPECT_EQ(Wait(0), 0);

    ASSERT_EQ(rv_epoll_mod(epoll_, bell_, EPOLLIN | EPOLLONESHOT, 2), 0);
    ASSERT_EQ(Wait(0), 1);
    EXPECT_EQ(DataOf(event_), 2u);
}

TEST_F(EpollTest, DeletedRegistrationHasNoEvents)
{
    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, kData), 0);
    rv_event_fd_signal(bell_);
    ASSERT_EQ(rv_epoll_del(epoll_, bell_), 0);
    EXPECT_EQ(Wait(0), 0);
}

TEST_F(EpollTest, ErrorsComeBackAsNegativeErrno)
{
    EXPECT_EQ(rv_epoll_mod(epoll_, bell_, EPOLLIN, 0), -ENOENT);
    EXPECT_EQ(rv_epoll_del(epoll_, bell_), -ENOENT);
    EXPECT_EQ(rv_epoll_add(epoll_, -1, EPOLLIN, 0), -EBADF);
    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, 0), 0);
    EXPECT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, 0), -EEXIST);
    EXPECT_EQ(rv_epoll_wait(-1, &event_, 1, 0), -EBADF);
    EXPECT_EQ(rv_epoll_wait(bell_, &event_, 1, 0), -EINVAL);
}

TEST_F(EpollTest, NoFreeFdIsReported)
{
    rv_fault_arm("epoll_create1", 1, EMFILE);
    EXPECT_EQ(rv_epoll_open(), -EMFILE);
}

TEST_F(EpollTest, RegularFilesAreRefused)
{
    int file = memfd_create("regular", MFD_CLOEXEC);

    ASSERT_GE(file, 0);
    EXPECT_EQ(rv_epoll_add(epoll_, file, EPOLLIN, 0), -EPERM);
    EXPECT_EQ(rv_fd_close(file), 0);
}

// One call each: that it is neither early nor repeated is the point.
TEST_F(EpollTest, ShortTimeoutsAreNeverEarly)
{
    for (int i = 0; i < 200; i++) {
        int64_t timeout = 1 + 997 * i;
        int64_t start = rv_clock_now();

        ASSERT_EQ(Wait(timeout), 0);
        ASSERT_GE(rv_clock_now() - start, timeout);
    }
}

TEST_F(EpollTest, InterruptedWaitIsNotRepeated)
{
    rv_fault_arm("epoll_pwait2", 1, EINTR);
    EXPECT_EQ(Wait(-1), 0);
    EXPECT_EQ(rv_fault_calls("epoll_pwait2"), 1u);
    EXPECT_EQ(rv_fault_calls("epoll_wait"), 0u);
}

TEST_F(EpollTest, HugeTimeoutsWait)
{
    const int64_t timeouts[] = {INT64_C(40) * 86400 * 1000 * kMs, INT64_MAX - 1,
                                INT64_MAX, -1, INT64_MIN};

    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, kData), 0);
    for (int64_t timeout : timeouts) {
        std::thread ringer([this] { rv_event_fd_signal(bell_); });

        EXPECT_EQ(Wait(timeout), 1) << timeout;
        ringer.join();
        rv_event_fd_drain(bell_);
    }
}

TEST_F(EpollTest, NoMoreEventsThanAskedFor)
{
    struct epoll_event events[2];
    int second = rv_event_fd_open();

    ASSERT_EQ(rv_epoll_add(epoll_, bell_, EPOLLIN, 1), 0);
    ASSERT_EQ(rv_epoll_add(epoll_, second, EPOLLIN, 2), 0);
    rv_event_fd_signal(bell_);
    rv_event_fd_signal(second);

    EXPECT_EQ(rv_epoll_wait(epoll_, events, 1, 0), 1);
    EXPECT_EQ(rv_epoll_wait(epoll_, events, 2, 0), 2);
    EXPECT_EQ(DataOf(events[0]) + DataOf(events[1]), 3u);
    EXPECT_EQ(rv_fd_close(second), 0);
}

TEST(EpollTimeoutTest, MillisecondsAreRoundedUp)
{
    EXPECT_EQ(rv_epoll_timeout_ms(0), 0);
    EXPECT_EQ(rv_epoll_timeout_ms(1), 1);
    EXPECT_EQ(rv_epoll_timeout_ms(kMs - 1), 1);
    EXPECT_EQ(rv_epoll_timeout_ms(kMs), 1);
    EXPECT_EQ(rv_epoll_timeout_ms(kMs + 1), 2);
}

TEST(EpollTimeoutTest, HugeTimeoutsAreClamped)
{
    EXPECT_EQ(rv_epoll_timeout_ms(INT_MAX * kMs), INT_MAX);
    EXPECT_EQ(rv_epoll_timeout_ms(INT_MAX * kMs + 1), INT_MAX);
    EXPECT_EQ(rv_epoll_timeout_ms(INT64_MAX), INT_MAX);
    EXPECT_EQ(rv_epoll_timeout_ms(-1), -1);
    EXPECT_EQ(rv_epoll_timeout_ms(INT64_MIN), -1);
}

} // namespace
