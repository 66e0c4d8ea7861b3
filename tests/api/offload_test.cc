// At stake: that blocking calls hold up nobody, neither a worker nor each
// other, and that the bounds of the pool hold. Shown through the public headers
// alone, with 1, 2 and 8 workers, by jobs that are held for as long as a test
// likes.

#include <cerrno>
#include <deque>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "tests/api/offload_fixture.h"

namespace
{

INSTANTIATE_TEST_SUITE_P(Workers, OffloadTest, ::testing::Values(1u, 2u, 8u),
                         [](const auto &suite) {
                             return std::to_string(suite.param);
                         });

INSTANTIATE_TEST_SUITE_P(Workers, FullOffloadTest,
                         ::testing::Values(1u, 2u, 8u), [](const auto &suite) {
                             return std::to_string(suite.param);
                         });

long ThreadId()
{
    return syscall(SYS_gettid);
}

TEST_P(OffloadTest, CallReturnsTheFunctionsResult)
{
    InTask([] {
        EXPECT_EQ(Offload([] { return 42; }), 42);
        EXPECT_EQ(Offload([] { return -ENOENT; }), -ENOENT);
    });
}

TEST_P(OffloadTest, FunctionRunsOnAThreadThatIsNoWorker)
{
    InTask([] {
        int index = 0;
        bool has_task = true;
        rove_runtime *here = rove_runtime_current();
        rove_runtime *there = nullptr;

        int64_t thread = Offload([&] {
            index = rove_worker_index();
            has_task = rove_self() != nullptr;
            there = rove_runtime_current();
            return ThreadId();
        });

        EXPECT_NE(thread, ThreadId());
        EXPECT_EQ(index, -1);
        EXPECT_FALSE(has_task);
        EXPECT_EQ(there, here);
    });
}

TEST_P(OffloadTest, WritesAreVisibleBothWays)
{
    InTask([] {
        uint64_t to_job = 0;
        uint64_t from_job = 0;
        int right = 0;
        for (uint64_t i = 1; i <= 1000; i++) {
            to_job = i;
            Offload([&] {
                from_job = to_job * 7;
                return 0;
            });
            right += from_job == i * 7 ? 1 : 0;
        }
        EXPECT_EQ(right, 1000);
    });
}

TEST_P(OffloadTest, BlockedJobHoldsUpNoWorker)
{
    InTask([] {
        constexpr int kJobs = 10;
        Gate gate;
        std::atomic<int> held{0};
        std::deque<Body> bodies;
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kJobs; i++) {
            bodies.emplace_back([&] {
                return Offload([&] {
                    held++;
                    gate.Pass();
                    return 1;
                });
            });
            tasks.push_back(Spawn(&bodies.back()));
        }

        EXPECT_TRUE(Eventually([&] { return held == kJobs; }));
        gate.Open();

        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 1);
        }
    });
}

TEST_P(OffloadTest, SlowJobsDoNotHoldUpAFastOne)
{
    options_.offload_threads_max = 5;
    InTask([] {
        Gate gate;
        Body slow = [&] {
            gate.Pass();
            return 1;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 4; i++) {
            tasks.push_back(OffloadSpawn(&slow));
        }

        EXPECT_EQ(Offload([] { return 2; }), 2);

        gate.Open();
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 1);
        }
    });
}

TEST_P(OffloadTest, ThreadsStayBelowTheirBound)
{
    options_.offload_threads_max = 3;
    InTask([] {
        std::atomic<int> running{0};
        std::atomic<int> most{0};
        Body body = [&] {
            int now = running.fetch_add(1) + 1;
            int before = most.load();
            while (before < now && !most.compare_exchange_weak(before, now)) {
            }
            std::this_thread::yield();
            running.fetch_sub(1);
            return 0;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 500; i++) {
            tasks.push_back(OffloadSpawn(&body));
            rove_stats stats;
            stats.size = sizeof(stats);
            EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
            EXPECT_LE(stats.offload_threads, 3u);
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_LE(most.load(), 3);
    });
}

TEST_P(OffloadTest, IdleThreadsLeaveAfterTheirKeepAlive)
{
    options_.offload_keep_alive = ROVE_MS;
    InTask([] {
        auto threads = [] {
            rove_stats stats;
            stats.size = sizeof(stats);
            EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
            return stats.offload_threads;
        };
        for (int round = 0; round < 3; round++) {
            EXPECT_EQ(Offload([] { return 1; }), 1);
            EXPECT_TRUE(Eventually([&] { return threads() == 0; }));
        }
    });
}

TEST_P(OffloadTest, CallInsideAJobRunsInline)
{
    InTask([] {
        int destroyed = 0;

        Offload([&] {
            int64_t inner = Offload([] { return ThreadId(); });
            EXPECT_EQ(inner, ThreadId());
            EXPECT_EQ(rove_offload_owned(
                          [](void *) { return int64_t{3}; }, &destroyed,
                          [](void *count) { ++*static_cast<int *>(count); }),
                      3);
            return 0;
        });

        EXPECT_EQ(destroyed, 1);
    });
}

TEST_P(OffloadTest, JobMaySpawnAndJoinTasks)
{
    InTask([] {
        int64_t sum = Offload([] {
            int64_t total = 0;
            Body one = [] {
                EXPECT_GE(rove_worker_index(), 0);
                return 1;
            };
            for (int i = 0; i < 50; i++) {
                total += rove_join(Spawn(&one));
            }
            return total;
        });

        EXPECT_EQ(sum, 50);
    });
}

TEST_P(OffloadTest, JobWaitsAsAPlainThread)
{
    InTask([] {
        rove_future *future = rove_future_new();
        Body wait = [&] {
            int64_t value = 0;
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            EXPECT_EQ(rove_future_wait(future, &value), 0);
            return value;
        };
        rove_task *task = OffloadSpawn(&wait);

        EXPECT_EQ(rove_future_set(future, 11), 0);

        EXPECT_EQ(rove_join(task), 11);
        rove_future_unref(future);
    });
}

TEST_P(OffloadTest, PlainThreadIsRefused)
{
    int destroyed = 0;

    EXPECT_EQ(Offload([] { return 1; }), -EPERM);
    EXPECT_EQ(
        rove_offload_owned([](void *) { return int64_t{1}; }, &destroyed,
                           [](void *count) { ++*static_cast<int *>(count); }),
        -EPERM);
    Body body = [] { return 1; };
    EXPECT_EQ(OffloadSpawn(&body), nullptr);

    EXPECT_EQ(rove_join(nullptr), -EPERM);
    EXPECT_EQ(destroyed, 1);
}

TEST_P(OffloadTest, SpawnedJobStartsAtTheCall)
{
    options_.design = GetParam() == 1 ? ROVE_SINGLE : ROVE_STEALING;
    InTask([] {
        std::atomic<bool> ran{false};
        Body body = [&] {
            ran = true;
            return 1;
        };
        rove_task *task = OffloadSpawn(&body);

        // The worker is not given back until the job has run.
        rove_time end = rove_now() + 30 * ROVE_SEC;
        while (!ran && rove_now() < end) {
            std::this_thread::yield();
        }

        EXPECT_TRUE(ran.load());
        EXPECT_EQ(rove_join(task), 1);
    });
}

// All pool threads are held and the only worker waits for the last job as a
// thread would: nobody but the pool itself can notice that it must grow.
TEST_P(OffloadTest, PoolGrowsWhileEveryWorkerIsBlocked)
{
    options_.design = GetParam() == 1 ? ROVE_SINGLE : ROVE_STEALING;
    InTask([] {
        Gate gates[4];
        std::deque<Body> bodies;
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 4; i++) {
            bodies.emplace_back([&, i] {
                if (i < 3) {
                    gates[i + 1].Pass();
                }
                gates[i].Open();
                return i;
            });
            tasks.push_back(OffloadSpawn(&bodies.back()));
        }

        gates[0].Pass();

        for (int i = 0; i < 4; i++) {
            EXPECT_EQ(rove_join(tasks[i]), i);
        }
    });
}

TEST_P(OffloadTest, DetachedJobRunsToItsEnd)
{
    std::atomic<int> ran{0};
    Body body = [&] {
        ran++;
        return 0;
    };
    InTask([&] {
        for (int i = 0; i < 100; i++) {
            rove_detach(OffloadSpawn(&body));
        }
        EXPECT_TRUE(Eventually([&] { return ran == 100; }));
    });
    EXPECT_EQ(ran.load(), 100);
}

TEST_P(FullOffloadTest, SpawnIsRefusedWhenTheQueueIsFull)
{
    InTask([&] {
        HoldThread();
        Body one = [] { return 1; };
        rove_task *first = OffloadSpawn(&one);
        rove_task *second = OffloadSpawn(&one);

        EXPECT_EQ(OffloadSpawn(&one), nullptr);
        EXPECT_EQ(rove_join(nullptr), -EAGAIN);

        Release();
        EXPECT_EQ(rove_join(first), 1);
        EXPECT_EQ(rove_join(second), 1);
        EXPECT_EQ(rove_join(OffloadSpawn(&one)), 1);
    });
}

TEST_P(FullOffloadTest, CallWaitsWhenTheQueueIsFull)
{
    InTask([&] {
        HoldThread();
        Body one = [] { return Offload([] { return 1; }); };
        std::vector<rove_task *> callers;
        for (int i = 0; i < 20; i++) {
            callers.push_back(Spawn(&one));
        }
        Body spawned = [] { return 2; };
        EXPECT_TRUE(Eventually([&] {
            rove_task *task = OffloadSpawn(&spawned);
            rove_detach(task);
            return task == nullptr;
        }));

        Release();

        for (rove_task *caller : callers) {
            EXPECT_EQ(rove_join(caller), 1);
        }
    });
}

TEST_P(OffloadTest, ManyJobsFromManyTasks)
{
    constexpr int kTasks = 64;
    const int jobs = 100000 / kTasks / static_cast<int>(9 - GetParam());
    InTask([&] {
        std::atomic<int64_t> sum{0};
        std::deque<Body> bodies;
        std::vector<rove_task *> tasks;
        for (int t = 0; t < kTasks; t++) {
            bodies.emplace_back([&, t] {
                int64_t mine = 0;
                for (int i = 0; i < jobs; i++) {
                    mine += Offload([&] {
                        sum.fetch_add(t, std::memory_order_relaxed);
                        return t;
                    });
                }
                return mine;
            });
            tasks.push_back(Spawn(&bodies.back()));
        }
        for (int t = 0; t < kTasks; t++) {
            EXPECT_EQ(rove_join(tasks[t]), int64_t{t} * jobs);
        }
        EXPECT_EQ(sum.load(), int64_t{kTasks} * (kTasks - 1) / 2 * jobs);
    });
}

} // namespace
