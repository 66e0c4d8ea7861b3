// At stake: no wake-up is lost, whoever wakes whom from where, while workers go
// to sleep all the time. A lost one shows as a hang.

#include <thread>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class WakeStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, WakeStress, ::testing::ValuesIn(kDesigns),
                         NameOf);

constexpr int kRounds = kUnderSanitizer ? 300 : 3000;

// One future a round; the other side may be asleep, about to sleep, or awake.
class Line
{
  public:
    Line() : futures_(kRounds)
    {
        for (rove_future *&future : futures_) {
            future = rove_future_new();
        }
    }

    Line(const Line &) = delete;
    Line &operator=(const Line &) = delete;

    ~Line()
    {
        for (rove_future *future : futures_) {
            rove_future_unref(future);
        }
    }

    void Ring(int round)
    {
        EXPECT_EQ(rove_future_set(futures_[round], round), 0);
    }

    void Await(int round)
    {
        int64_t value = -1;
        EXPECT_EQ(rove_future_wait(futures_[round], &value), 0);
        EXPECT_EQ(value, round);
    }

  private:
    std::vector<rove_future *> futures_;
};

TEST_P(WakeStress, PairsOfTasksWakeEachOther)
{
    InTask([] {
        constexpr int kPairs = 4;
        Line there[kPairs];
        Line back[kPairs];
        std::vector<rove_task *> tasks;
        for (uint32_t p = 0; p < kPairs; p++) {
            tasks.push_back(Spawn([&, p] {
                Random random(p);
                for (int i = 0; i < kRounds; i++) {
                    random.Spin(50);
                    there[p].Ring(i);
                    back[p].Await(i);
                }
                return 0;
            }));
            tasks.push_back(Spawn([&, p] {
                Random random(100 + p);
                for (int i = 0; i < kRounds; i++) {
                    there[p].Await(i);
                    random.Spin(50);
                    back[p].Ring(i);
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

// The producer is no worker: all workers may be asleep, or about to be.
TEST_P(WakeStress, ForeignThreadsWakeTasksOfSleepingWorkers)
{
    constexpr int kThreads = 2;
    Line there[kThreads];
    Line back[kThreads];
    std::vector<std::thread> threads;
    {
        Runtime runtime(options_);
        std::vector<rove_task *> tasks;
        for (uint32_t t = 0; t < kThreads; t++) {
            tasks.push_back(SpawnIn(runtime.get(), [&, t] {
                for (int i = 0; i < kRounds; i++) {
                    there[t].Await(i);
                    back[t].Ring(i);
                }
                return 0;
            }));
            threads.emplace_back([&, t] {
                Random random(t);
                for (int i = 0; i < kRounds; i++) {
                    random.Spin(2000);
                    there[t].Ring(i);
                    back[t].Await(i);
                }
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    }
}

// One wakes, many run: sleepers must be woken in turn by those that find work.
TEST_P(WakeStress, AllWorkIsDoneThoughOneWakeUpIsSent)
{
    constexpr int kBursts = kRounds / 20;
    InTask([] {
        Random random(1);
        for (int burst = 0; burst < kBursts; burst++) {
            std::atomic<int> done{0};
            std::vector<rove_task *> tasks;
            for (int i = 0; i < 20; i++) {
                tasks.push_back(Spawn([&] {
                    ComputeFor(ROVE_US);
                    return done++;
                }));
            }
            for (rove_task *task : tasks) {
                EXPECT_GE(rove_join(task), 0);
            }
            EXPECT_EQ(done, 20);
            if (random.Below(4) == 0) {
                (void)rove_sleep(random.Below(100) * ROVE_US);
            }
        }
    });
}

TEST_P(WakeStress, SleepStorm)
{
    InTask([] {
        constexpr int kSleepers = kUnderSanitizer ? 200 : 2000;
        std::vector<rove_task *> tasks;
        for (uint32_t s = 0; s < kSleepers; s++) {
            tasks.push_back(Spawn([s] {
                Random random(s);
                for (int i = 0; i < 5; i++) {
                    rove_time span = random.Below(3000) * ROVE_US;
                    rove_time before = rove_now();
                    EXPECT_EQ(rove_sleep(span), 0);
                    EXPECT_GE(rove_now() - before, span);
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

// Work for all is done by all: each task keeps its worker until all have begun.
TEST_P(WakeStress, WorkForAllWorkersReachesAll)
{
    if (!Steals()) {
        GTEST_SKIP() << "the work of one worker stays there";
    }
    InTask([this] {
        const unsigned rounds = kUnderSanitizer ? 5 : 50;
        for (unsigned round = 0; round < rounds; round++) {
            std::atomic<unsigned> begun{0};
            std::vector<rove_task *> tasks;
            for (unsigned i = 0; i < Workers(); i++) {
                tasks.push_back(Spawn([&] {
                    begun++;
                    for (int k = 0; k < 20000000 && begun < Workers(); k++) {
                        std::this_thread::yield(); // the worker stays busy
                    }
                    return begun == Workers();
                }));
            }
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 1);
            }
        }
    });
}

// A plain thread's wait ends by its own event only, though the locks behind
// spawning, and so the thread's descriptor, are fought over meanwhile.
TEST_P(WakeStress, WaitsOfThreadsAreNotEndedByLocks)
{
    const int rounds = kUnderSanitizer ? 100 : 500;
    Runtime runtime(options_);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; i++) {
                rove_future *future = rove_future_new();
                std::atomic<bool> set{false};
                rove_task *setter = SpawnIn(runtime.get(), [&] {
                    (void)rove_yield();
                    set = true;
                    return rove_future_set(future, i);
                });
                int64_t result = -1;
                EXPECT_EQ(rove_future_wait(future, &result), 0);
                EXPECT_TRUE(set);
                EXPECT_EQ(result, i);
                EXPECT_EQ(rove_join(setter), 0);
                rove_future_unref(future);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

// More tasks than a ring holds become ready under a timer wheel's lock, while
// others cancel under the same and thieves empty what is spilled.
TEST_P(WakeStress, TimersThatSpillTheRingAgainstThieves)
{
    InTask([] {
        const int rounds = kUnderSanitizer ? 5 : 30;
        for (int round = 0; round < rounds; round++) {
            rove_time deadline = rove_now() + 200 * ROVE_US;
            std::vector<rove_task *> sleepers;
            for (int i = 0; i < 900; i++) {
                sleepers.push_back(
                    Spawn([deadline] { return rove_sleep_until(deadline); }));
            }
            (void)rove_yield();
            for (size_t i = 0; i < sleepers.size(); i += 3) {
                rove_cancel(sleepers[i]);
            }
            for (size_t i = 0; i < sleepers.size(); i++) {
                int64_t result = rove_join(sleepers[i]);
                EXPECT_TRUE(result == 0 || (i % 3 == 0 && result == -ECANCELED))
                    << result;
            }
        }
    });
}

} // namespace
