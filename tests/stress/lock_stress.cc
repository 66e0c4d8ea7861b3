// At stake: a wake-up races, at every offset, with the cancellation of who is
// to be woken; it is had by one, nobody's is lost, and the object may be freed
// by the next who owns it. 100,000 races of each kind.

#include <cerrno>
#include <memory>
#include <vector>

#include "rove/sync.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 4;
constexpr int kRaces = (kUnderSanitizer ? 4000 : 100000) / kSetups + 1;

class LockStress : public WithRuntime
{
  protected:
    // A task that is cancelled by another one while a wake-up is under way to
    // it, and one behind it that must not suffer from that.
    struct Race {
        std::function<int64_t()> wait;   // of the first and the second
        std::function<void()> wake;      // once
        std::function<void()> wake_more; // when the first took the wake-up
    };

    // Counts who won, over all races.
    void Run(const std::function<Race()> &begin,
             const std::function<void()> &end)
    {
        InTask([&] {
            Random random(0);
            Random theirs(1);
            int woken = 0;
            int cancelled = 0;
            for (int i = 0; i < kRaces; i++) {
                Race race = begin();
                rove_task *first = Spawn(race.wait);
                if (random.Below(2) == 0) {
                    (void)rove_yield();
                }
                rove_task *second = Spawn(race.wait);
                uint64_t id = rove_task_id(first);
                uint32_t spins = theirs.Below(100);
                rove_task *canceller = Spawn([id, spins] {
                    Spin(spins);
                    (void)rove_cancel_id(id);
                    return 0;
                });
                for (uint32_t yields = random.Below(6); yields > 0; yields--) {
                    (void)rove_yield();
                }
                random.Spin(200);
                race.wake();
                int64_t result = rove_join(first);
                EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
                if (result == 0) {
                    woken++;
                    race.wake_more();
                } else {
                    cancelled++;
                }
                EXPECT_EQ(rove_join(second), 0);
                EXPECT_EQ(rove_join(canceller), 0);
                end();
            }
            EXPECT_GT(woken, 0);
            EXPECT_GT(cancelled, 0);
        });
    }
};

INSTANTIATE_TEST_SUITE_P(Workers, LockStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

static_assert(kSetups == 4, "the number of setups above");

void Nothing()
{
}

TEST_P(LockStress, UnlockAgainstCancel)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    int64_t plain = 0;
    int64_t locked = 0;
    std::atomic<int64_t> others{0};
    Run(
        [&] {
            EXPECT_EQ(rove_mutex_lock(&mutex), 0);
            locked++;
            plain++;
            return Race{[&]() -> int64_t {
                            int error = rove_mutex_lock(&mutex);
                            if (error == 0) {
                                plain++;
                                others++;
                                rove_mutex_unlock(&mutex);
                            }
                            return error;
                        },
                        [&] { rove_mutex_unlock(&mutex); }, Nothing};
        },
        [&] {
            EXPECT_EQ(rove_mutex_try_lock(&mutex), 0);
            EXPECT_EQ(plain, locked + others);
            rove_mutex_unlock(&mutex);
        });
}

TEST_P(LockStress, GiveAgainstCancel)
{
    rove_semaphore permits = ROVE_SEMAPHORE_INIT(0);
    Run(
        [&] {
            return Race{[&] { return rove_semaphore_take(&permits, 1); },
                        [&] { rove_semaphore_give(&permits, 1); },
                        [&] { rove_semaphore_give(&permits, 1); }};
        },
        [&] { EXPECT_EQ(rove_semaphore_try_take(&permits, 1), -EAGAIN); });
}

// One token is put and signalled once: whoever is left takes it.
TEST_P(LockStress, SignalAgainstCancel)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_cond cond = ROVE_COND_INIT;
    int tokens = 0;
    auto put = [&] {
        EXPECT_EQ(rove_mutex_lock(&mutex), 0);
        tokens++;
        rove_cond_signal(&cond);
        rove_mutex_unlock(&mutex);
    };
    Run(
        [&] {
            return Race{[&]() -> int64_t {
                            int error = rove_mutex_lock(&mutex);
                            if (error != 0) {
                                return error;
                            }
                            while (error == 0 && tokens == 0) {
                                error = rove_cond_wait(&cond, &mutex);
                            }
                            tokens -= error == 0;
                            rove_mutex_unlock(&mutex);
                            return error;
                        },
                        put, put};
        },
        [&] { EXPECT_EQ(tokens, 0); });
}

TEST_P(LockStress, SetAgainstCancel)
{
    rove_event event = ROVE_EVENT_INIT;
    Run(
        [&] {
            return Race{[&] { return rove_event_wait(&event); },
                        [&] { rove_event_set(&event); }, Nothing};
        },
        [&] {
            EXPECT_TRUE(rove_event_is_set(&event));
            rove_event_clear(&event);
        });
}

TEST_P(LockStress, WriteUnlockAgainstCancel)
{
    rove_rwlock lock = ROVE_RWLOCK_INIT;
    std::atomic<uint32_t> turn{0};
    Run(
        [&] {
            EXPECT_EQ(rove_rwlock_write(&lock), 0);
            return Race{[&]() -> int64_t {
                            int error = turn++ % 3 == 0
                                            ? rove_rwlock_write(&lock)
                                            : rove_rwlock_read(&lock);
                            if (error == 0) {
                                rove_rwlock_unlock(&lock);
                            }
                            return error;
                        },
                        [&] { rove_rwlock_unlock(&lock); }, Nothing};
        },
        [&] {
            EXPECT_EQ(rove_rwlock_try_write(&lock), 0);
            rove_rwlock_unlock(&lock);
        });
}

// Counted in the memory that the mutex guards: the last one frees it.
TEST_P(LockStress, TheNextOwnerMayFreeTheMutexAtOnce)
{
    struct Shared {
        rove_mutex mutex = ROVE_MUTEX_INIT;
        int users = 4;
    };
    auto use = [](Shared *shared, uint32_t spins) {
        Spin(spins);
        while (rove_mutex_lock(&shared->mutex) != 0) {
        }
        bool is_last = --shared->users == 0;
        rove_mutex_unlock(&shared->mutex);
        if (is_last) {
            delete shared;
        }
    };
    InTask([&] {
        Random random(2);
        for (int i = 0; i < kRaces; i++) {
            auto *shared = new Shared;
            std::vector<rove_task *> tasks;
            for (int user = 1; user < 4; user++) {
                uint32_t spins = random.Below(60);
                tasks.push_back(Spawn([&, shared, spins] {
                    use(shared, spins);
                    return 0;
                }));
            }
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            use(shared, random.Below(60));
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 0);
            }
        }
    });
}

// Who was woken frees what it waited for, on a frame that then is gone.
TEST_P(LockStress, WhoWasWokenMayFreeAtOnce)
{
    struct Shared {
        rove_mutex mutex = ROVE_MUTEX_INIT;
        rove_rwlock lock = ROVE_RWLOCK_INIT;
        rove_semaphore permits = ROVE_SEMAPHORE_INIT(0);
        rove_event event = ROVE_EVENT_INIT;
        rove_wait_group group = ROVE_WAIT_GROUP_INIT;
    };
    InTask([&] {
        Random random(3);
        for (int i = 0; i < kRaces; i++) {
            auto shared = std::make_unique<Shared>();
            Shared *s = shared.get();
            int kind = i % 5;
            EXPECT_EQ(rove_mutex_lock(&s->mutex), 0);
            EXPECT_EQ(rove_rwlock_write(&s->lock), 0);
            rove_wait_group_add(&s->group, 1);
            uint32_t spins = random.Below(60);
            rove_task *owner =
                Spawn([own = std::make_shared<std::unique_ptr<Shared>>(
                           std::move(shared)),
                       kind, spins] {
                    Shared *mine = own->get();
                    Spin(spins);
                    int error =
                        kind == 0   ? rove_mutex_lock(&mine->mutex)
                        : kind == 1 ? rove_rwlock_read(&mine->lock)
                        : kind == 2 ? rove_semaphore_take(&mine->permits, 1)
                        : kind == 3 ? rove_event_wait(&mine->event)
                                    : rove_wait_group_wait(&mine->group);
                    if (kind == 0) {
                        rove_mutex_unlock(&mine->mutex);
                    } else if (kind == 1) {
                        rove_rwlock_unlock(&mine->lock);
                    }
                    own->reset();
                    return error;
                });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            random.Spin(60);
            switch (kind) {
            case 0:
                rove_mutex_unlock(&s->mutex);
                break;
            case 1:
                rove_rwlock_unlock(&s->lock);
                break;
            case 2:
                rove_semaphore_give(&s->permits, 1);
                break;
            case 3:
                rove_event_set(&s->event);
                break;
            default:
                rove_wait_group_done(&s->group);
            }
            EXPECT_EQ(rove_join(owner), 0);
        }
    });
}

// Tasks and plain threads, some cancelled, some holding across waits and for
// over a millisecond: each success is one more, and the mutex is free again.
TEST_P(LockStress, AMutexIsNeverLeaked)
{
    constexpr int kTasks = 12;
    constexpr int kRounds = kUnderSanitizer ? 20 : 200;
    rove_mutex mutex = ROVE_MUTEX_INIT;
    int64_t plain = 0;
    std::atomic<int64_t> successes{0};
    auto lock_often = [&](uint32_t stream, bool may_fail) {
        Random random(stream);
        int result = 0;
        for (int i = 0; i < kRounds && result == 0; i++) {
            result = rove_mutex_lock(&mutex);
            if (result == 0) {
                int64_t before = plain;
                random.Spin(100);
                if (random.Below(5) == 0) {
                    (void)rove_yield();
                }
                if (random.Below(100) == 0) {
                    ComputeFor(2 * ROVE_MS);
                }
                plain = before + 1;
                successes++;
                rove_mutex_unlock(&mutex);
            }
        }
        EXPECT_TRUE(result == 0 || (may_fail && result == -ECANCELED));
    };
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 2; i++) {
        threads.emplace_back([&, i] { lock_often(100 + i, false); });
    }
    InTask([&] {
        Random random(4);
        std::vector<rove_task *> tasks;
        for (uint32_t i = 0; i < kTasks; i++) {
            tasks.push_back(Spawn([&, i] {
                lock_often(i, i % 3 == 0);
                return 0;
            }));
        }
        for (size_t i = 0; i < kTasks; i += 3) {
            (void)rove_sleep(random.Below(3) * ROVE_MS);
            rove_cancel(tasks[i]);
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
    for (std::thread &thread : threads) {
        thread.join();
    }
    EXPECT_EQ(plain, successes);
    EXPECT_EQ(rove_mutex_try_lock(&mutex), 0);
    rove_mutex_unlock(&mutex);
}

// Who has waited for over a millisecond gets the mutex handed over. Many at
// once, so that the millisecond passes for all of them.
TEST_P(LockStress, HandOverAgainstCancel)
{
    constexpr int kAtOnce = 200;
    struct Contested {
        rove_mutex mutex = ROVE_MUTEX_INIT;
        rove_task *waiters[2];
    };
    InTask([] {
        Random random(5);
        Random theirs(6);
        int handed = 0;
        int cancelled = 0;
        for (int i = 0; i < kRaces; i += kAtOnce) {
            std::vector<Contested> all(kAtOnce);
            for (Contested &one : all) {
                EXPECT_EQ(rove_mutex_lock(&one.mutex), 0);
                for (rove_task *&waiter : one.waiters) {
                    waiter = Spawn([mutex = &one.mutex] {
                        int error = rove_mutex_lock(mutex);
                        if (error == 0) {
                            rove_mutex_unlock(mutex);
                        }
                        return error;
                    });
                }
            }
            EXPECT_EQ(rove_sleep(1100 * ROVE_US), 0);
            rove_task *canceller = Spawn([&] {
                for (Contested &one : all) {
                    theirs.Spin(60);
                    rove_cancel(one.waiters[0]);
                    if (theirs.Below(16) == 0) {
                        (void)rove_yield();
                    }
                }
                return 0;
            });
            (void)rove_yield();
            for (Contested &one : all) {
                random.Spin(60);
                rove_mutex_unlock(&one.mutex);
                if (random.Below(16) == 0) {
                    (void)rove_yield();
                }
            }
            EXPECT_EQ(rove_join(canceller), 0);
            for (Contested &one : all) {
                int64_t result = rove_join(one.waiters[0]);
                EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
                (result == 0 ? handed : cancelled)++;
                EXPECT_EQ(rove_join(one.waiters[1]), 0);
                EXPECT_EQ(rove_mutex_try_lock(&one.mutex), 0);
                rove_mutex_unlock(&one.mutex);
            }
        }
        EXPECT_GT(handed, 0);
        EXPECT_GT(cancelled, 0);
    });
}

} // namespace
