// At stake: what an idle worker takes from another, how much of it, and that
// one that makes progress keeps what is in its slots.

extern "C" {
#include "src/sched/steal.h"

#include "rove/fork.h"

#include "src/base/clock.h"
}

#include "tests/sched/two_workers.h"

namespace
{

class StealTest : public TwoWorkers
{
  protected:
    static void WaitFor(int64_t span)
    {
        for (int64_t end = rv_clock_now() + span; rv_clock_now() < end;) {
        }
    }

    // Rounds until long after a victim that stands still counts as stuck.
    rv_task *StealFromStuck()
    {
        EXPECT_EQ(rv_steal_round(workers_[0]), nullptr); // the first sighting
        WaitFor(2 * RV_STUCK_SLOT);
        return rv_steal_round(workers_[0]);
    }
};

TEST_F(StealTest, HalfOfARingIsTakenOldestFirst)
{
    std::vector<rv_task *> tasks;
    for (int i = 0; i < 6; i++) {
        tasks.push_back(NewTask());
        rv_worker_push(workers_[1], tasks.back());
    }
    EXPECT_EQ(rv_steal_round(workers_[0]), tasks[0]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks[1]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks[2]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), nullptr);
    for (size_t i = 3; i < 6; i++) {
        EXPECT_EQ(rv_worker_pick(workers_[1]), tasks[i]);
    }
    EXPECT_EQ(Count(&workers_[0]->stats.steals), 1U);
}

TEST_F(StealTest, BacklogAndInboxAreTakenInOrder)
{
    rv_task *tasks[4];
    for (rv_task *&task : tasks) {
        task = NewTask();
    }
    tasks[0]->link.next = &tasks[1]->link;
    tasks[1]->link.next = nullptr;
    rv_backlog_append(&workers_[1]->backlog, &tasks[0]->link);
    rv_inbox_push(&workers_[1]->inbox, &tasks[2]->link);
    rv_inbox_push(&workers_[1]->inbox, &tasks[3]->link);
    EXPECT_EQ(rv_steal_round(workers_[0]), tasks[0]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks[1]);
    EXPECT_EQ(rv_steal_round(workers_[0]), tasks[2]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks[3]);
    EXPECT_EQ(rv_worker_pick(workers_[1]), nullptr);
}

TEST_F(StealTest, SlotsOfAStuckWorkerAreTaken)
{
    rv_task *next = NewTask();
    rv_task *spawned = NewTask();
    rv_worker_put_slot(workers_[1], &workers_[1]->next_slot, next);
    rv_worker_put_slot(workers_[1], &workers_[1]->spawn_slot, spawned);
    EXPECT_EQ(StealFromStuck(), next);
    EXPECT_EQ(rv_steal_round(workers_[0]), spawned);
    EXPECT_EQ(rv_worker_pick(workers_[1]), nullptr);
    EXPECT_EQ(Count(&workers_[0]->stats.takeovers), 2U);
}

TEST_F(StealTest, SlotsOfAWorkerThatTicksAreLeftAlone)
{
    rv_task *task = NewTask();
    rv_worker_put_slot(workers_[1], &workers_[1]->next_slot, task);
    // It polls, too: however long this test is kept from running.
    rv_u64_store_relaxed(&workers_[1]->poller.polled_at, INT64_MAX);
    for (uint64_t tick = 1; tick < 5; tick++) {
        EXPECT_EQ(rv_steal_round(workers_[0]), nullptr);
        WaitFor(2 * RV_STUCK_SLOT);
        rv_u64_store_relaxed(&workers_[1]->tick, tick);
    }
    EXPECT_EQ(rv_worker_pick(workers_[1]), task);
}

TEST_F(StealTest, ASleepingWorkerIsNotStuck)
{
    rv_task *task = NewTask();
    rv_worker_put_slot(workers_[1], &workers_[1]->next_slot, task);
    rv_idle_enter(&scheduler_.idle, 1);
    EXPECT_EQ(StealFromStuck(), nullptr);
    (void)rv_idle_leave(&scheduler_.idle, 1);
}

TEST_F(StealTest, WithoutStealingNothingMoves)
{
    scheduler_.stealing = false;
    rv_task *task = NewTask();
    rv_worker_push(workers_[1], task);
    EXPECT_FALSE(rv_steal_anything(workers_[0]));
    EXPECT_TRUE(rv_steal_anything(workers_[1]));
    EXPECT_EQ(rv_steal_round(workers_[0]), nullptr);
    EXPECT_EQ(rv_worker_pick(workers_[1]), task);
}

TEST_F(StealTest, TheLastLookSeesEveryQueue)
{
    rv_task *task = NewTask();
    EXPECT_FALSE(rv_steal_anything(workers_[0]));
    rv_worker_push(workers_[1], task);
    EXPECT_TRUE(rv_steal_anything(workers_[0]));
    EXPECT_EQ(rv_worker_pick(workers_[1]), task);
    rv_inbox_push(&workers_[1]->inbox, &task->link);
    EXPECT_TRUE(rv_steal_anything(workers_[0]));
    (void)rv_inbox_take_all(&workers_[1]->inbox);
    rove_fork fork = {};
    ASSERT_TRUE(rv_deque_push(&workers_[1]->forks, &fork));
    EXPECT_TRUE(rv_steal_anything(workers_[0]));
    EXPECT_EQ(rv_deque_pop(&workers_[1]->forks), &fork);
    rv_fifo_push(&workers_[0]->pinned, &task->link);
    EXPECT_TRUE(rv_steal_anything(workers_[0]));
    EXPECT_FALSE(rv_steal_anything(workers_[1])); // pinned: nobody else's
    (void)rv_fifo_pop(&workers_[0]->pinned);
    EXPECT_FALSE(rv_steal_anything(workers_[0]));
}

} // namespace
