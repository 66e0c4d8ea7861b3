// At stake: cancellation is a level that every wait sees, it reaches guests
// that run inline on a cancelled joiner's stack, it hits nobody else, and join
// never returns early.

#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class CancelTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, CancelTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

constexpr rove_time kLong = 3600 * ROVE_SEC;

TEST_P(CancelTest, CancelEndsASleep)
{
    InTask([] {
        std::atomic<bool> started{false};
        rove_task *task = Spawn([&] {
            started = true;
            return rove_sleep(kLong);
        });
        EXPECT_TRUE(Eventually([&] { return started.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
    });
}

TEST_P(CancelTest, ATaskCancelledBeforeItsFirstRunStillRuns)
{
    InTask([] {
        bool ran = false;
        rove_task *task = Spawn([&] {
            ran = true;
            EXPECT_TRUE(rove_cancelled());
            return rove_sleep(kLong);
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_TRUE(ran);
    });
}

TEST_P(CancelTest, EveryWaitAfterTheRequestIsCancelled)
{
    InTask([] {
        rove_future *done = rove_future_new();
        EXPECT_EQ(rove_future_set(done, 1), 0);
        rove_task *ended = Spawn([] { return 3; });
        rove_task *task = Spawn([&] {
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
            EXPECT_EQ(rove_sleep_until(0), -ECANCELED);
            EXPECT_EQ(rove_yield(), -ECANCELED);
            int64_t result = 77;
            EXPECT_EQ(rove_future_wait(done, &result), -ECANCELED);
            EXPECT_EQ(result, 77);
            EXPECT_EQ(rove_future_try(done, &result), 0);
            EXPECT_EQ(rove_task_wait(ended), -ECANCELED);
            EXPECT_EQ(rove_join(ended), 3);
            EXPECT_TRUE(rove_cancelled());
            return 0;
        });
        rove_cancel(task);
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_FALSE(rove_cancelled());
        rove_future_unref(done);
    });
}

TEST_P(CancelTest, WhoGoesOnWaitingIsReportedOnce)
{
    static std::atomic<int> lines;
    lines = 0;
    options_.report = [](void *, const char *line) {
        EXPECT_NE(strstr(line, "'deaf'"), nullptr) << line;
        EXPECT_NE(strstr(line, "cancelled"), nullptr) << line;
        lines++;
    };
    InTask([] {
        rove_task *task = Spawn([] {
            rove_pin(); // refusals are counted on each worker
            rove_task_set_name(nullptr, "deaf");
            for (int i = 0; i < 1500; i++) {
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            }
            rove_unpin();
            return 0;
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 0);
    });
    EXPECT_EQ(lines, 1);
}

TEST_P(CancelTest, ACancelledTaskThatSpinsOnWaitsLetsOthersRun)
{
    InTask([] {
        std::atomic<bool> stop{false};
        rove_task *spinner = Spawn([&] {
            while (!stop) {
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            }
            return 0;
        });
        rove_cancel(spinner);
        rove_task *other = Spawn([&] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            stop = true;
            return 0;
        });
        EXPECT_EQ(rove_join(other), 0);
        EXPECT_EQ(rove_join(spinner), 0);
    });
}

TEST_P(CancelTest, JoinPassesCancellationOnAndNeverReturnsEarly)
{
    InTask([] {
        std::atomic<bool> started{false};
        std::atomic<bool> child_ended{false};
        rove_task *parent = Spawn([&] {
            rove_task *child = Spawn([&] {
                started = true;
                EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                for (int i = 0; i < 100; i++) {
                    (void)rove_yield();
                }
                child_ended = true;
                return 11;
            });
            (void)rove_yield(); // it may start on its own stack
            EXPECT_EQ(rove_join(child), 11);
            EXPECT_TRUE(child_ended);
            EXPECT_EQ(rove_yield(), -ECANCELED);
            return 12;
        });
        EXPECT_TRUE(Eventually([&] { return started.load(); }));
        rove_cancel(parent);
        EXPECT_EQ(rove_join(parent), 12);
    });
}

TEST_P(CancelTest, AJoinerCancelledBeforeCancelsTheTaskFirst)
{
    InTask([] {
        rove_task *parent = Spawn([] {
            EXPECT_TRUE(rove_cancelled());
            rove_task *child = Spawn([] { return rove_sleep(kLong); });
            (void)rove_yield();
            return rove_join(child) == -ECANCELED ? 1 : 0;
        });
        rove_cancel(parent);
        EXPECT_EQ(rove_join(parent), 1);
    });
}

// Spawned and joined at once, each child runs as a call on its joiner's stack.
TEST_P(CancelTest, CancellationReachesGuestsOfGuests)
{
    for (int depth = 1; depth <= 3; depth++) {
        InTask([depth] {
            std::atomic<bool> deepest{false};
            std::function<int64_t(int)> descend = [&](int left) -> int64_t {
                if (left == 0) {
                    deepest = true;
                    EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                    EXPECT_TRUE(rove_cancelled());
                    return 0;
                }
                int64_t below =
                    rove_join(Spawn([&, left] { return descend(left - 1); }));
                EXPECT_TRUE(rove_cancelled());
                return below + 1;
            };
            rove_task *host = Spawn([&] { return descend(depth); });
            EXPECT_TRUE(Eventually([&] { return deepest.load(); }));
            rove_cancel(host);
            EXPECT_EQ(rove_join(host), depth);
        });
    }
}

TEST_P(CancelTest, CancellingAGuestLeavesItsHostAlone)
{
    InTask([] {
        std::atomic<uint64_t> guest{0};
        rove_task *host = Spawn([&] {
            EXPECT_EQ(rove_join(Spawn([&] {
                          guest = rove_task_id(rove_self());
                          return rove_sleep(kLong);
                      })),
                      -ECANCELED);
            EXPECT_FALSE(rove_cancelled());
            return rove_sleep(ROVE_US);
        });
        EXPECT_TRUE(Eventually([&] { return guest != 0; }));
        EXPECT_EQ(rove_cancel_id(guest), 0);
        EXPECT_EQ(rove_join(host), 0);
    });
}

TEST_P(CancelTest, InlineTasksHaveTheirOwnSelfAndName)
{
    InTask([] {
        rove_task_set_name(nullptr, "host");
        rove_task *host = rove_self();
        rove_task *task = Spawn([&] {
            char name[32];
            rove_task_get_name(name, sizeof name);
            EXPECT_STREQ(name, "");
            rove_task_set_name(nullptr, "guest");
            EXPECT_NE(rove_self(), host);
            return rove_yield();
        });
        EXPECT_EQ(rove_join(task), 0);
        char name[32];
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "host");
        EXPECT_EQ(rove_self(), host);
    });
}

TEST_P(CancelTest, CancellingADeadTaskIsRefused)
{
    InTask([] {
        std::vector<uint64_t> ids;
        for (int i = 0; i < 300; i++) {
            rove_task *task = Spawn([] { return rove_yield(); });
            ids.push_back(rove_task_id(task));
            EXPECT_EQ(rove_join(task), 0);
        }
        /* Their descriptors serve others now. */
        std::vector<rove_task *> others;
        for (int i = 0; i < 300; i++) {
            others.push_back(Spawn([] { return rove_sleep(ROVE_MS); }));
        }
        for (uint64_t id : ids) {
            EXPECT_EQ(rove_cancel_id(id), -ESRCH);
        }
        for (rove_task *task : others) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
    EXPECT_EQ(rove_cancel_id(0), -ESRCH);
    EXPECT_EQ(rove_cancel_id(UINT64_MAX), -ESRCH);
}

TEST_P(CancelTest, CancelAfterTheEndIsHarmless)
{
    InTask([] {
        rove_task *task = Spawn([] { return 6; });
        EXPECT_EQ(rove_task_wait(task), 0);
        rove_cancel(task);
        uint64_t id = rove_task_id(task);
        EXPECT_EQ(rove_cancel_id(id), -ESRCH);
        EXPECT_EQ(rove_join(task), 6);
        EXPECT_EQ(rove_join(Spawn([] { return rove_yield(); })), 0);
    });
}

TEST_P(CancelTest, ATaskMayCancelItself)
{
    InTask([] {
        rove_task *task = Spawn([] {
            EXPECT_EQ(rove_yield(), 0);
            rove_cancel(rove_self());
            EXPECT_TRUE(rove_cancelled());
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            EXPECT_EQ(rove_cancel_id(rove_task_id(rove_self())), 0);
            EXPECT_EQ(rove_yield(), -ECANCELED);
            ROVE_SHIELD(ROVE_FOREVER)
            {
                rove_cancel(rove_self());
                EXPECT_EQ(rove_yield(), 0);
            }
            EXPECT_EQ(rove_cancel_cause(), -ECANCELED);
            return 8;
        });
        EXPECT_EQ(rove_join(task), 8);
        EXPECT_EQ(rove_join(Spawn([] { return rove_yield(); })), 0);
    });
}

// Tasks and plain threads cancel a few tasks all the time: before they start,
// while they run, wait, clean up and end, and long afterwards.
TEST_P(CancelTest, AnyNumberOfCancellersAtOnceAreAsOne)
{
    constexpr int kRounds = kUnderSanitizer ? 30 : 300;
    constexpr size_t kVictims = 4;
    std::atomic<uint64_t> ids[kVictims] = {};
    std::atomic<bool> stop{false};
    auto cancel_all = [&] {
        while (!stop) {
            for (std::atomic<uint64_t> &id : ids) {
                int error = rove_cancel_id(id);
                EXPECT_TRUE(error == 0 || error == -ESRCH) << error;
            }
            (void)rove_yield();
        }
        return 0;
    };
    std::thread threads[2] = {std::thread(cancel_all), std::thread(cancel_all)};
    InTask([&] {
        rove_task *canceller = Spawn(cancel_all);
        for (int round = 0; round < kRounds; round++) {
            std::vector<rove_task *> victims;
            for (std::atomic<uint64_t> &id : ids) {
                victims.push_back(Spawn([&id] {
                    id = rove_task_id(rove_self());
                    EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                    ROVE_SHIELD(ROVE_FOREVER)
                    {
                        EXPECT_EQ(rove_yield(), 0);
                        EXPECT_EQ(rove_sleep(ROVE_US), 0);
                    }
                    EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
                    return 5;
                }));
            }
            for (rove_task *victim : victims) {
                rove_cancel(victim);
                EXPECT_EQ(rove_join(victim), 5);
            }
        }
        stop = true;
        EXPECT_EQ(rove_join(canceller), 0);
    });
    for (std::thread &thread : threads) {
        thread.join();
    }
}

TEST_P(CancelTest, AWaitForATaskIsCancelledAndTheHandleKept)
{
    InTask([] {
        rove_task *child = Spawn([] { return rove_sleep(kLong); });
        std::atomic<bool> waits{false};
        rove_task *waiter = Spawn([&] {
            waits = true;
            return rove_task_wait(child);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(waiter);
        EXPECT_EQ(rove_join(waiter), -ECANCELED);
        rove_cancel(child);
        EXPECT_EQ(rove_task_wait(child), 0);
        EXPECT_EQ(rove_join(child), -ECANCELED);
    });
}

TEST_P(CancelTest, TasksLeftAtTheEndAreCancelledAndAwaited)
{
    std::atomic<int> cancelled{0};
    InTask([&] {
        for (int i = 0; i < 50; i++) {
            rove_detach(Spawn([&] {
                cancelled += rove_sleep(kLong) == -ECANCELED;
                (void)rove_yield();
                return 0;
            }));
        }
        for (int i = 0; i < 5; i++) {
            auto *body = new Body([&] {
                cancelled += rove_sleep(kLong) == -ECANCELED;
                return 0;
            });
            rove_detach(rove_spawn_at(ROVE_FOREVER, CallOwnBody, body));
        }
    });
    EXPECT_EQ(cancelled, 55);
}

// A cancellation that comes too late for one wait is seen by the next, and
// a timer of an old wait does not end a new one.
TEST_P(CancelTest, StaleTimersDoNotEndALaterWait)
{
    InTask([] {
        for (int i = 0; i < 200; i++) {
            rove_future *first = rove_future_new();
            rove_task *setter = Spawn([first] {
                (void)rove_sleep(50 * ROVE_US);
                return rove_future_set(first, 1);
            });
            EXPECT_EQ(rove_sleep(50 * ROVE_US), 0);
            EXPECT_EQ(rove_future_wait(first, nullptr), 0);
            rove_time before = rove_now();
            EXPECT_EQ(rove_sleep(200 * ROVE_US), 0);
            EXPECT_GE(rove_now() - before, 200 * ROVE_US);
            EXPECT_EQ(rove_join(setter), 0);
            rove_future_unref(first);
        }
    });
}

} // namespace
