// At stake: the order in which a worker takes what is ready, so that nothing
// waits for ever, and that a look inside needs no worker to stand still.

#include <set>

#include "tests/sched/two_workers.h"
#include "tests/support/with_runtime.h"

namespace
{

class WorkerTest : public TwoWorkers
{
};

TEST_F(WorkerTest, SlotsComeBeforeTheRingAndThatBeforeTheBacklog)
{
    rv_worker *w = workers_[0];
    rv_task *next = NewTask();
    rv_task *spawned = NewTask();
    rv_task *ready = NewTask();
    rv_task *late = NewTask();
    late->link.next = nullptr;
    rv_worker_push(w, ready);
    rv_backlog_append(&w->backlog, &late->link);
    EXPECT_EQ(rv_worker_put_slot(w, &w->spawn_slot, spawned), nullptr);
    EXPECT_EQ(rv_worker_put_slot(w, &w->next_slot, next), nullptr);
    for (rv_task *task : {next, spawned, ready, late}) {
        EXPECT_EQ(rv_worker_pick(w), task);
    }
    EXPECT_EQ(rv_worker_pick(w), nullptr);
    EXPECT_EQ(Count(&w->tick), 4U);
}

TEST_F(WorkerTest, TheDisplacedOccupantOfASlotIsReturned)
{
    rv_task *older = NewTask();
    rv_task *newer = NewTask();
    rv_worker *w = workers_[0];
    rv_atomic_ptr *slot = &w->next_slot;
    EXPECT_EQ(rv_worker_put_slot(w, slot, older), nullptr);
    EXPECT_EQ(rv_worker_put_slot(w, slot, newer), older);
    EXPECT_EQ(rv_worker_pick(w), newer);
}

// Whoever is picked is woken again at once, as in a ping-pong.
TEST_F(WorkerTest, TheRingHasItsTurnThoughTheSlotIsAlwaysFull)
{
    rv_worker *w = workers_[0];
    rv_task *starving = NewTask();
    rv_task *ball = NewTask();
    rv_worker_push(w, starving);
    int picks = 0;
    rv_task *task = nullptr;
    while (task != starving && picks <= RV_SLOT_RUNS_MAX) {
        ASSERT_EQ(rv_worker_put_slot(w, &w->next_slot, ball), nullptr);
        task = rv_worker_pick(w);
        picks++;
    }
    EXPECT_EQ(task, starving);
    EXPECT_EQ(picks, RV_SLOT_RUNS_MAX + 1);
    EXPECT_EQ(rv_worker_pick(w), ball); // it was sent to the ring's tail
}

// Two that wake each other, with nobody in the ring.
TEST_F(WorkerTest, TheNextSlotDoesNotStarveTheSpawnSlot)
{
    rv_worker *w = workers_[0];
    rv_task *spawned = NewTask();
    rv_task *ball = NewTask();
    rv_worker_put_slot(w, &w->spawn_slot, spawned);
    rv_task *task = nullptr;
    int picks = 0;
    while (task != spawned && picks < 100) {
        if (task == ball || task == nullptr) {
            rv_worker_put_slot(w, &w->next_slot, ball);
        }
        task = rv_worker_pick(w);
        picks++;
    }
    EXPECT_EQ(task, spawned);
    EXPECT_EQ(picks, RV_SLOT_RUNS_MAX + 1);
    EXPECT_EQ(rv_worker_pick(w), ball); // it was sent to the ring's tail
}

TEST_F(WorkerTest, AJoinerTakesWhatItWouldComeToNext)
{
    rv_worker *w = workers_[0];
    rv_task *first = NewTask();
    rv_task *second = NewTask();
    rv_task *newest = NewTask();
    rv_worker_push(w, first);
    rv_worker_push(w, second);
    rv_worker_put_slot(w, &w->spawn_slot, newest);
    EXPECT_FALSE(rv_worker_take_next(w, second));
    EXPECT_TRUE(rv_worker_take_next(w, newest));
    EXPECT_FALSE(rv_worker_take_next(w, newest));
    rv_worker_put_slot(w, &w->next_slot, newest); // somebody was woken
    EXPECT_FALSE(rv_worker_take_next(w, first));
    EXPECT_EQ(rv_worker_pick(w), newest);
    EXPECT_TRUE(rv_worker_take_next(w, first));
    EXPECT_TRUE(rv_worker_take_next(w, second));
    EXPECT_EQ(rv_worker_pick(w), nullptr);
}

TEST_F(WorkerTest, ATurnOfTheLoopIsDueThoughTasksAreReady)
{
    rv_worker *w = workers_[0];
    rv_task *task = NewTask();
    constexpr unsigned kMost = RV_BUDGET_ITEMS * RV_BUDGET_SPANS;
    unsigned picks = 0;
    do {
        rv_worker_push(w, task);
        picks++;
    } while (rv_worker_pick(w) == task && picks < 2 * kMost);
    EXPECT_LE(picks, kMost);
    EXPECT_EQ(w->budget, 0U);
    EXPECT_EQ(rv_worker_pick(w), nullptr); // until the loop renews the budget
}

TEST_F(WorkerTest, PinnedTasksAndTheRingTakeTurns)
{
    rv_worker *w = workers_[0];
    std::set<rv_task *> pinned;
    for (int i = 0; i < 4; i++) {
        rv_task *task = NewTask();
        pinned.insert(task);
        rv_fifo_push(&w->pinned, &task->link);
        rv_worker_push(w, NewTask());
    }
    int before = -1;
    for (int i = 0; i < 8; i++) {
        rv_task *task = rv_worker_pick(w);
        ASSERT_NE(task, nullptr);
        int is_pinned = static_cast<int>(pinned.count(task));
        EXPECT_NE(is_pinned, before);
        before = is_pinned;
    }
}

// More than a ring holds, and more that come while it is worked off.
TEST_F(WorkerTest, RingAndBacklogAreFirstInFirstOut)
{
    rv_worker *w = workers_[0];
    std::vector<rv_task *> pushed;
    auto push = [&] {
        pushed.push_back(NewTask());
        rv_worker_push(w, pushed.back());
    };
    for (int i = 0; i < RV_RING_SLOTS + 2; i++) {
        push();
    }
    EXPECT_FALSE(rv_backlog_is_empty(&w->backlog));
    for (size_t i = 0; i < pushed.size(); i++) {
        w->budget = RV_BUDGET_ITEMS; // no turn in between
        ASSERT_EQ(rv_worker_pick(w), pushed[i]);
        if (i < RV_RING_SLOTS) {
            push();
        }
    }
    EXPECT_EQ(rv_worker_pick(w), nullptr);
}

TEST_F(WorkerTest, ManyThatDoNotFitIntoTheRingWaitBehindIt)
{
    rv_worker *w = workers_[0];
    std::vector<void *> tasks;
    for (int i = 0; i < RV_RING_SLOTS + 3; i++) {
        tasks.push_back(NewTask());
    }
    rv_worker_push_many(w, tasks.data(), RV_RING_SLOTS + 2);
    EXPECT_EQ(rv_worker_pick(w), tasks[0]);
    rv_worker_push_many(w, &tasks[RV_RING_SLOTS + 2], 1); // not overtaking
    for (size_t i = 1; i < tasks.size(); i++) {
        w->budget = RV_BUDGET_ITEMS; // no turn in between
        ASSERT_EQ(rv_worker_pick(w), tasks[i]);
    }
    EXPECT_EQ(rv_worker_pick(w), nullptr);
}

// The fourth occupant of a slot waits for those in the backlog, too.
TEST_F(WorkerTest, SlotsDoNotStarveTheBacklog)
{
    rv_worker *w = workers_[0];
    rv_task *late = NewTask();
    late->link.next = nullptr;
    rv_backlog_append(&w->backlog, &late->link);
    bool has_run = false;
    for (int i = 0; i <= RV_SLOT_RUNS_MAX + 1 && !has_run; i++) {
        EXPECT_EQ(rv_worker_put_slot(w, &w->next_slot, NewTask()), nullptr);
        has_run = rv_worker_pick(w) == late;
    }
    EXPECT_TRUE(has_run);
}

// Nor do pinned tasks that are always ready.
TEST_F(WorkerTest, PinnedTasksDoNotStarveTheBacklog)
{
    rv_worker *w = workers_[0];
    rv_task *late = NewTask();
    late->link.next = nullptr;
    rv_backlog_append(&w->backlog, &late->link);
    for (int i = 0; i < 4; i++) {
        rv_fifo_push(&w->pinned, &NewTask()->link);
    }
    rv_task *first = rv_worker_pick(w);
    rv_task *second = rv_worker_pick(w);
    EXPECT_TRUE(first == late || second == late);
}

class BusyWorkersTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, BusyWorkersTest,
                         ::testing::ValuesIn(kDesigns), NameOf);

// No worker comes to its loop before the looks are over.
TEST_P(BusyWorkersTest, StatsAreReadWhileEveryWorkerIsBusy)
{
    std::atomic<unsigned> busy{0};
    std::atomic<bool> stop{false};
    Body compute = [&] {
        busy++;
        while (!stop) {
        }
        return 0;
    };
    Runtime runtime(options_);
    std::vector<rove_task *> tasks;
    for (unsigned i = 0; i < Workers(); i++) {
        rove_task *task = rove_runtime_spawn(runtime.get(), CallBody, &compute);
        ASSERT_NE(task, nullptr);
        tasks.push_back(task);
    }
    EXPECT_TRUE(Eventually([&] { return busy > 0; }));
    uint64_t switches = 0;
    for (int i = 0; i < 1000; i++) {
        rove_stats stats;
        stats.size = sizeof stats;
        EXPECT_EQ(rove_stats_get(runtime.get(), &stats), 0);
        EXPECT_EQ(stats.workers, Workers());
        EXPECT_EQ(stats.tasks_ended, 0U);
        EXPECT_EQ(stats.tasks_spawned, Workers());
        EXPECT_GE(stats.switches, switches);
        switches = stats.switches;
    }
    stop = true;
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
}

} // namespace
