// At stake: a fork that leaves its parent's frame becomes one task, and its
// parent is told of the end, or of the failure, exactly once.

#include <cerrno>

extern "C" {
#include "src/sched/current.h"
#include "src/sched/fork_task.h"
}

#include "tests/sched/two_workers.h"

namespace
{

int64_t Twice(void *arg)
{
    return 2 * *static_cast<int64_t *>(arg);
}

class ForkTaskTest : public TwoWorkers
{
  protected:
    // As the worker does: the caller becomes it, and the task its current one.
    static int64_t RunOn(rv_worker *w, rv_task *task)
    {
        rv_task *before = w->current;
        rv_current_get()->worker = w;
        w->current = task;
        int64_t result = rv_task_function(task)(task->arg);
        w->current = before;
        rv_current_get()->worker = nullptr;
        return result;
    }

    ForkTaskTest()
    {
        for (rove_fork &fork : forks_) {
            fork.fn = Twice;
            fork.arg = &number_;
            fork.state = RV_FORK_PENDING;
        }
    }

    void Offer(rv_worker *w)
    {
        for (rove_fork &fork : forks_) {
            ASSERT_TRUE(rv_deque_push(&w->forks, &fork));
        }
    }

    static void GiveBack(rv_worker *w, rv_task *task)
    {
        rv_task_fini(task);
        rv_task_cache_put(&w->tasks, task);
    }

    int64_t number_ = 21;
    rove_fork forks_[3] = {};
};

TEST_F(ForkTaskTest, ThievesTakeTheOldestAndTheOwnerTheNewest)
{
    Offer(workers_[1]);
    rv_task *stolen = rv_fork_task_steal(workers_[0], workers_[1]);
    rv_task *popped = rv_fork_task_pop(workers_[1]);
    ASSERT_NE(stolen, nullptr);
    ASSERT_NE(popped, nullptr);
    EXPECT_EQ(stolen->arg, &forks_[0]);
    EXPECT_EQ(popped->arg, &forks_[2]);
    EXPECT_EQ(Count(&workers_[0]->stats.spawned), 1U);
    EXPECT_EQ(Count(&workers_[0]->stats.steals), 1U);
    EXPECT_EQ(Count(&workers_[1]->stats.spawned), 1U);
    EXPECT_EQ(Count(&workers_[1]->stats.steals), 0U);
    GiveBack(workers_[0], stolen);
    GiveBack(workers_[1], popped);
    EXPECT_EQ(rv_deque_pop(&workers_[1]->forks), &forks_[1]);
}

TEST_F(ForkTaskTest, AnEmptyDequeCostsNoDescriptor)
{
    GiveBack(workers_[0], rv_task_depot_get());
    unsigned free = workers_[0]->tasks.count;
    EXPECT_EQ(rv_fork_task_steal(workers_[0], workers_[1]), nullptr);
    EXPECT_EQ(rv_fork_task_pop(workers_[0]), nullptr);
    EXPECT_EQ(workers_[0]->tasks.count, free);
    EXPECT_EQ(Count(&workers_[0]->stats.spawned), 0U);
}

TEST_F(ForkTaskTest, TheTaskIsDetachedAndLeavesItsResultInTheFork)
{
    Offer(workers_[1]);
    rv_task *task = rv_fork_task_steal(workers_[0], workers_[1]);
    ASSERT_NE(task, nullptr);
    EXPECT_EQ(rv_u64_load_relaxed(&task->join), RV_JOIN_DETACHED);
    EXPECT_NE(task->traits.flags & RV_TASK_IS_FORK, 0);
    EXPECT_EQ(forks_[0].state, RV_FORK_PENDING);
    EXPECT_EQ(RunOn(workers_[0], task), 0);
    EXPECT_EQ(forks_[0].state, RV_FORK_DONE);
    EXPECT_EQ(forks_[0].result, 42);
    GiveBack(workers_[0], task);
}

TEST_F(ForkTaskTest, AFailureWakesTheParentThatWaits)
{
    Offer(workers_[1]);
    rv_task *task = rv_fork_task_steal(workers_[0], workers_[1]);
    ASSERT_NE(task, nullptr);
    rv_ref ref;
    rv_task *parent = NewParked(&ref);
    forks_[0].state = ref;
    rv_fork_task_fail(workers_[0], task, -ENOMEM);
    EXPECT_EQ(forks_[0].state, RV_FORK_DONE);
    EXPECT_EQ(forks_[0].result, -ENOMEM);
    EXPECT_EQ(rv_worker_pick(workers_[0]), parent);
    EXPECT_EQ(rv_worker_pick(workers_[0]), nullptr);
    GiveBack(workers_[0], task);
}

TEST_F(ForkTaskTest, WhereTasksStayAForkStaysToo)
{
    scheduler_.stealing = false;
    scheduler_.pins_all = true;
    Offer(workers_[1]);
    rv_task *task = rv_fork_task_pop(workers_[1]);
    ASSERT_NE(task, nullptr);
    EXPECT_EQ(task->traits.pins, 1);
    EXPECT_EQ(task->traits.home, 1);
    GiveBack(workers_[1], task);
}

} // namespace
