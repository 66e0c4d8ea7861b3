// At stake: the suspension protocol on plain threads: who wakes, when, and what
// the waiter is told. Tasks go through it in every API test.

#include <cerrno>
#include <thread>

extern "C" {
#include "src/base/clock.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
}

#include "gtest/gtest.h"

namespace
{

TEST(AwaitTest, AWakeBeforeTheWaitIsNotLost)
{
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_EQ(wait.worker, nullptr);
    EXPECT_TRUE(rv_wake(nullptr, wait.ref, 9));
    EXPECT_FALSE(rv_wake(nullptr, wait.ref, 8));
    EXPECT_EQ(rv_wait_suspend(&wait), 9U);
}

TEST(AwaitTest, AThreadWakesAThread)
{
    for (unsigned i = 0; i < 2000; i++) {
        rv_wait wait;
        ASSERT_EQ(rv_wait_begin_deaf(&wait), 0);
        rv_ref ref = wait.ref;
        std::thread waker;
        if (i % 100 == 0) {
            waker = std::thread([ref] { rv_wake(nullptr, ref, 6); });
        } else {
            rv_wake(nullptr, ref, 6);
        }
        EXPECT_EQ(rv_wait_suspend(&wait), 6U);
        if (waker.joinable()) {
            waker.join();
        }
    }
}

TEST(AwaitTest, TheDeadlineEndsTheWaitAndNotEarly)
{
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    int64_t deadline = rv_clock_now() + 2000000;
    EXPECT_EQ(rv_wait_suspend_until(&wait, deadline), unsigned{RV_CAUSE_TIMER});
    EXPECT_GE(rv_clock_now(), deadline);
    EXPECT_FALSE(rv_wake(nullptr, wait.ref, 6));
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_EQ(rv_wait_suspend_until(&wait, 0), unsigned{RV_CAUSE_TIMER});
}

TEST(AwaitTest, AnAbortedWaitIsOver)
{
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    rv_ref ref = wait.ref;
    EXPECT_EQ(rv_wait_abort(&wait), unsigned{RV_CAUSE_NONE});
    EXPECT_FALSE(rv_wake(nullptr, ref, 6));
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_TRUE(rv_wake(nullptr, wait.ref, 6));
    EXPECT_EQ(rv_wait_abort(&wait), 6U);
}

} // namespace
