// At stake: what task.h promises of spawning, joining, waiting and detaching,
// with any number of workers and in every design.

#include "rove/task.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class TaskTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, TaskTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

int64_t AddOne(void *arg)
{
    return reinterpret_cast<intptr_t>(arg) + 1;
}

TEST_P(TaskTest, JoinReturnsTheResult)
{
    InTask([] {
        for (intptr_t i = -3; i < 100; i++) {
            EXPECT_EQ(
                rove_join(rove_spawn(AddOne, reinterpret_cast<void *>(i))),
                i + 1);
        }
    });
}

TEST_P(TaskTest, RunReturnsTheMainTasksResult)
{
    Body main = [] { return INT64_MIN; };
    EXPECT_EQ(rove_run(&options_, CallBody, &main), INT64_MIN);
}

TEST_P(TaskTest, JoinWaitsForATaskThatWaits)
{
    InTask([] {
        rove_task *task = Spawn([] {
            for (int i = 0; i < 10; i++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            return rove_sleep(ROVE_MS) == 0 ? 5 : 6;
        });
        EXPECT_EQ(rove_yield(), 0);
        EXPECT_EQ(rove_join(task), 5);
    });
}

TEST_P(TaskTest, EachOfManyTasksRunsOnce)
{
    constexpr int kTasks = kUnderSanitizer ? 1000 : 10000;
    std::vector<std::atomic<int>> runs(kTasks);
    InTask([&] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kTasks; i++) {
            tasks.push_back(Spawn([&runs, i] { return runs[i]++ + i; }));
        }
        for (int i = 0; i < kTasks; i++) {
            EXPECT_EQ(rove_join(tasks[i]), i);
        }
    });
    for (const auto &run : runs) {
        EXPECT_EQ(run, 1);
    }
}

// The oldest waits in the backlog behind more than a ring holds.
TEST_P(TaskTest, OldestOfManyTasksRunsThoughNewOnesKeepComing)
{
    std::atomic<bool> oldest_ran{false};
    std::atomic<int> spawned{0};
    Body renew = [&] {
        if (!oldest_ran && spawned < 1000000) {
            spawned++;
            int error = rove_go(CallBody, &renew);
            EXPECT_TRUE(error == 0 || (error == -ESHUTDOWN && oldest_ran))
                << error;
        }
        return 0;
    };
    InTask([&] {
        rove_task *oldest = Spawn([&] {
            oldest_ran = true;
            return 0;
        });
        for (int i = 0; i < 600; i++) {
            EXPECT_EQ(rove_go(CallBody, &renew), 0);
        }
        EXPECT_TRUE(Eventually([&] { return oldest_ran.load(); }));
        EXPECT_EQ(rove_join(oldest), 0);
        EXPECT_LT(spawned, 1000000);
    });
}

TEST_P(TaskTest, WhatTheTaskWroteIsVisibleAfterTheJoin)
{
    InTask([] {
        for (int round = 0; round < 200; round++) {
            int64_t plain[4] = {};
            rove_task *tasks[4];
            for (int i = 0; i < 4; i++) {
                tasks[i] = Spawn([&plain, i] {
                    plain[i] = i + 1;
                    return rove_yield();
                });
            }
            for (int i = 0; i < 4; i++) {
                EXPECT_EQ(rove_join(tasks[i]), 0);
                EXPECT_EQ(plain[i], i + 1);
            }
        }
    });
}

TEST_P(TaskTest, WaitKeepsTheHandle)
{
    InTask([] {
        rove_task *task = Spawn([] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return 9;
        });
        EXPECT_EQ(rove_task_wait(task), 0);
        EXPECT_EQ(rove_task_wait(task), 0);
        EXPECT_EQ(rove_join(task), 9);
    });
}

TEST_P(TaskTest, DetachedTasksGoOn)
{
    std::atomic<int> ended{0};
    InTask([&] {
        for (int i = 0; i < 100; i++) {
            rove_detach(Spawn([&, i] {
                if (i % 2 != 0) {
                    EXPECT_EQ(rove_yield(), 0);
                }
                return ended++;
            }));
        }
        EXPECT_TRUE(Eventually([&] { return ended == 100; }));
        rove_task *task = Spawn([&] { return ended++; });
        EXPECT_EQ(rove_task_wait(task), 0);
        rove_detach(task);
        rove_detach(nullptr);
    });
    EXPECT_EQ(ended, 101);
}

TEST_P(TaskTest, GoRunsTheFunction)
{
    std::atomic<int> ran{0};
    Body body = [&] { return ran++; };
    InTask([&] {
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(rove_go(CallBody, &body), 0);
        }
        EXPECT_TRUE(Eventually([&] { return ran == 10; }));
    });
}

TEST_P(TaskTest, SpawnCopyOwnsACopyOfItsArguments)
{
    InTask([] {
        char text[] = "a text of more than sixteen bytes";
        rove_task *task = rove_spawn_copy(
            [](void *arg) -> int64_t {
                EXPECT_EQ(reinterpret_cast<uintptr_t>(arg) % 16, 0U);
                int64_t length =
                    static_cast<int64_t>(strlen(static_cast<char *>(arg)));
                memset(arg, 'x', 8);
                return length;
            },
            text, sizeof text);
        memset(text, 0, sizeof text);
        EXPECT_EQ(rove_join(task), 33);
    });
}

TEST_P(TaskTest, SpawnCopyOfNothingIsAllowed)
{
    InTask([] {
        rove_task *task = rove_spawn_copy(
            [](void *arg) -> int64_t { return arg != nullptr; }, nullptr, 0);
        EXPECT_EQ(rove_join(task), 1);
    });
}

TEST_P(TaskTest, SpawnCopyOfTooMuchIsRefused)
{
    InTask([] {
        char byte = 0;
        EXPECT_EQ(rove_spawn_copy(AddOne, &byte, SIZE_MAX), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
    });
}

TEST_P(TaskTest, SelfAndIdNameTheCallingTask)
{
    InTask([] {
        rove_task *main = rove_self();
        ASSERT_NE(main, nullptr);
        rove_task *self = nullptr;
        uint64_t id = 0;
        rove_task *task = Spawn([&] {
            self = rove_self();
            id = rove_task_id(self);
            return 0;
        });
        uint64_t expected = rove_task_id(task);
        EXPECT_NE(expected, 0U);
        EXPECT_NE(expected, rove_task_id(main));
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(self, task);
        EXPECT_EQ(id, expected);
        EXPECT_EQ(rove_self(), main);
    });
}

TEST_P(TaskTest, IdsAreNeverUsedTwice)
{
    InTask([] {
        uint64_t last = 0;
        for (int i = 0; i < 1000; i++) {
            rove_task *task = Spawn([] { return 0; });
            EXPECT_NE(rove_task_id(task), last);
            last = rove_task_id(task);
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(TaskTest, NamesAreCopiedAndCut)
{
    InTask([] {
        char name[64] = "unchanged";
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "");
        char text[64] = "reader";
        rove_task_set_name(nullptr, text);
        text[0] = 'x';
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "reader");
        rove_task_set_name(rove_self(),
                           "0123456789012345678901234567890123456789");
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "0123456789012345678901234567890");
        rove_task_get_name(name, 4);
        EXPECT_STREQ(name, "012");
        rove_task_get_name(name, 0);
        EXPECT_STREQ(name, "012");
    });
}

TEST_P(TaskTest, OptionsNameATaskAndSizeItsStack)
{
    InTask([] {
        rove_task_options options;
        rove_task_options_init(&options);
        options.name = "worker of a kind";
        options.stack_size = 16 * 1024;
        Body body = [] {
            char name[64];
            rove_task_get_name(name, sizeof name);
            return strcmp(name, "worker of a kind");
        };
        EXPECT_EQ(rove_join(rove_spawn_with(&options, CallBody, &body)), 0);
    });
}

TEST_P(TaskTest, BadTaskOptionsAreRefused)
{
    InTask([this] {
        Body body = [] { return 0; };
        auto refused = [&](void (*spoil)(rove_task_options *)) {
            rove_task_options options;
            rove_task_options_init(&options);
            spoil(&options);
            EXPECT_EQ(rove_spawn_with(&options, CallBody, &body), nullptr);
            EXPECT_EQ(rove_join(nullptr), -EINVAL);
        };
        refused([](rove_task_options *o) { o->size = 0; });
        refused([](rove_task_options *o) { o->reserved = 1; });
        refused([](rove_task_options *o) { o->worker = -2; });
        refused([](rove_task_options *o) { o->worker = INT32_MAX; });
        refused([](rove_task_options *o) { o->stack_size = 256 * 1024 + 1; });
        refused([](rove_task_options *o) { o->stack_size = SIZE_MAX; });
        rove_task_options options;
        rove_task_options_init(&options);
        options.worker = static_cast<int32_t>(Workers());
        EXPECT_EQ(rove_spawn_with(&options, CallBody, &body), nullptr);
        EXPECT_EQ(rove_join(nullptr), -EINVAL);
    });
}

TEST_P(TaskTest, ATaskStartsOnTheWorkerItWasMeantFor)
{
    InTask([this] {
        for (unsigned round = 0; round < 3 * Workers(); round++) {
            rove_task_options options;
            rove_task_options_init(&options);
            options.worker = static_cast<int32_t>(round % Workers());
            Body body = [] { return rove_worker_index(); };
            EXPECT_EQ(rove_join(rove_spawn_with(&options, CallBody, &body)),
                      options.worker);
        }
    });
}

TEST_P(TaskTest, APinnedTaskStaysOnItsWorker)
{
    InTask([this] {
        std::atomic<bool> stop{false};
        Body noise = [&] {
            while (!stop) {
                EXPECT_EQ(rove_yield(), 0);
            }
            return 0;
        };
        Body pinned = [&] {
            int home = rove_worker_index();
            int moves = 0;
            for (int i = 0; i < 200; i++) {
                EXPECT_EQ(
                    i % 16 == 0 ? rove_sleep(100 * ROVE_US) : rove_yield(), 0);
                moves += rove_worker_index() != home;
            }
            return moves;
        };
        std::vector<rove_task *> noises;
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 4; i++) {
            noises.push_back(rove_spawn(CallBody, &noise));
        }
        for (unsigned i = 0; i < 2 * Workers(); i++) {
            rove_task_options options;
            rove_task_options_init(&options);
            options.pinned = 1;
            options.worker = static_cast<int32_t>(i % Workers());
            tasks.push_back(rove_spawn_with(&options, CallBody, &pinned));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        stop = true;
        for (rove_task *task : noises) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(TaskTest, PinsNest)
{
    InTask([] {
        rove_pin();
        rove_pin();
        int home = rove_worker_index();
        rove_unpin();
        for (int i = 0; i < 50; i++) {
            EXPECT_EQ(rove_sleep(10 * ROVE_US), 0);
            EXPECT_EQ(rove_worker_index(), home);
        }
        rove_unpin();
    });
}

TEST_P(TaskTest, YieldLetsTheOthersRun)
{
    InTask([] {
        std::atomic<int> turns{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 8; i++) {
            tasks.push_back(Spawn([&] {
                for (int k = 0; k < 100; k++) {
                    turns++;
                    EXPECT_EQ(rove_yield(), 0);
                }
                return 0;
            }));
        }
        int before = turns;
        EXPECT_TRUE(Eventually([&] { return turns > before; }));
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(turns, 800);
    });
}

// Two tasks that always wake each other, and a third behind them in the ring.
TEST_P(TaskTest, PingPongDoesNotStarveAThirdTask)
{
    InTask([this] {
        constexpr int kRounds = 2000;
        std::vector<rove_future *> balls(2 * kRounds + 1);
        for (rove_future *&ball : balls) {
            ball = rove_future_new();
        }
        auto play = [&](int first) {
            for (int i = first; i < 2 * kRounds; i += 2) {
                EXPECT_EQ(rove_future_wait(balls[i], nullptr), 0);
                EXPECT_EQ(rove_future_set(balls[i + 1], 0), 0);
            }
            return 0;
        };
        rove_task *third = nullptr;
        rove_task *a = Spawn([&] { return play(0); });
        rove_task *b = Spawn([&] {
            third = Spawn(
                [&] { return rove_future_try(balls[2 * kRounds], nullptr); });
            return play(1);
        });
        EXPECT_EQ(rove_future_set(balls[0], 0), 0);
        EXPECT_EQ(rove_join(a), 0);
        EXPECT_EQ(rove_join(b), 0);
        /* It ran before the game's end; but a thief may have taken it, and the
         * kernel the thief's CPU. */
        int64_t result = rove_join(third);
        EXPECT_TRUE(result == -EAGAIN || (Steals() && result == 0)) << result;
        for (rove_future *ball : balls) {
            rove_future_unref(ball);
        }
    });
}

TEST_P(TaskTest, SpawnOutsideARuntimeIsRefused)
{
    Body body = [] { return 0; };
    EXPECT_EQ(rove_spawn(CallBody, &body), nullptr);
    EXPECT_EQ(rove_join(nullptr), -EPERM);
    EXPECT_EQ(rove_go(CallBody, &body), -EPERM);
    rove_task_options options;
    rove_task_options_init(&options);
    EXPECT_EQ(rove_spawn_with(&options, CallBody, &body), nullptr);
    EXPECT_EQ(rove_join(nullptr), -EPERM);
    EXPECT_EQ(rove_spawn_copy(CallBody, "", 1), nullptr);
    EXPECT_EQ(rove_join(nullptr), -EPERM);
    EXPECT_EQ(rove_spawn_at(0, CallBody, &body), nullptr);
    EXPECT_EQ(rove_join(nullptr), -EPERM);
}

TEST_P(TaskTest, APlainThreadHasNoTask)
{
    EXPECT_EQ(rove_self(), nullptr);
    EXPECT_EQ(rove_worker_index(), -1);
    EXPECT_FALSE(rove_cancelled());
    EXPECT_EQ(rove_runtime_current(), nullptr);
    EXPECT_EQ(rove_yield(), 0);
    char name[8] = "x";
    rove_task_get_name(name, sizeof name);
    EXPECT_STREQ(name, "");
}

TEST_P(TaskTest, SpawnBeyondTasksMaxIsRefused)
{
    options_.tasks_max = 20;
    InTask([] {
        std::atomic<bool> stop{false};
        std::vector<rove_task *> tasks;
        rove_task *task;
        Body body = [&] {
            while (!stop) {
                (void)rove_sleep(100 * ROVE_US);
            }
            return 0;
        };
        while ((task = rove_spawn(CallBody, &body)) != nullptr &&
               tasks.size() < 100) {
            tasks.push_back(task);
        }
        EXPECT_EQ(rove_join(nullptr), -EAGAIN);
        EXPECT_EQ(rove_go(CallBody, &body), -EAGAIN);
        EXPECT_LE(tasks.size(), 19U); // the main task is one
        EXPECT_GE(tasks.size(), 1U);
        stop = true;
        for (rove_task *each : tasks) {
            EXPECT_EQ(rove_join(each), 0);
        }
        EXPECT_EQ(rove_join(Spawn([] { return 3; })), 3);
    });
}

TEST_P(TaskTest, TasksMaxHoldsAfterManyTasksCameAndWent)
{
    options_.tasks_max = 8;
    InTask([] {
        std::atomic<int> live{1};
        std::atomic<int> most{1};
        for (int i = 0; i < 2000; i++) {
            Body body = [&] {
                int now = ++live;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                (void)rove_yield();
                live--;
                return 0;
            };
            std::vector<rove_task *> tasks;
            for (int k = 0; k < 12; k++) {
                rove_task *task = rove_spawn(CallBody, &body);
                if (task != nullptr) {
                    tasks.push_back(task);
                }
            }
            EXPECT_GE(tasks.size(), 1U);
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 0);
            }
        }
        EXPECT_LE(most, 8);
    });
}

// A fork that a thief runs takes no place under tasks_max, so its end must not
// give one back.
TEST_P(TaskTest, TasksMaxHoldsAfterStolenForks)
{
    options_.tasks_max = 4;
    InTask([this] {
        rove_stats stats;
        stats.size = sizeof stats;
        uint64_t stolen = 0;
        for (int i = 0; i < 20000 && stolen < 50; i++) {
            std::atomic<bool> child_ran{false};
            Body child = [&] {
                child_ran = true;
                return 0;
            };
            rove_fork fork;
            rove_fork_start(&fork, CallBody, &child);
            for (rove_time end = rove_now() + 50 * ROVE_US;
                 Steals() && !child_ran && rove_now() < end;) {
            }
            EXPECT_EQ(rove_fork_join(&fork), 0);
            EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
            stolen = stats.steals;
            if (!Steals()) {
                break;
            }
        }
        std::atomic<bool> stop{false};
        Body body = [&] {
            while (!stop) {
                (void)rove_sleep(100 * ROVE_US);
            }
            return 0;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 40; i++) {
            rove_task *task = rove_spawn(CallBody, &body);
            if (task != nullptr) {
                tasks.push_back(task);
            }
        }
        EXPECT_LE(tasks.size(), 3U) << stolen << " steals";
        stop = true;
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(TaskTest, SpawnAtStartsNoEarlier)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 20; i++) {
            rove_time when = rove_now() + i * 300 * ROVE_US;
            auto *body = new Body([when] { return rove_now() - when; });
            tasks.push_back(rove_spawn_at(when, CallOwnBody, body));
        }
        for (rove_task *task : tasks) {
            EXPECT_GE(rove_join(task), 0);
        }
    });
}

TEST_P(TaskTest, SpawnAtAPastTimeStartsAtOnce)
{
    InTask([] {
        Body body = [] { return 4; };
        EXPECT_EQ(rove_join(rove_spawn_at(0, CallBody, &body)), 4);
        EXPECT_EQ(rove_join(rove_spawn_at(INT64_MIN, CallBody, &body)), 4);
    });
}

TEST_P(TaskTest, CancellingADelayedTaskStartsItAtOnce)
{
    InTask([] {
        Body body = [] { return rove_cancelled() ? 1 : 0; };
        rove_task *task =
            rove_spawn_at(rove_now() + 3600 * ROVE_SEC, CallBody, &body);
        rove_task *never = rove_spawn_at(ROVE_FOREVER, CallBody, &body);
        rove_cancel(task);
        rove_cancel(never);
        EXPECT_EQ(rove_join(task), 1);
        EXPECT_EQ(rove_join(never), 1);
    });
}

// Which copy of a thread-local a task sees may depend on the thread; who it is
// must not.
TEST_P(TaskTest, TheWorkerIsReadAfreshAfterAMigration)
{
    InTask([this] {
        std::atomic<int> moves{0};
        std::vector<rove_task *> tasks;
        for (unsigned i = 0; i < 4 * Workers(); i++) {
            tasks.push_back(Spawn([&] {
                rove_task *self = rove_self();
                for (int k = 0; k < 500; k++) {
                    int before = rove_worker_index();
                    EXPECT_EQ(k % 50 == 0 ? rove_sleep(20 * ROVE_US)
                                          : rove_yield(),
                              0);
                    moves += rove_worker_index() != before;
                    EXPECT_EQ(rove_self(), self);
                    EXPECT_GE(rove_worker_index(), 0);
                    EXPECT_LT(rove_worker_index(), static_cast<int>(Workers()));
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        if (!Steals()) {
            EXPECT_EQ(moves, 0);
        }
    });
}

// Afresh on whatever thread this is: the address must not be kept over a wait.
__attribute__((noinline)) void SetErrno(int error)
{
    errno = error;
    __asm__ volatile("" : : : "memory");
}

// The result of a call is its value; what errno holds before or after, on
// this thread or the next, changes nothing.
TEST_P(TaskTest, CallsDoNotDependOnErrno)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 16; i++) {
            tasks.push_back(Spawn([i] {
                for (int k = 0; k < 200; k++) {
                    SetErrno(i % 2 == 0 ? EINTR : EAGAIN);
                    EXPECT_EQ(k % 20 == 0 ? rove_sleep(10 * ROVE_US)
                                          : rove_yield(),
                              0);
                    int fd = rove_socket(12345, 0, 0);
                    EXPECT_EQ(fd, -EAFNOSUPPORT);
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(TaskTest, SpawnersOnOtherThreadsAndTasksShareAllObjects)
{
    std::atomic<int> ran{0};
    {
        Runtime runtime(options_);
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; t++) {
            threads.emplace_back([&] {
                for (int i = 0; i < 100; i++) {
                    rove_task *task = SpawnIn(runtime.get(), [&ran] {
                        (void)rove_yield();
                        return ran++ * 0 + 8;
                    });
                    EXPECT_EQ(rove_join(task), 8);
                }
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
    }
    EXPECT_EQ(ran, 300);
}

using TaskDeathTest = TaskTest;

INSTANTIATE_TEST_SUITE_P(Two, TaskDeathTest,
                         ::testing::Values(Setup{2, ROVE_STEALING}), NameOf);

TEST_P(TaskDeathTest, JoiningOneselfIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(InTask([] { (void)rove_join(rove_self()); }),
                 "a task may not join itself");
}

TEST_P(TaskDeathTest, UnpinWithoutPinIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(InTask([] { rove_unpin(); }),
                 "rove: rove_unpin: the caller is not pinned");
}

TEST_P(TaskDeathTest, PinningAPlainThreadIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(rove_pin(), "rove_pin: may be called by a task only");
    EXPECT_DEATH(rove_task_set_name(nullptr, "x"), "by a task only");
}

TEST_P(TaskDeathTest, NamingAnotherTaskIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(InTask([] {
                     rove_task *task = Spawn([] { return 0; });
                     rove_task_set_name(task, "x");
                 }),
                 "a task may name only itself");
}

TEST_P(TaskDeathTest, JoiningADetachedTaskIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(InTask([] {
                     std::atomic<bool> started{false};
                     rove_task *task = Spawn([&] {
                         started = true;
                         return rove_sleep(3600 * ROVE_SEC);
                     });
                     (void)Eventually([&] { return started.load(); });
                     rove_detach(task);
                     (void)rove_join(task);
                 }),
                 "one owner");
}

// What needs most of the C library's common calls; the smallest stack holds a
// plain line of text.
TEST_P(TaskTest, StacksHoldWhatLibcNeeds)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "a sanitizer's frames are several times as large";
    }
    options_.stack_size = 0;
    InTask([] {
        rove_fn *needs_most = [](void *) -> int64_t {
            volatile long double huge = 1e4000L;
            char line[64];
            int n = snprintf(line, sizeof line, "%Lf", huge);
            double number = strtod("1.7976931348623157e308", nullptr);
            time_t second = 0;
            struct tm parts;
            bool is_1970 =
                gmtime_r(&second, &parts) != nullptr && parts.tm_year == 70;
            return n > 4000 && number > 1e308 && is_1970;
        };
        EXPECT_EQ(rove_join(rove_spawn(needs_most, nullptr)), 1);
        rove_task_options options;
        rove_task_options_init(&options);
        options.stack_size = 1;
        rove_fn *needs_least = [](void *) -> int64_t {
            char line[64];
            return snprintf(line, sizeof line, "%d %s %f", 7, "x", 0.5);
        };
        (void)rove_yield(); // not inline on this task's stack
        rove_task *task = rove_spawn_with(&options, needs_least, nullptr);
        EXPECT_EQ(rove_task_wait(task), 0);
        EXPECT_EQ(rove_join(task), 12);
    });
}

} // namespace
