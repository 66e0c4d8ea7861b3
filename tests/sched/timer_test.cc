// At stake: a timer claims the wait it was set for, when it is due, once,
// unless it was stopped. Shown on a worker without a thread, with noted wakes.

#include <memory>

extern "C" {
#include "src/base/mem.h"
#include "src/sched/timer.h"
#include "tests/sched/fake_wake.h"
}

#include "gtest/gtest.h"

namespace
{

class TimerTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fake_wakes_clear();
        worker_ = static_cast<rv_worker *>(
            rv_mem_alloc_aligned(alignof(rv_worker), sizeof(rv_worker)));
        ASSERT_NE(worker_, nullptr);
        rv_timer_wheel_init(&worker_->timers, kStart);
    }

    void TearDown() override
    {
        rv_mem_free(worker_);
    }

    unsigned FireAt(int64_t now)
    {
        return rv_timer_fire(worker_, &worker_->timers, now);
    }

    static constexpr int64_t kStart = 1000000000;
    static constexpr int64_t kDue = kStart + 5000000;
    static constexpr rv_ref kRef = 4 * 77 + RV_REF_TAG;
    rv_worker *worker_ = nullptr;
};

TEST_F(TimerTest, ItFiresOnceAndNotEarly)
{
    rv_wake_timer timer;
    rv_timer_start(worker_, &timer, kRef, kDue);
    EXPECT_EQ(FireAt(kDue - 1), 0U);
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_EQ(FireAt(kDue + 1000000), 1U);
    ASSERT_EQ(fake_wakes_count(), 1U);
    EXPECT_EQ(fake_wakes_at(0).ref, kRef);
    EXPECT_EQ(fake_wakes_at(0).cause, unsigned{RV_CAUSE_TIMER});
    EXPECT_EQ(FireAt(kDue + 2000000), 0U);
    EXPECT_EQ(rv_u64_load_relaxed(&worker_->stats.timers_fired), 1U);
    rv_timer_stop(&timer);
}

TEST_F(TimerTest, AStoppedTimerDoesNotFire)
{
    rv_wake_timer timer;
    rv_timer_start(worker_, &timer, kRef, kDue);
    rv_timer_stop(&timer);
    rv_timer_stop(&timer);
    EXPECT_EQ(FireAt(kDue + 1000000), 0U);
    EXPECT_EQ(fake_wakes_count(), 0U);
}

TEST_F(TimerTest, APastDeadlineIsDueAtOnce)
{
    rv_wake_timer timer;
    rv_timer_start(worker_, &timer, kRef, INT64_MIN);
    EXPECT_EQ(FireAt(kStart + 200000), 1U);
    rv_timer_stop(&timer);
}

} // namespace
