// At stake: nobody leaves a gather while one of its tasks lives, the first
// failure is heard of by all the others, and each result stands in its place.

#include <cerrno>
#include <vector>

#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

int64_t Gather(const std::vector<rove_task *> &tasks,
               std::vector<int64_t> *results, unsigned flags)
{
    results->assign(tasks.size(), 77);
    return rove_gather(tasks.data(), tasks.size(), results->data(), flags);
}

class GatherApiTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, GatherApiTest,
                         ::testing::ValuesIn(kFewSetups), NameOf);

TEST_P(GatherApiTest, ResultsStandInTheOrderOfTheTasks)
{
    InTask([] {
        for (int n : {0, 1, 2, 3, 1000}) {
            std::vector<rove_task *> tasks;
            for (int i = 0; i < n; i++) {
                tasks.push_back(Spawn([i] {
                    for (int k = 0; k < i % 4; k++) {
                        EXPECT_EQ(rove_yield(), 0);
                    }
                    return i;
                }));
            }
            std::vector<int64_t> results;
            EXPECT_EQ(Gather(tasks, &results, 0), 0);
            for (int i = 0; i < n; i++) {
                EXPECT_EQ(results[static_cast<size_t>(i)], i);
            }
        }
    });
}

TEST_P(GatherApiTest, NoRoomForResultsIsNeeded)
{
    InTask([] {
        std::atomic<int> ended{0};
        rove_task *tasks[20];
        for (rove_task *&task : tasks) {
            task = Spawn([&] { return ++ended * 0; });
        }
        EXPECT_EQ(rove_gather(tasks, 20, nullptr, 0), 0);
        EXPECT_EQ(ended, 20);
        EXPECT_EQ(rove_gather(nullptr, 0, nullptr, ROVE_COLLECT), 0);
    });
}

TEST_P(GatherApiTest, TasksThatHaveEndedAreGatheredWithTheOthers)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(Spawn([i] { return i; }));
            if (i % 2 == 0) {
                EXPECT_EQ(rove_task_wait(tasks.back()), 0);
            }
        }
        std::vector<int64_t> results;
        EXPECT_EQ(Gather(tasks, &results, 0), 0);
        EXPECT_EQ(results,
                  (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    });
}

// Wherever the failing task stands.
TEST_P(GatherApiTest, TheFirstFailureCancelsTheRest)
{
    InTask([] {
        Gate never;
        for (size_t place : {0, 1, 5, 9}) {
            std::vector<rove_task *> tasks;
            for (size_t i = 0; i < 10; i++) {
                tasks.push_back(i == place
                                    ? Spawn([] {
                                          EXPECT_EQ(rove_yield(), 0);
                                          return -EIO;
                                      })
                                    : Spawn([&] { return never.Wait(); }));
            }
            std::vector<int64_t> results;
            EXPECT_EQ(Gather(tasks, &results, 0), -EIO);
            for (size_t i = 0; i < 10; i++) {
                EXPECT_EQ(results[i], i == place ? -EIO : -ECANCELED);
            }
        }
    });
}

TEST_P(GatherApiTest, AFailureBeforeTheGatherCancelsTheRest)
{
    InTask([] {
        Gate never;
        rove_task *failed = Spawn([] { return -EIO; });
        EXPECT_EQ(rove_task_wait(failed), 0);
        std::vector<int64_t> results;
        EXPECT_EQ(Gather({Spawn([&] { return never.Wait(); }), failed,
                          Spawn([&] { return never.Wait(); })},
                         &results, 0),
                  -EIO);
        EXPECT_EQ(results,
                  (std::vector<int64_t>{-ECANCELED, -EIO, -ECANCELED}));
    });
}

// What the others do on being cancelled is waited for; their failures come
// later.
TEST_P(GatherApiTest, TheFirstFailureByTimeIsTheResult)
{
    InTask([] {
        Gate never;
        std::atomic<int> cleaned{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 5; i++) {
            tasks.push_back(Spawn([&] {
                EXPECT_EQ(never.Wait(), -ECANCELED);
                ROVE_SHIELD(ROVE_FOREVER)
                {
                    EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                }
                cleaned++;
                return -EPERM;
            }));
        }
        tasks.push_back(Spawn([] { return -EIO; }));
        std::vector<int64_t> results;
        EXPECT_EQ(Gather(tasks, &results, 0), -EIO);
        EXPECT_EQ(cleaned, 5);
        EXPECT_EQ(results[0], -EPERM);
    });
}

TEST_P(GatherApiTest, CollectCancelsNobody)
{
    InTask([] {
        Gate gate;
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(Spawn([&, i]() -> int64_t {
                return i == 3 ? -EIO : gate.Wait() + i;
            }));
        }
        rove_task *opener = Spawn([&] {
            for (int i = 0; i < 20; i++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            gate.Open();
            return 0;
        });
        std::vector<int64_t> results;
        EXPECT_EQ(Gather(tasks, &results, ROVE_COLLECT), -EIO);
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(results[static_cast<size_t>(i)], i == 3 ? -EIO : i);
        }
        EXPECT_EQ(rove_join(opener), 0);
    });
}

TEST_P(GatherApiTest, NullCountsAsOneThatWasRefused)
{
    InTask([] {
        Gate gate;
        std::vector<int64_t> results;
        EXPECT_EQ(
            Gather({Spawn([&] { return gate.Wait(); }), nullptr}, &results, 0),
            -ECANCELED);
        EXPECT_EQ(results, (std::vector<int64_t>{-ECANCELED, -ECANCELED}));
        gate.Open();
        EXPECT_EQ(Gather({nullptr, Spawn([&] { return gate.Wait() + 4; })},
                         &results, ROVE_COLLECT),
                  -ECANCELED);
        EXPECT_EQ(results, (std::vector<int64_t>{-ECANCELED, 4}));
        EXPECT_EQ(Gather({nullptr}, &results, 0), -ECANCELED);
    });
}

TEST_P(GatherApiTest, ACancelledGathererCancelsAllAndWaitsOn)
{
    InTask([] {
        for (bool early : {false, true}) {
            Gate never;
            std::atomic<int> begun{0};
            std::atomic<int> cleaned{0};
            rove_task *gatherer = Spawn([&] {
                std::vector<rove_task *> tasks;
                for (int i = 0; i < 20; i++) {
                    tasks.push_back(Spawn([&] {
                        begun++;
                        EXPECT_EQ(never.Wait(), -ECANCELED);
                        ROVE_SHIELD(ROVE_FOREVER)
                        {
                            EXPECT_EQ(rove_yield(), 0);
                        }
                        cleaned++;
                        return -ECANCELED;
                    }));
                }
                std::vector<int64_t> results;
                int64_t first = Gather(tasks, &results, ROVE_COLLECT);
                EXPECT_EQ(cleaned, 20);
                EXPECT_EQ(rove_yield(), -ECANCELED);
                return first;
            });
            if (!early) {
                EXPECT_TRUE(Eventually([&] { return begun == 20; }));
            }
            rove_cancel(gatherer);
            EXPECT_EQ(rove_join(gatherer), -ECANCELED);
        }
    });
}

TEST_P(GatherApiTest, ADeadlineCancelsTheTasksAndIsReported)
{
    InTask([] {
        Gate never;
        int status = 0;
        std::vector<int64_t> results;
        ROVE_TIMEOUT(5 * ROVE_MS, &status)
        {
            EXPECT_EQ(Gather({Spawn([&] { return never.Wait(); }),
                              Spawn([] { return 3; })},
                             &results, 0),
                      -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(results, (std::vector<int64_t>{-ECANCELED, 3}));
    });
}

TEST_P(GatherApiTest, AShieldPassesNoCancellationOn)
{
    InTask([] {
        Gate gate;
        std::atomic<bool> begun{false};
        rove_task *gatherer = Spawn([&] {
            std::vector<int64_t> results;
            int64_t first = 1;
            begun = true;
            ROVE_SHIELD(ROVE_FOREVER)
            {
                first = Gather({Spawn([&] { return gate.Wait() + 1; }),
                                Spawn([&] { return gate.Wait() + 2; })},
                               &results, 0);
            }
            EXPECT_EQ(results, (std::vector<int64_t>{1, 2}));
            return first;
        });
        EXPECT_TRUE(Eventually([&] { return begun.load(); }));
        rove_cancel(gatherer);
        EXPECT_EQ(rove_yield(), 0);
        gate.Open();
        EXPECT_EQ(rove_join(gatherer), 0);
    });
}

TEST_P(GatherApiTest, APlainThreadGathers)
{
    Runtime runtime(options_);
    Gate never;
    for (int round = 0; round < 100; round++) {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(SpawnIn(runtime.get(), [&, i, round]() -> int64_t {
                if (round % 2 == 0) {
                    return rove_yield() + i;
                }
                return i == 7 ? -EIO : never.Wait();
            }));
        }
        std::vector<int64_t> results;
        EXPECT_EQ(Gather(tasks, &results, 0), round % 2 == 0 ? 0 : -EIO);
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(results[static_cast<size_t>(i)], round % 2 == 0 ? i
                                                       : i == 7       ? -EIO
                                                                : -ECANCELED);
        }
    }
}

TEST_P(GatherApiTest, ADeadlineOfAPlainThreadCancelsTheTasks)
{
    Runtime runtime(options_);
    Gate never;
    int status = 0;
    std::vector<int64_t> results;
    ROVE_TIMEOUT(5 * ROVE_MS, &status)
    {
        EXPECT_EQ(Gather({SpawnIn(runtime.get(), [&] { return never.Wait(); })},
                         &results, 0),
                  -ECANCELED);
    }
    EXPECT_EQ(status, -ETIMEDOUT);
}

} // namespace
