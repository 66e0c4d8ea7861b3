// At stake: the numbered phases of start and shutdown, and the credits under
// tasks_max, which no worker may take or give back too many of.

#include <cerrno>

extern "C" {
#include "src/sched/scheduler.h"
}

#include "gtest/gtest.h"

namespace
{

class SchedulerTest : public ::testing::TestWithParam<unsigned>
{
  protected:
    void Start(uint64_t tasks_max)
    {
        rv_scheduler_options options = {};
        options.workers = GetParam();
        options.stack_class = RV_STACK_16K;
        options.tasks_max = tasks_max;
        options.name = "test";
        ASSERT_EQ(rv_scheduler_start(&scheduler_, &options), 0);
    }

    void Stop()
    {
        EXPECT_EQ(rv_scheduler_drain(scheduler_, INT64_MAX), 0);
        EXPECT_EQ(rv_scheduler_phase(scheduler_), RV_PHASE_DRAINING);
        EXPECT_EQ(rv_scheduler_drain(scheduler_, 0), 0);
        rv_scheduler_stop(scheduler_);
        rv_scheduler_free(scheduler_);
    }

    // The credit word of a worker belongs to its thread, so the test has a
    // worker's worth of its own.
    unsigned TakeAll(rv_worker *w)
    {
        unsigned taken = 0;
        while (taken < 10000 && rv_scheduler_take_credit(scheduler_, w)) {
            taken++;
        }
        return taken;
    }

    rv_scheduler *scheduler_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Workers, SchedulerTest, ::testing::Values(1, 2, 8));

TEST_P(SchedulerTest, AnIdleOneStartsAndStops)
{
    Start(0);
    EXPECT_EQ(rv_scheduler_phase(scheduler_), RV_PHASE_RUNNING);
    EXPECT_EQ(scheduler_->count, GetParam());
    EXPECT_EQ(scheduler_->credit_share, 0);
    EXPECT_EQ(rv_scheduler_tasks_left(scheduler_), 0U);
    Stop();
}

TEST_P(SchedulerTest, CreditsAddUpToTasksMax)
{
    for (uint64_t max : {1, 2, 7, 64, 1000, 5000}) {
        Start(max);
        static rv_worker w;
        w.credits = 0;
        EXPECT_EQ(TakeAll(&w), max);
        EXPECT_FALSE(rv_scheduler_take_credit(scheduler_, &w));
        for (uint64_t i = 0; i < max; i++) {
            rv_scheduler_return_credit(scheduler_, &w);
            EXPECT_LT(w.credits, 2 * scheduler_->credit_share);
        }
        EXPECT_EQ(TakeAll(&w), max);
        Stop();
    }
}

} // namespace
