// At stake: a scope ends the waits inside it and no others, in time; a shield
// lets clean-up wait; a joined task goes with its joiner; what is left is left
// whole, by whichever way. On all designs and on plain threads.

#include <cerrno>
#include <functional>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

constexpr rove_time kLong = 3600 * ROVE_SEC;
constexpr rove_time kShort = 2 * ROVE_MS;

class ScopeTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, ScopeTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

// A task that has a stack of its own: it has waited once.
rove_task *SpawnStarted(Body body)
{
    auto started = std::make_shared<std::atomic<bool>>(false);
    rove_task *task = Spawn([=] {
        *started = true;
        return body();
    });
    EXPECT_TRUE(Eventually([&] { return started->load(); }));
    return task;
}

TEST_P(ScopeTest, ADeadlineEndsAWait)
{
    InTask([] {
        int status = 1;
        int result = 1;
        rove_time start = rove_now();
        ROVE_TIMEOUT(kShort, &status)
        {
            result = rove_sleep(kLong);
            EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
            EXPECT_EQ(rove_time_left(), 0);
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
        }
        EXPECT_EQ(result, -ECANCELED);
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_GE(rove_now() - start, kShort);
        EXPECT_FALSE(rove_cancelled());
        EXPECT_EQ(rove_sleep(0), 0);
    });
}

TEST_P(ScopeTest, WhatEndsInTimeHasNoStatus)
{
    InTask([] {
        int status = 1;
        ROVE_TIMEOUT(kLong, &status)
        {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
        }
        EXPECT_EQ(status, 0);
    });
}

TEST_P(ScopeTest, ADeadlineThatRefusedNobodyHasNoStatus)
{
    InTask([] {
        rove_scope scope;
        rove_scope_open(&scope, rove_now() + 100 * ROVE_US);
        ComputeFor(ROVE_MS);
        EXPECT_EQ(rove_scope_close(&scope), 0);
    });
}

TEST_P(ScopeTest, ADeadlineInThePastRefusesTheFirstWait)
{
    InTask([] {
        rove_future *done = rove_future_new();
        EXPECT_EQ(rove_future_set(done, 7), 0);
        rove_scope scope;
        rove_scope_open(&scope, rove_now() - 1);
        int64_t value = 1;
        EXPECT_EQ(rove_future_wait(done, &value), -ECANCELED);
        EXPECT_EQ(value, 1);
        EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
        EXPECT_EQ(rove_future_wait(done, &value), 0);
        rove_future_unref(done);
    });
}

// The task is running when it is joined, so it is not the joiner's guest.
TEST_P(ScopeTest, AJoinThatTheDeadlineCutShortIsNoted)
{
    InTask([] {
        rove_event started = ROVE_EVENT_INIT;
        rove_task *task = Spawn([&] {
            rove_event_set(&started);
            return rove_sleep(3600 * ROVE_SEC);
        });
        EXPECT_EQ(rove_event_wait(&started), 0);
        int status = 0;
        ROVE_TIMEOUT(kShort, &status)
        {
            EXPECT_EQ(rove_join(task), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    });
}

TEST_P(ScopeTest, AJoinInAScopeThatIsOverIsNoted)
{
    InTask([] {
        rove_event started = ROVE_EVENT_INIT;
        rove_task *task = Spawn([&] {
            rove_event_set(&started);
            return rove_sleep(3600 * ROVE_SEC);
        });
        EXPECT_EQ(rove_event_wait(&started), 0);
        rove_scope scope;
        rove_scope_open(&scope, rove_now() - 1);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    });
}

TEST_P(ScopeTest, APlainThreadsJoinThatTheDeadlineCutShortIsNoted)
{
    Runtime runtime(options_);
    for (rove_time left : {kShort, rove_time{-1}}) {
        rove_event started = ROVE_EVENT_INIT;
        rove_task *task = SpawnIn(runtime.get(), [&] {
            rove_event_set(&started);
            return rove_sleep(3600 * ROVE_SEC);
        });
        EXPECT_EQ(rove_event_wait(&started), 0);
        rove_scope scope;
        rove_scope_open(&scope, rove_now() + left);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    }
}

// The guest waits on its host's stack when the runtime begins to drain.
TEST_P(ScopeTest, AShieldHidesGuestsFromTheEndOfTheRuntime)
{
    std::atomic<bool> waits{false};
    int64_t result = 1;
    InTask([&] {
        rove_detach(Spawn([&] {
            ROVE_SHIELD(ROVE_FOREVER)
            {
                result = rove_join(Spawn([&] {
                    waits = true;
                    return rove_sleep(20 * ROVE_MS);
                }));
            }
            return 0;
        }));
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
    });
    EXPECT_EQ(result, 0);
}

TEST_P(ScopeTest, ARequestEndsAPlainThreadsRead)
{
    Runtime runtime(options_);
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    for (bool moves : {false, true}) {
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_task *asking = SpawnIn(runtime.get(), [&] {
            (void)rove_sleep(kShort);
            if (moves) {
                rove_scope_set_deadline(&scope, rove_now());
            } else {
                rove_scope_cancel(&scope);
            }
            return 0;
        });
        char byte = 0;
        EXPECT_EQ(rove_read(fds[0], &byte, 1), -ECANCELED);
        EXPECT_EQ(rove_join(asking), 0);
        EXPECT_EQ(rove_scope_close(&scope), moves ? -ETIMEDOUT : -ECANCELED);
    }
    close(fds[0]);
    close(fds[1]);
}

TEST_P(ScopeTest, WhoAsksInsteadOfWaitingLearnsOfTheDeadline)
{
    InTask([] {
        int status = 0;
        ROVE_TIMEOUT(kShort, &status)
        {
            rove_time end = rove_now() + 60 * ROVE_SEC;
            while (!rove_cancelled() && rove_now() < end) {
            }
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    });
}

// Calls that complete without waiting, each with what undoes it.
struct Ready {
    Ready() : chan(rove_chan_new(1, 1, nullptr)), future(rove_future_new())
    {
        rove_semaphore_init(&semaphore, 1, 0);
        rove_event_set(&event);
        EXPECT_EQ(rove_future_set(future, 1), 0);
    }

    Ready(const Ready &) = delete;
    Ready &operator=(const Ready &) = delete;

    ~Ready()
    {
        rove_chan_unref(chan);
        rove_future_unref(future);
    }

    std::vector<std::function<int()>> Calls()
    {
        return {
            [] { return rove_yield(); },
            [this] {
                int error = rove_mutex_lock(&mutex);
                return error != 0 ? error : (rove_mutex_unlock(&mutex), 0);
            },
            [this] {
                int error = rove_rwlock_read(&rwlock);
                return error != 0 ? error : (rove_rwlock_unlock(&rwlock), 0);
            },
            [this] {
                int error = rove_semaphore_take(&semaphore, 1);
                return error != 0 ? error
                                  : (rove_semaphore_give(&semaphore, 1), 0);
            },
            [this] { return rove_event_wait(&event); },
            [this] { return rove_wait_group_wait(&wait_group); },
            [this] { return rove_future_wait(future, nullptr); },
            [this] {
                char item = 0;
                int error = rove_chan_send(chan, &item);
                return error != 0 ? error : rove_chan_try_recv(chan, &item);
            },
            [this] {
                char item = 0;
                EXPECT_EQ(rove_chan_try_send(chan, &item), 0);
                int error = rove_chan_recv(chan, &item);
                if (error != 0) {
                    EXPECT_EQ(rove_chan_try_recv(chan, &item), 0);
                }
                return error;
            },
            [this] {
                rove_case one = rove_on_event(&event);
                return rove_select(&one, 1, 0);
            },
        };
    }

    rove_chan *chan;
    rove_future *future;
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_rwlock rwlock = ROVE_RWLOCK_INIT;
    rove_semaphore semaphore;
    rove_event event = ROVE_EVENT_INIT;
    rove_wait_group wait_group = ROVE_WAIT_GROUP_INIT;
};

TEST_P(ScopeTest, CallsThatNeverWaitMeetTheDeadlineToo)
{
    InTask([] {
        Ready ready;
        for (const auto &call : ready.Calls()) {
            int status = 0;
            ROVE_TIMEOUT(kShort, &status)
            {
                rove_time end = rove_now() + 60 * ROVE_SEC;
                while (call() == 0 && rove_now() < end) {
                }
            }
            EXPECT_EQ(status, -ETIMEDOUT);
        }
    });
}

TEST_P(ScopeTest, CallsThatNeverWaitLetOthersRun)
{
    InTask([] {
        Ready ready;
        for (const auto &call : ready.Calls()) {
            std::atomic<bool> has_run{false};
            rove_task *other = Spawn([&] {
                has_run = true;
                return 0;
            });
            rove_time end = rove_now() + 60 * ROVE_SEC;
            while (!has_run && rove_now() < end) {
                EXPECT_EQ(call(), 0);
            }
            EXPECT_TRUE(has_run);
            EXPECT_EQ(rove_join(other), 0);
        }
    });
}

// It never ends early, but it counts as well.
TEST_P(ScopeTest, AOnceThatIsDoneLetsOthersRun)
{
    InTask([] {
        rove_once once = ROVE_ONCE_INIT;
        rove_fn *nothing = [](void *) -> int64_t { return 0; };
        std::atomic<bool> has_run{false};
        rove_task *other = Spawn([&] {
            has_run = true;
            return 0;
        });
        rove_time end = rove_now() + 60 * ROVE_SEC;
        while (!has_run && rove_now() < end) {
            EXPECT_EQ(rove_once_run(&once, nothing, nullptr), 0);
        }
        EXPECT_TRUE(has_run);
        EXPECT_EQ(rove_join(other), 0);
    });
}

TEST_P(ScopeTest, TheNearestDeadlineWins)
{
    InTask([] {
        int outer = 1;
        int inner = 1;
        ROVE_TIMEOUT(kShort, &outer)
        {
            EXPECT_LE(rove_time_left(), kShort);
            ROVE_TIMEOUT(kLong, &inner)
            {
                EXPECT_LE(rove_time_left(), kShort);
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            }
            EXPECT_EQ(inner, -ECANCELED);
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
        }
        EXPECT_EQ(outer, -ETIMEDOUT);
        ROVE_TIMEOUT(kLong, &outer)
        {
            ROVE_TIMEOUT(kShort, &inner)
            {
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            }
            EXPECT_EQ(inner, -ETIMEDOUT);
            EXPECT_EQ(rove_sleep(0), 0);
        }
        EXPECT_EQ(outer, 0);
        EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
    });
}

TEST_P(ScopeTest, ScopesThatExpireTogetherAreAllLeft)
{
    InTask([] {
        rove_scope scopes[8];
        rove_time deadline = rove_now() + kShort;
        for (auto &scope : scopes) {
            rove_scope_open(&scope, deadline);
        }
        EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
        for (int i = 7; i >= 0; i--) {
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            EXPECT_EQ(rove_scope_close(&scopes[i]), -ETIMEDOUT);
        }
        EXPECT_EQ(rove_sleep(0), 0);
    });
}

int LeaveByReturn(int *status)
{
    ROVE_TIMEOUT(kLong, status)
    {
        ROVE_SHIELD(kLong)
        {
            return 5;
        }
    }
    return 6;
}

TEST_P(ScopeTest, ABlockIsLeftByReturnBreakAndGoto)
{
    InTask([] {
        int status = 1;
        EXPECT_EQ(LeaveByReturn(&status), 5);
        EXPECT_EQ(status, 0);
        EXPECT_EQ(rove_time_left(), ROVE_FOREVER);

        status = 1;
        int passes = 0;
        ROVE_TIMEOUT(kLong, &status)
        {
            passes++;
            break;
        }
        EXPECT_EQ(passes, 1);
        EXPECT_EQ(status, 0);
        EXPECT_EQ(rove_time_left(), ROVE_FOREVER);

        status = 1;
        ROVE_TIMEOUT(kLong, &status)
        {
            goto out;
        }
out:
        EXPECT_EQ(status, 0);
        EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
    });
}

TEST_P(ScopeTest, ADeadlineMovesWhileItsTaskWaits)
{
    InTask([] {
        for (rove_time first : {kLong, ROVE_FOREVER}) {
            rove_scope scope;
            rove_scope_open(&scope,
                            first == ROVE_FOREVER ? first : rove_now() + first);
            rove_task *mover = Spawn([&] {
                EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                rove_scope_set_deadline(&scope, rove_now() + ROVE_MS);
                return 0;
            });
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            EXPECT_EQ(rove_join(mover), 0);
            EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
        }
        rove_scope scope;
        rove_scope_open(&scope, rove_now() + 20 * ROVE_MS);
        rove_task *mover = Spawn([&] {
            rove_scope_set_deadline(&scope, rove_now() + kLong);
            return 0;
        });
        EXPECT_EQ(rove_sleep(60 * ROVE_MS), 0);
        EXPECT_EQ(rove_join(mover), 0);
        EXPECT_EQ(rove_scope_close(&scope), 0);
    });
}

TEST_P(ScopeTest, AJoinedTaskMayCancelTheScope)
{
    InTask([] {
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_task *canceller = Spawn([&] {
            rove_scope_cancel(&scope);
            rove_scope_cancel(&scope);
            return 0;
        });
        EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
        EXPECT_EQ(rove_cancel_cause(), -ECANCELED);
        EXPECT_EQ(rove_join(canceller), 0);
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        EXPECT_EQ(rove_sleep(0), 0);
    });
}

TEST_P(ScopeTest, AShieldHidesTheTasksCancellation)
{
    InTask([] {
        std::atomic<int> step{0};
        rove_task *task = SpawnStarted([&] {
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            ROVE_SHIELD(kLong)
            {
                EXPECT_FALSE(rove_cancelled());
                EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                step++;
            }
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            return 3;
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 3);
        EXPECT_EQ(step, 1);
    });
}

TEST_P(ScopeTest, ARequestThatMeetsAShieldIsSeenAfterIt)
{
    InTask([] {
        std::atomic<bool> inside{false};
        rove_task *task = SpawnStarted([&] {
            ROVE_SHIELD(ROVE_FOREVER)
            {
                inside = true;
                EXPECT_EQ(rove_sleep(5 * ROVE_MS), 0);
            }
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            return 0;
        });
        EXPECT_TRUE(Eventually([&] { return inside.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 0);
    });
}

TEST_P(ScopeTest, AShieldHasABoundOfItsOwn)
{
    InTask([] {
        rove_task *task = Spawn([] {
            int inner = 0;
            ROVE_SHIELD(kShort)
            {
                inner = rove_sleep(kLong);
                EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
            }
            return inner;
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
    });
}

TEST_P(ScopeTest, ShieldInsideTimeoutInsideShield)
{
    InTask([] {
        rove_task *task = Spawn([] {
            int status = 0;
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            ROVE_SHIELD(kLong)
            {
                ROVE_TIMEOUT(kShort, &status)
                {
                    EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                    ROVE_SHIELD(kLong)
                    {
                        EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                    }
                    EXPECT_EQ(rove_sleep(0), -ECANCELED);
                }
                EXPECT_EQ(status, -ETIMEDOUT);
                EXPECT_EQ(rove_sleep(0), 0);
            }
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            return 4;
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 4);
    });
}

TEST_P(ScopeTest, AJoinedTaskGoesWithItsJoinersScope)
{
    InTask([] {
        int status = 0;
        int64_t result = 0;
        ROVE_TIMEOUT(kShort, &status)
        {
            rove_task *task =
                SpawnStarted([] { return (int64_t)rove_sleep(kLong); });
            result = rove_join(task);
        }
        EXPECT_EQ(result, -ECANCELED);
        EXPECT_EQ(rove_cancel_cause(), 0);
        ROVE_TIMEOUT(kShort, &status)
        { // run as a call
            result = rove_join(Spawn([] {
                EXPECT_LE(rove_time_left(), kLong);
                return (int64_t)rove_sleep(kLong);
            }));
        }
        EXPECT_EQ(result, -ECANCELED);
        EXPECT_EQ(status, -ETIMEDOUT);
    });
}

TEST_P(ScopeTest, AJoinUnderAShieldPassesNothingOn)
{
    InTask([] {
        std::atomic<bool> joining{false};
        rove_task *child = SpawnStarted([&] {
            EXPECT_TRUE(Eventually([&] { return joining.load(); }));
            return (int64_t)rove_sleep(2 * ROVE_MS);
        });
        rove_task *joiner = SpawnStarted([&] {
            int64_t result = -1;
            ROVE_SHIELD(ROVE_FOREVER)
            {
                joining = true;
                result = rove_join(child);
            }
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            return result;
        });
        rove_cancel(joiner);
        EXPECT_EQ(rove_join(joiner), 0);
    });
}

TEST_P(ScopeTest, AGuestsShieldHidesItsHostsScopes)
{
    InTask([] {
        int status = 0;
        ROVE_TIMEOUT(kShort, &status)
        {
            EXPECT_EQ(rove_join(Spawn([] {
                          EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                          ROVE_SHIELD(ROVE_FOREVER)
                          {
                              EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                          }
                          EXPECT_EQ(rove_sleep(0), -ECANCELED);
                          return 2;
                      })),
                      2);
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    });
}

TEST_P(ScopeTest, CleanUpWaitsWhileTheRuntimeEnds)
{
    std::atomic<int> causes{0};
    std::atomic<int> cleaned{0};
    rove_options options;
    rove_options_init(&options);
    options.workers = GetParam().workers;
    options.design = GetParam().design;
    Body main = [&] {
        for (int i = 0; i < 8; i++) {
            rove_detach(Spawn([&] {
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                causes += rove_cancel_cause() == -ESHUTDOWN;
                ROVE_SHIELD(ROVE_FOREVER)
                {
                    EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                }
                cleaned++;
                return 0;
            }));
        }
        return rove_sleep(ROVE_MS);
    };
    EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
    EXPECT_EQ(cleaned, 8);
    EXPECT_EQ(causes, 8);
}

TEST_P(ScopeTest, PlainThreadsHaveScopesToo)
{
    Runtime runtime(options_);
    rove_future *never = rove_future_new();
    int64_t value = 3;
    int status = 0;
    ROVE_TIMEOUT(kShort, &status)
    {
        EXPECT_EQ(rove_future_wait(never, &value), -ECANCELED);
        EXPECT_TRUE(rove_cancelled());
        EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
        ROVE_SHIELD(kShort)
        {
            EXPECT_EQ(rove_sleep(100 * ROVE_US), 0);
            EXPECT_EQ(rove_future_wait(never, &value), -ECANCELED);
        }
    }
    EXPECT_EQ(status, -ETIMEDOUT);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(rove_time_left(), ROVE_FOREVER);

    ROVE_TIMEOUT(kShort, &status)
    {
        EXPECT_EQ(rove_join(SpawnIn(runtime.get(),
                                    [] { return (int64_t)rove_sleep(kLong); })),
                  -ECANCELED);
    }

    rove_scope scope;
    rove_scope_open(&scope, ROVE_FOREVER);
    rove_task *canceller = SpawnIn(runtime.get(), [&] {
        (void)rove_sleep(ROVE_MS);
        rove_scope_set_deadline(&scope, rove_now() + kLong);
        (void)rove_sleep(ROVE_MS);
        rove_scope_cancel(&scope);
        return 0;
    });
    EXPECT_EQ(rove_future_wait(never, &value), -ECANCELED);
    EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
    EXPECT_EQ(rove_join(canceller), 0);

    rove_scope_open(&scope, ROVE_FOREVER);
    rove_task *mover = SpawnIn(runtime.get(), [&] {
        (void)rove_sleep(ROVE_MS);
        rove_scope_set_deadline(&scope, rove_now() + ROVE_MS);
        return 0;
    });
    EXPECT_EQ(rove_future_wait(never, &value), -ECANCELED);
    EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    EXPECT_EQ(rove_join(mover), 0);
    rove_future_unref(never);
}

TEST_P(ScopeTest, ReadsMeetTheDeadline)
{
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    auto read_late = [&] {
        int status = 0;
        ssize_t count = 0;
        char byte;
        ROVE_TIMEOUT(kShort, &status)
        {
            count = rove_read(ends[0], &byte, 1);
        }
        EXPECT_EQ(count, -ECANCELED);
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(rove_write(ends[1], "x", 1), 1);
        ROVE_TIMEOUT(kLong, &status)
        {
            EXPECT_EQ(rove_read(ends[0], &byte, 1), 1);
        }
        EXPECT_EQ(status, 0);
    };
    InTask(read_late);
    read_late();
    close(ends[0]);
    close(ends[1]);
}

TEST_P(ScopeTest, ThousandsOfTasksWithDeadlinesOfTheirOwn)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 2000; i++) {
            tasks.push_back(Spawn([i] {
                int status = 0;
                ROVE_TIMEOUT((i % 7) * ROVE_MS, &status)
                {
                    (void)rove_sleep(3 * ROVE_MS);
                    (void)rove_sleep(kLong);
                }
                return status == -ETIMEDOUT;
            }));
        }
        int64_t late = 0;
        for (auto *task : tasks) {
            late += rove_join(task);
        }
        EXPECT_EQ(late, 2000);
    });
}

TEST(ScopeDeathTest, ScopesAreClosedInReverseOrder)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            rove_scope outer;
            rove_scope inner;
            rove_scope_open(&outer, ROVE_FOREVER);
            rove_scope_open(&inner, ROVE_FOREVER);
            rove_scope_close(&outer);
        },
        "rove_scope_close");
}

} // namespace
