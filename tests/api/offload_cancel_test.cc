// At stake: a job runs once and ends once, whoever cancels it when, and never
// writes to a caller that has gone; the end of a runtime neither hangs on a job
// nor loses one. Shown by gates, and by cancellations at random moments.

#include <cerrno>
#include <cstdio>
#include <random>
#include <string>

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

TEST_P(FullOffloadTest, CancelledCallerTakesItsQueuedJobBack)
{
    InTask([&] {
        HoldThread();
        std::atomic<bool> ran{false};
        std::atomic<bool> calls{false};
        Body body = [&] {
            calls = true;
            return Offload([&] {
                ran = true;
                return 1;
            });
        };
        rove_task *caller = Spawn(&body);
        EXPECT_TRUE(Eventually([&] { return calls.load(); }));

        rove_cancel(caller);

        EXPECT_EQ(rove_join(caller), -ECANCELED);
        Release();
        EXPECT_EQ(Offload([] { return 3; }), 3);
        EXPECT_FALSE(ran.load());
    });
}

TEST_P(FullOffloadTest, AScopeLearnsThatItsDeadlineCutAnOffloadShort)
{
    InTask([this] {
        HoldThread();
        bool ran = false;
        int status = 0;
        ROVE_TIMEOUT(2 * ROVE_MS, &status)
        {
            EXPECT_EQ(Offload([&] {
                          ran = true;
                          return 0;
                      }),
                      -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        Release();
        EXPECT_FALSE(ran);
    });
}

TEST_P(FullOffloadTest, CancelledSpawnedJobIsTakenBack)
{
    InTask([&] {
        HoldThread();
        std::atomic<bool> ran{false};
        Body body = [&] {
            ran = true;
            return 1;
        };
        rove_task *first = OffloadSpawn(&body);
        rove_task *second = OffloadSpawn(&body);
        EXPECT_EQ(OffloadSpawn(&body), nullptr);

        rove_cancel(first);
        EXPECT_EQ(rove_join(first), -ECANCELED);
        Body two = [] { return 2; };
        rove_task *third = OffloadSpawn(&two);
        EXPECT_NE(third, nullptr);
        rove_cancel(second);
        EXPECT_EQ(rove_join(second), -ECANCELED);

        Release();
        EXPECT_EQ(rove_join(third), 2);
        EXPECT_FALSE(ran.load());
    });
}

TEST_P(FullOffloadTest, OwnedBlockOfAQueuedJobIsDestroyedInTheCaller)
{
    InTask([&] {
        HoldThread();
        int destroyed = 0;
        std::atomic<bool> calls{false};
        Body body = [&] {
            calls = true;
            return rove_offload_owned([](void *) { return int64_t{1}; },
                                      &destroyed,
                                      [](void *count) {
                                          EXPECT_NE(rove_self(), nullptr);
                                          ++*static_cast<int *>(count);
                                      });
        };
        rove_task *caller = Spawn(&body);
        EXPECT_TRUE(Eventually([&] { return calls.load(); }));

        rove_cancel(caller);

        EXPECT_EQ(rove_join(caller), -ECANCELED);
        EXPECT_EQ(destroyed, 1);
        Release();
    });
}

TEST_P(OffloadTest, CancelledTaskStartsNoJob)
{
    InTask([] {
        std::atomic<bool> ran{false};
        int destroyed = 0;
        Body body = [&] {
            while (!rove_cancelled()) {
                (void)rove_yield();
            }
            Body job = [&] {
                ran = true;
                return 1;
            };
            EXPECT_EQ(rove_offload(CallBody, &job), -ECANCELED);
            EXPECT_EQ(rove_offload_owned(CallBody, &job, [](void *) {}),
                      -ECANCELED);
            return rove_offload_owned(
                [](void *) { return int64_t{1}; }, &destroyed,
                [](void *count) { ++*static_cast<int *>(count); });
        };
        rove_task *task = Spawn(&body);

        rove_cancel(task);

        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_FALSE(ran.load());
        EXPECT_EQ(destroyed, 1);
    });
}

TEST_P(OffloadTest, CancelledCallerWaitsForItsRunningJob)
{
    InTask([] {
        Gate gate;
        std::atomic<bool> runs{false};
        bool ended = false;
        Body body = [&] {
            int64_t result = Offload([&] {
                runs = true;
                gate.Pass();
                ended = true;
                return 5;
            });
            EXPECT_TRUE(ended);
            EXPECT_TRUE(rove_cancelled());
            return result;
        };
        rove_task *caller = Spawn(&body);
        EXPECT_TRUE(Eventually([&] { return runs.load(); }));

        rove_cancel(caller);
        for (int i = 0; i < 100; i++) {
            (void)rove_yield();
        }
        gate.Open();

        EXPECT_EQ(rove_join(caller), 5);
    });
}

// What the job writes to once its caller has left; sanitizers see a write into
// memory that is gone.
struct Block {
    Gate *gate;
    std::atomic<bool> *runs;
    std::atomic<int> *destroyed;
    int64_t result = 0;
};

int64_t FillBlock(void *arg)
{
    auto *block = static_cast<Block *>(arg);
    *block->runs = true;
    block->gate->Pass();
    block->result = 6;
    return block->result;
}

void DestroyBlock(void *arg)
{
    auto *block = static_cast<Block *>(arg);
    EXPECT_EQ(rove_self(), nullptr);
    EXPECT_EQ(block->result, 6);
    (*block->destroyed)++;
    delete block;
}

TEST_P(OffloadTest, CancelledCallerOfAnOwnedJobLeavesAtOnce)
{
    Gate gate;
    std::atomic<int> destroyed{0};
    InTask([&] {
        std::atomic<bool> runs{false};
        Body body = [&] {
            return rove_offload_owned(
                FillBlock, new Block{&gate, &runs, &destroyed}, DestroyBlock);
        };
        rove_task *caller = Spawn(&body);
        EXPECT_TRUE(Eventually([&] { return runs.load(); }));

        rove_cancel(caller);

        EXPECT_EQ(rove_join(caller), -ECANCELED);
        EXPECT_EQ(destroyed.load(), 0);
        gate.Open();
        EXPECT_TRUE(Eventually([&] { return destroyed == 1; }));
    });
    EXPECT_EQ(destroyed.load(), 1);
}

TEST_P(OffloadTest, OwnedBlockIsDestroyedOnThePoolThread)
{
    InTask([] {
        Gate gate;
        gate.Open();
        std::atomic<bool> runs{false};
        std::atomic<int> destroyed{0};

        EXPECT_EQ(rove_offload_owned(FillBlock,
                                     new Block{&gate, &runs, &destroyed},
                                     DestroyBlock),
                  6);

        EXPECT_EQ(destroyed.load(), 1);
    });
}

// The stop waits for the job that its caller left.
TEST_P(OffloadTest, RuntimeEndsAfterAbandonedJobs)
{
    Gate gate;
    std::atomic<int> destroyed{0};
    std::thread opener;
    InTask([&] {
        std::atomic<bool> runs{false};
        Body body = [&] {
            return rove_offload_owned(
                FillBlock, new Block{&gate, &runs, &destroyed}, DestroyBlock);
        };
        rove_task *caller = Spawn(&body);
        EXPECT_TRUE(Eventually([&] { return runs.load(); }));
        rove_cancel(caller);
        EXPECT_EQ(rove_join(caller), -ECANCELED);
        opener = std::thread([&] { gate.Open(); });
    });
    EXPECT_EQ(destroyed.load(), 1);
    opener.join();
}

// A cancellation at a random moment of the job's life, for all three forms. A
// job has run exactly when its caller got the result, but for owned ones, whose
// caller may leave; their block is destroyed once in any case.
TEST_P(OffloadTest, CancelAgainstRunEndsInOneOfTheTwo)
{
    constexpr int kRounds = 10000;
    constexpr unsigned kSeed = 4711;
    options_.offload_threads_max = 2;
    InTask([&] {
        std::mt19937 random(kSeed);
        int taken_back = 0;
        int wrong = 0;
        for (int i = 0; i < kRounds; i++) {
            std::atomic<int> runs{0};
            Body job = [&] {
                runs++;
                return 1;
            };
            Body call = [&] { return rove_offload(CallBody, &job); };
            rove_task *task = i % 2 == 0 ? OffloadSpawn(&job) : Spawn(&call);
            EXPECT_NE(task, nullptr);
            if (i % 4 >= 2) {
                (void)rove_yield();
            }
            for (unsigned n = random() % 2000; n > 0; n--) {
                __asm__ volatile("pause");
            }
            rove_cancel(task);
            int64_t result = rove_join(task);
            wrong += result == (runs == 1 ? 1 : -ECANCELED) ? 0 : 1;
            taken_back += result == 1 ? 0 : 1;
        }
        std::printf("seed %u: %d of %d taken back\n", kSeed, taken_back,
                    kRounds);
        EXPECT_EQ(wrong, 0);
        EXPECT_GT(taken_back, 0);
        EXPECT_LT(taken_back, kRounds);
    });
}

TEST_P(OffloadTest, OwnedBlocksAreDestroyedOnceWhateverIsCancelled)
{
    constexpr int kRounds = 3000;
    constexpr unsigned kSeed = 815;
    Gate gate;
    gate.Open();
    std::atomic<int> destroyed{0};
    int ran = 0;
    InTask([&] {
        std::mt19937 random(kSeed);
        for (int i = 0; i < kRounds; i++) {
            struct Small {
                std::atomic<int> *destroyed;
            };
            Body call = [&] {
                return rove_offload_owned(
                    [](void *) { return int64_t{1}; }, new Small{&destroyed},
                    [](void *arg) {
                        auto *small = static_cast<Small *>(arg);
                        (*small->destroyed)++;
                        delete small;
                    });
            };
            rove_task *task = Spawn(&call);
            if (i % 2 == 0) {
                (void)rove_yield();
            }
            for (unsigned n = random() % 2000; n > 0; n--) {
                __asm__ volatile("pause");
            }
            rove_cancel(task);
            ran += rove_join(task) == 1 ? 1 : 0;
        }
    });
    std::printf("seed %u: %d of %d returned results\n", kSeed, ran, kRounds);
    EXPECT_EQ(destroyed.load(), kRounds);
    EXPECT_GT(ran, 0);
}

TEST_P(OffloadTest, RuntimeCannotBeStoppedFromAJob)
{
    InTask([] {
        int64_t result = Offload([] {
            return rove_runtime_shutdown(rove_runtime_current(), ROVE_FOREVER);
        });

        EXPECT_EQ(result, -EDEADLK);
    });
}

// The job waits for a future that only a task completes, in its clean-up;
// tasks end before the pool is stopped.
TEST_P(OffloadTest, JobThatWaitsForATaskEndsAtShutdown)
{
    rove_future *future = rove_future_new();
    struct Wait {
        rove_future *future;
        std::atomic<bool> runs{false};
    };
    Wait wait{future, {}};
    std::atomic<bool> abandoned{false};
    Body completer = [&] {
        EXPECT_EQ(rove_sleep_until(ROVE_FOREVER), -ECANCELED);
        return rove_future_set(future, 1);
    };
    InTask([&] {
        Body call = [&] {
            return rove_offload_owned(
                [](void *arg) {
                    auto *mine = static_cast<Wait *>(arg);
                    mine->runs = true;
                    int64_t value = 0;
                    return int64_t{rove_future_wait(mine->future, &value)};
                },
                &wait, [](void *) {});
        };
        rove_task *caller = Spawn(&call);
        EXPECT_TRUE(Eventually([&] { return wait.runs.load(); }));
        rove_cancel(caller);
        EXPECT_EQ(rove_join(caller), -ECANCELED);
        abandoned = true;
        rove_detach(Spawn(&completer));
    });
    EXPECT_TRUE(abandoned.load());
    rove_future_unref(future);
}

// Tasks that go on offloading while the runtime ends. Each call gives its
// result or says that it did not run.
TEST_P(OffloadTest, OffloadsDuringShutdownRunOrAreRefused)
{
    for (int round = 0; round < 20; round++) {
        std::atomic<int> ran{0};
        std::atomic<int> accounted{0};
        Body job = [&] {
            ran++;
            return 1;
        };
        Body storm = [&] {
            for (int after = 0; after < 5;) {
                after += rove_cancelled() ? 1 : 0;
                int64_t result = rove_offload(CallBody, &job);
                EXPECT_TRUE(result == 1 || result == -ECANCELED) << result;
                accounted += result == 1 ? 1 : 0;
                result = rove_join(OffloadSpawn(&job));
                EXPECT_TRUE(result == 1 || result == -ECANCELED ||
                            result == -ESHUTDOWN)
                    << result;
                accounted += result == 1 ? 1 : 0;
            }
            return 0;
        };
        InTask([&] {
            for (int i = 0; i < 10; i++) {
                rove_detach(Spawn(&storm));
            }
            EXPECT_TRUE(Eventually([&] { return ran >= 50; }));
        });
        EXPECT_EQ(ran.load(), accounted.load());
    }
}

} // namespace
