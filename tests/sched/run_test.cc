// At stake: how a task begins and ends, that it is nobody's before it has left
// its stack, and that what a program computes depends on no knob.

#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "src/sched/run.h"
}

#include "tests/sched/two_workers.h"
#include "tests/support/with_runtime.h"

namespace
{

class RunTest : public TwoWorkers
{
};

TEST_F(RunTest, AnUnstartedTaskGetsAStackOfItsClass)
{
    rv_task *task = NewTask();
    ASSERT_TRUE(rv_run_prepare(workers_[0], task));
    ASSERT_NE(rv_task_fiber(task), nullptr);
    rv_stack *stack = rv_container_of(rv_task_fiber(task), rv_stack, fiber);
    EXPECT_EQ(stack->owner, task);
    EXPECT_EQ(stack->size_class, RV_STACK_16K);
    EXPECT_EQ(rv_run_fiber_of(workers_[0], task), rv_task_fiber(task));
    EXPECT_EQ(workers_[0]->current, task);
    EXPECT_EQ(rv_run_fiber_of(workers_[0], nullptr), &workers_[0]->loop);
    EXPECT_EQ(workers_[0]->current, nullptr);
    rv_fiber_fini(&stack->fiber);
    rv_stack_cache_put(&workers_[0]->stacks, stack);
}

TEST_F(RunTest, TheEndWakesTheJoinerAndKeepsTheResult)
{
    rv_ref ref;
    rv_task *joiner = NewParked(&ref);
    rv_task *task = NewTask();
    rv_u64_store_relaxed(&task->join, ref);
    rv_run_finish(workers_[0], task, 7);
    EXPECT_EQ(task->result, 7);
    EXPECT_EQ(rv_u64_load_relaxed(&task->join), RV_JOIN_DONE);
    EXPECT_EQ(rv_worker_pick(workers_[0]), joiner);
    EXPECT_EQ(Count(&workers_[0]->stats.ended), 1U);
}

TEST_F(RunTest, TheEndOfADetachedTaskFreesItAndOfAnOwnedOneDoesNot)
{
    rv_task *owned = NewTask();
    rv_task *detached = NewTask();
    uint64_t owned_id = Count(&owned->id);
    uint64_t detached_id = Count(&detached->id);
    rv_u64_store_relaxed(&detached->join, RV_JOIN_DETACHED);
    rv_run_finish(workers_[0], owned, 1);
    EXPECT_EQ(workers_[0]->tasks.count, 0U);
    rv_run_finish(workers_[0], detached, 1);
    Forget(detached);
    EXPECT_EQ(workers_[0]->tasks.count, 1U);
    EXPECT_EQ(Count(&owned->id), owned_id); // the handle keeps it
    EXPECT_NE(Count(&detached->id), detached_id);
}

TEST_F(RunTest, PinnedTasksAreNotRunInline)
{
    rv_task *host = NewTask();
    rv_task *guest = NewTask();
    workers_[0]->current = host;
    guest->traits.pins = 1;
    EXPECT_FALSE(rv_run_may_inline(workers_[0], guest));
    guest->traits.pins = 0;
    guest->traits.stack_class = RV_STACK_64K;
    EXPECT_FALSE(rv_run_may_inline(workers_[0], guest));
    workers_[0]->current = nullptr;
}

class KnobsTest : public WithRuntime
{
  protected:
    // Spawns, waits, sleeps, yields and forks; the result is always the same.
    static int64_t Tree(int depth)
    {
        if (depth == 0) {
            EXPECT_EQ(rove_yield(), 0);
            return 1;
        }
        rove_task *left = Spawn([depth] { return Tree(depth - 1); });
        rove_task *right = Spawn([depth] {
            EXPECT_EQ(rove_sleep(depth * ROVE_US), 0);
            return Tree(depth - 1);
        });
        rove_fork fork;
        Body one = [] { return rove_yield() + 1; };
        rove_fork_start(&fork, CallBody, &one);
        int64_t sum = rove_fork_join(&fork);
        sum += rove_join(left);
        return sum + rove_join(right);
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, KnobsTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(KnobsTest, TheResultDependsOnNoKnob)
{
    const rove_options plain = options_;
    auto expect_same = [&](void (*turn)(rove_options *)) {
        options_ = plain;
        turn(&options_);
        InTask([] { EXPECT_EQ(Tree(6), 127); });
    };
    expect_same([](rove_options *) {});
    expect_same([](rove_options *o) { o->seed = 7; });
    expect_same([](rove_options *o) { o->stack_size = 64 * 1024; });
    expect_same([](rove_options *o) { o->seed = 1; });
    expect_same([](rove_options *o) { o->seed = UINT64_MAX; });
    expect_same([](rove_options *o) { o->tasks_max = 10000; });
    expect_same([](rove_options *o) { o->offload_threads_max = 1; });
    expect_same([](rove_options *o) { o->report_crash = 1; });
}

// The setter may be on the other worker while the waiter is still on its way
// off its stack: two threads on one stack would lose counts or crash.
TEST_P(KnobsTest, AWokenTaskIsOffItsStackBeforeItRuns)
{
    static constexpr int kRounds = kUnderSanitizer ? 300 : 3000;
    InTask([] {
        std::vector<rove_task *> pairs;
        for (int pair = 0; pair < 4; pair++) {
            pairs.push_back(Spawn([] {
                int64_t handed_over = 0;
                for (int i = 0; i < kRounds; i++) {
                    rove_future *future = rove_future_new();
                    rove_task *setter = Spawn(
                        [future, i] { return rove_future_set(future, i); });
                    EXPECT_EQ(rove_yield(), 0);
                    int64_t result = -1;
                    EXPECT_EQ(rove_future_wait(future, &result), 0);
                    handed_over += result == i;
                    EXPECT_EQ(rove_join(setter), 0);
                    rove_future_unref(future);
                }
                return handed_over;
            }));
        }
        for (rove_task *task : pairs) {
            EXPECT_EQ(rove_join(task), kRounds);
        }
    });
}

int64_t ExitStatusOf(pid_t child)
{
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_P(KnobsTest, AForkedChildMayExitOrExec)
{
    InTask([] {
        pid_t quits = fork();
        if (quits == 0) {
            _exit(3);
        }
        pid_t execs = fork();
        if (execs == 0) {
            execl("/bin/sh", "sh", "-c", "exit 4", nullptr);
            _exit(5);
        }
        EXPECT_EQ(ExitStatusOf(quits), 3);
        EXPECT_EQ(ExitStatusOf(execs), 4);
        EXPECT_EQ(Tree(4), 31);
    });
}

// The child has all descriptors of the runtime and no thread to serve them.
TEST_P(KnobsTest, AParentIsUnharmedByAChildThatLives)
{
    InTask([] {
        int leash[2];
        ASSERT_EQ(pipe(leash), 0);
        pid_t child = fork();
        if (child == 0) {
            close(leash[1]);
            char byte;
            _exit(static_cast<int>(read(leash[0], &byte, 1)) + 6);
        }
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(rove_sleep(100 * ROVE_US), 0); // in epoll, woken by it
            EXPECT_EQ(Tree(4), 31);
        }
        close(leash[1]);
        EXPECT_EQ(ExitStatusOf(child), 6);
        close(leash[0]);
    });
}

} // namespace
