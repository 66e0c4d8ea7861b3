// At stake: what sync.h promises to tasks and plain threads together, of one
// runtime or several.

#include "rove/sync.h"

#include <cerrno>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

constexpr int kRounds = kUnderSanitizer ? 100 : 1000;
constexpr int kTasks = 8;
constexpr int kThreads = 2;

class SyncTest : public WithRuntime
{
  protected:
    // Runs the body in tasks and on plain threads at once.
    void InAll(const std::function<void()> &body)
    {
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; i++) {
            threads.emplace_back(body);
        }
        InTask([&] {
            std::vector<rove_task *> tasks;
            for (int i = 0; i < kTasks; i++) {
                tasks.push_back(Spawn([&] {
                    body();
                    return 0;
                }));
            }
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 0);
            }
        });
        for (std::thread &thread : threads) {
            thread.join();
        }
    }

    static void MaybeYield(int round)
    {
        if (round % 7 == 0) {
            (void)rove_yield();
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, SyncTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(SyncTest, AMutexExcludes)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    int64_t plain = 0;
    InAll([&] {
        for (int i = 0; i < kRounds; i++) {
            EXPECT_EQ(rove_mutex_lock(&mutex), 0);
            int64_t before = plain;
            MaybeYield(i);
            plain = before + 1;
            rove_mutex_unlock(&mutex);
        }
    });
    EXPECT_EQ(plain, int64_t{kRounds} * (kTasks + kThreads));
}

TEST_P(SyncTest, ATriedMutexExcludesToo)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    std::atomic<int64_t> successes{0};
    int64_t plain = 0;
    InAll([&] {
        for (int i = 0; i < kRounds; i++) {
            int error = rove_mutex_try_lock(&mutex);
            EXPECT_TRUE(error == 0 || error == -EBUSY) << error;
            if (error == 0) {
                int64_t before = plain;
                MaybeYield(i);
                plain = before + 1;
                successes++;
                rove_mutex_unlock(&mutex);
            }
        }
    });
    EXPECT_EQ(plain, successes);
    EXPECT_GT(plain, 0);
}

TEST_P(SyncTest, AWriterIsAloneAndReadersSeeWholeStates)
{
    rove_rwlock lock = ROVE_RWLOCK_INIT;
    int64_t left = 0;
    int64_t right = 0;
    InAll([&] {
        for (int i = 0; i < kRounds; i++) {
            if (i % 4 == 0) {
                EXPECT_EQ(rove_rwlock_write(&lock), 0);
                left++;
                MaybeYield(i);
                right++;
            } else {
                EXPECT_EQ(rove_rwlock_read(&lock), 0);
                int64_t seen = left;
                MaybeYield(i);
                EXPECT_EQ(right, seen);
            }
            rove_rwlock_unlock(&lock);
        }
    });
    EXPECT_EQ(left, int64_t{kRounds} / 4 * (kTasks + kThreads));
}

TEST_P(SyncTest, ASemaphoreBounds)
{
    constexpr uint64_t kPermits = 3;
    rove_semaphore permits = ROVE_SEMAPHORE_INIT(kPermits);
    std::atomic<uint64_t> taken{0};
    InAll([&] {
        for (int i = 0; i < kRounds; i++) {
            uint64_t n = static_cast<uint64_t>(i) % kPermits + 1;
            EXPECT_EQ(rove_semaphore_take(&permits, n), 0);
            EXPECT_LE(taken += n, kPermits);
            MaybeYield(i);
            taken -= n;
            rove_semaphore_give(&permits, n);
        }
    });
    EXPECT_EQ(rove_semaphore_try_take(&permits, kPermits), 0);
}

// A bounded buffer of one, with two conditions.
TEST_P(SyncTest, ConditionsCarryItems)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_cond may_put = ROVE_COND_INIT;
    rove_cond may_take = ROVE_COND_INIT;
    std::atomic<int> role{0};
    int64_t item = 0;
    int64_t sum = 0;
    InAll([&] {
        bool puts = role++ % 2 == 0;
        for (int i = 1; i <= kRounds; i++) {
            EXPECT_EQ(rove_mutex_lock(&mutex), 0);
            while ((item != 0) == puts) {
                EXPECT_EQ(rove_cond_wait(puts ? &may_put : &may_take, &mutex),
                          0);
            }
            sum += item;
            item = puts ? i : 0;
            rove_cond_signal(puts ? &may_take : &may_put);
            rove_mutex_unlock(&mutex);
        }
    });
    EXPECT_EQ(item, 0);
    EXPECT_EQ(sum,
              int64_t{kRounds} * (kRounds + 1) / 2 * (kTasks + kThreads) / 2);
}

TEST_P(SyncTest, ABarrierKeepsAllInStep)
{
    rove_barrier barrier = ROVE_BARRIER_INIT(kTasks + kThreads);
    std::atomic<int> lasts{0};
    InAll([&] {
        for (int i = 0; i < kRounds / 10; i++) {
            int result = rove_barrier_wait(&barrier);
            EXPECT_GE(result, 0);
            lasts += result;
        }
    });
    EXPECT_EQ(lasts, kRounds / 10);
}

TEST_P(SyncTest, OneOfManyDoesItOnce)
{
    std::vector<rove_once> onces(kRounds);
    std::vector<int64_t> done(kRounds);
    InAll([&] {
        for (size_t i = 0; i < onces.size(); i++) {
            Body body = [&] {
                MaybeYield(static_cast<int>(i));
                return ++done[i];
            };
            EXPECT_EQ(rove_once_run(&onces[i], CallBody, &body), 0);
            EXPECT_EQ(done[i], 1);
        }
    });
}

TEST_P(SyncTest, EventsAndGroupsJoinTwoRuntimes)
{
    Runtime left(options_);
    Runtime right(options_);
    rove_event go = ROVE_EVENT_INIT;
    rove_wait_group group = ROVE_WAIT_GROUP_INIT;
    rove_mutex mutex = ROVE_MUTEX_INIT;
    int64_t plain = 0;
    rove_wait_group_add(&group, 2 * kTasks);
    std::vector<rove_task *> tasks;
    for (int i = 0; i < 2 * kTasks; i++) {
        tasks.push_back(SpawnIn(i % 2 == 0 ? left.get() : right.get(), [&] {
            EXPECT_EQ(rove_event_wait(&go), 0);
            for (int k = 0; k < kRounds / 10; k++) {
                EXPECT_EQ(rove_mutex_lock(&mutex), 0);
                plain++;
                rove_mutex_unlock(&mutex);
            }
            rove_wait_group_done(&group);
            return 0;
        }));
    }
    rove_event_set(&go);
    EXPECT_EQ(rove_wait_group_wait(&group), 0);
    EXPECT_EQ(plain, int64_t{2} * kTasks * (kRounds / 10));
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
}

// A deadline ends each of the waits, on tasks and on plain threads, and leaves
// the object as it was.
TEST_P(SyncTest, DeadlinesEndWaits)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_cond cond = ROVE_COND_INIT;
    rove_rwlock lock = ROVE_RWLOCK_INIT;
    rove_semaphore permits = ROVE_SEMAPHORE_INIT(0);
    rove_event event = ROVE_EVENT_INIT;
    rove_wait_group group = ROVE_WAIT_GROUP_INIT;
    rove_wait_group_add(&group, 1);
    ASSERT_EQ(rove_mutex_try_lock(&mutex), 0);
    ASSERT_EQ(rove_rwlock_try_read(&lock), 0);
    auto ends = [](const std::function<int()> &wait) {
        int status = 0;
        ROVE_TIMEOUT(ROVE_MS, &status)
        {
            EXPECT_EQ(wait(), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    };
    InAll([&] {
        rove_mutex own = ROVE_MUTEX_INIT;
        ends([&] { return rove_mutex_lock(&mutex); });
        ends([&] { return rove_rwlock_write(&lock); });
        ends([&] { return rove_semaphore_take(&permits, 1); });
        ends([&] { return rove_event_wait(&event); });
        ends([&] { return rove_wait_group_wait(&group); });
        EXPECT_EQ(rove_mutex_lock(&own), 0);
        ends([&] { return rove_cond_wait(&cond, &own); });
        rove_mutex_unlock(&own);
    });
    EXPECT_EQ(rove_rwlock_try_read(&lock), 0);
    rove_rwlock_unlock(&lock);
    rove_rwlock_unlock(&lock);
    rove_mutex_unlock(&mutex);
    EXPECT_EQ(rove_mutex_try_lock(&mutex), 0);
    rove_mutex_unlock(&mutex);
}

// In a scope that has ended nothing is taken, also when it is there.
TEST_P(SyncTest, AnEndedScopeTakesNothing)
{
    InAll([] {
        rove_mutex mutex = ROVE_MUTEX_INIT;
        rove_rwlock lock = ROVE_RWLOCK_INIT;
        rove_semaphore permits = ROVE_SEMAPHORE_INIT(1);
        rove_event event = ROVE_EVENT_INIT;
        rove_wait_group group = ROVE_WAIT_GROUP_INIT;
        rove_event_set(&event);
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(rove_mutex_lock(&mutex), -ECANCELED);
        EXPECT_EQ(rove_rwlock_read(&lock), -ECANCELED);
        EXPECT_EQ(rove_rwlock_write(&lock), -ECANCELED);
        EXPECT_EQ(rove_semaphore_take(&permits, 1), -ECANCELED);
        EXPECT_EQ(rove_event_wait(&event), -ECANCELED);
        EXPECT_EQ(rove_wait_group_wait(&group), -ECANCELED);
        EXPECT_EQ(rove_mutex_try_lock(&mutex), 0);
        rove_mutex_unlock(&mutex);
        EXPECT_EQ(rove_rwlock_try_write(&lock), 0);
        rove_rwlock_unlock(&lock);
        EXPECT_EQ(rove_semaphore_try_take(&permits, 1), 0);
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
    });
}

// One holds the mutex nearly all the time, another wants it now and then: it is
// handed over after a millisecond of waiting, so within a few of the first
// one's turns (golang/go #13086).
TEST_P(SyncTest, WhoHoldsForLongDoesNotStarveWhoHoldsForAMoment)
{
    constexpr rove_time kHold = 100 * ROVE_US;
    constexpr int kTurnsMost = 100; // ten, and what the machine adds
    rove_mutex mutex = ROVE_MUTEX_INIT;
    InTask([&] {
        std::atomic<bool> stop{false};
        std::atomic<int> turns{0};
        auto hold = [&] {
            for (rove_time end = rove_now() + 60 * ROVE_SEC;
                 !stop && rove_now() < end;) {
                EXPECT_EQ(rove_mutex_lock(&mutex), 0);
                EXPECT_EQ(rove_sleep(kHold), 0);
                turns++;
                rove_mutex_unlock(&mutex);
            }
            return 0;
        };
        rove_task *holder = Spawn(hold);
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(rove_sleep(kHold), 0);
            int before = turns;
            EXPECT_EQ(rove_mutex_lock(&mutex), 0);
            EXPECT_LT(turns, before + kTurnsMost);
            rove_mutex_unlock(&mutex);
        }
        stop = true;
        EXPECT_EQ(rove_join(holder), 0);
    });
}

} // namespace
