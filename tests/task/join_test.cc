// At stake: the join word: whoever waits for an end is told of it once, whether
// it runs inline, elsewhere or on the pool, and whoever leaves leaves it free.

#include <atomic>
#include <cerrno>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class JoinTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, JoinTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(JoinTest, TheNewestTaskRunsAsACallOfItsJoiner)
{
    if (Workers() > 1) {
        options_.design = ROVE_SHARDED; // nobody takes it before the join
    }
    options_.stack_size = 64 * 1024;
    InTask([] {
        for (int i = 0; i < 100; i++) {
            rove_time order[2] = {};
            rove_task *older = Spawn([&] { return order[0] = rove_now(); });
            rove_task *newer = Spawn([&] { return order[1] = rove_now(); });
            EXPECT_EQ(rove_join(newer), order[1]);
            EXPECT_EQ(rove_join(older), order[0]);
            EXPECT_GT(order[0], 0);
        }
    });
}

// Tasks that a joiner calls run without a switch, so its frame is above theirs
// on one stack. At the end of a turn it lets others go first, so not all are.
TEST_P(JoinTest, TasksJoinedInTheOrderOfTheirSpawnAreCalls)
{
    if (Workers() > 1) {
        options_.design = ROVE_SHARDED; // nobody takes them before the join
    }
    options_.stack_size = 64 * 1024;
    InTask([] {
        constexpr int kTasks = 4;
        auto *here = static_cast<char *>(__builtin_frame_address(0));
        int calls = 0;
        for (int round = 0; round < 100; round++) {
            rove_task *tasks[kTasks];
            for (int i = 0; i < kTasks; i++) {
                tasks[i] = Spawn([&calls, here, i] {
                    auto *there =
                        static_cast<char *>(__builtin_frame_address(0));
                    calls += there < here && here - there < 64 * 1024;
                    return i;
                });
            }
            for (int i = 0; i < kTasks; i++) {
                EXPECT_EQ(rove_join(tasks[i]), i);
            }
        }
        EXPECT_GT(calls, 2 * 100); // the last alone, in the spawn slot: 100
    });
}

TEST_P(JoinTest, ATaskThatHasBegunIsNoCallEvenWhenItIsNext)
{
    InTask([] {
        for (int i = 0; i < 100; i++) {
            std::atomic<int> steps{0};
            rove_task *task = Spawn([&steps] {
                steps++;
                int status = rove_yield();
                steps++;
                return status;
            });
            while (steps == 0) {
                (void)rove_yield();
            }
            EXPECT_EQ(rove_join(task), 0);
            EXPECT_EQ(steps, 2);
        }
    });
}

TEST_P(JoinTest, ATaskOfAnyWorkerIsJoined)
{
    InTask([this] {
        for (unsigned i = 0; i < 50; i++) {
            rove_task_options options;
            rove_task_options_init(&options);
            options.worker = static_cast<int32_t>(i % Workers());
            options.pinned = i % 2;
            Body body = [i] { return rove_yield() + static_cast<int>(i); };
            EXPECT_EQ(rove_join(rove_spawn_with(&options, CallBody, &body)), i);
        }
    });
}

TEST_P(JoinTest, APlainThreadJoinsTasks)
{
    Runtime runtime(options_);
    for (int i = 0; i < 200; i++) {
        rove_task *task = SpawnIn(runtime.get(), [i] {
            return i % 2 == 0 ? i : rove_sleep(10 * ROVE_US) + i;
        });
        ASSERT_NE(task, nullptr);
        if (i % 3 == 0) {
            EXPECT_EQ(rove_task_wait(task), 0);
        }
        EXPECT_EQ(rove_join(task), i);
    }
}

TEST_P(JoinTest, AWaiterThatIsCancelledLeavesThePlaceFree)
{
    InTask([] {
        rove_future *future = rove_future_new();
        rove_task *task =
            Spawn([&] { return rove_future_wait(future, nullptr) + 3; });
        for (int i = 0; i < 50; i++) {
            rove_task *waiter = Spawn([&] { return rove_task_wait(task); });
            EXPECT_EQ(rove_yield(), 0);
            rove_cancel(waiter);
            EXPECT_EQ(rove_join(waiter), -ECANCELED);
        }
        EXPECT_EQ(rove_future_set(future, 0), 0);
        EXPECT_EQ(rove_join(task), 3);
        rove_future_unref(future);
    });
}

// The end and the cancellation wake the same waiter; it must run once for the
// two, or the next wait would end early.
TEST_P(JoinTest, AnEndAndACancellationWakeTheWaiterOnce)
{
    constexpr int kRounds = kUnderSanitizer ? 200 : 2000;
    InTask([] {
        for (int i = 0; i < kRounds; i++) {
            rove_future *gate = rove_future_new();
            std::atomic<int> wakes{0};
            rove_task *task =
                Spawn([&] { return rove_future_wait(gate, nullptr); });
            rove_task *waiter = Spawn([&] {
                int error = rove_task_wait(task);
                wakes++;
                return error;
            });
            EXPECT_EQ(rove_yield(), 0);
            rove_task *ender = Spawn([&] { return rove_future_set(gate, 0); });
            if (i % 2 == 0) {
                EXPECT_EQ(rove_yield(), 0);
            }
            rove_cancel(waiter);
            int64_t error = rove_join(waiter);
            EXPECT_TRUE(error == 0 || error == -ECANCELED) << error;
            EXPECT_EQ(wakes, 1);
            EXPECT_EQ(rove_join(ender), 0);
            EXPECT_EQ(rove_join(task), 0);
            rove_future_unref(gate);
        }
    });
}

TEST_P(JoinTest, SlowJobsDoNotHoldUpTheJoinOfAFastOne)
{
    options_.offload_threads_max = 5;
    InTask([] {
        rove_future *release = rove_future_new();
        Body slow = [&] { return rove_future_wait(release, nullptr); };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 4; i++) {
            tasks.push_back(rove_offload_spawn(CallBody, &slow));
        }
        Body fast = [] { return 1; };
        EXPECT_EQ(rove_join(rove_offload_spawn(CallBody, &fast)), 1);
        EXPECT_EQ(rove_future_set(release, 0), 0);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        rove_future_unref(release);
    });
}

} // namespace
