// At stake: a failure, a cancellation, an end and a spawn race in a group or a
// gather; one of them comes first, the result says which, nobody is lost, and
// nobody touches the group after its owner has gone. 100,000 races of each
// kind.

#include <cerrno>
#include <memory>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 3;
constexpr int kRaces = (kUnderSanitizer ? 6000 : 100000) / kSetups + 1;

// How the races of a test ended: each way at least once.
struct Score {
    explicit Score(int64_t ours) : expected(ours)
    {
    }

    Score(const Score &) = delete;
    Score &operator=(const Score &) = delete;

    void Add(int64_t result)
    {
        EXPECT_TRUE(result == expected || result == -ECANCELED) << result;
        (result == expected ? first : cancelled)++;
    }

    ~Score()
    {
        EXPECT_GT(first, 0);
        EXPECT_GT(cancelled, 0);
        EXPECT_GE(first + cancelled, kRaces);
    }

    int64_t expected;
    int first = 0;
    int cancelled = 0;
};

class GroupStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, GroupStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING}),
                         NameOf);

// A body of one of the racers: spins, and says whether it had been cancelled by
// then: -ECANCELED, else the result.
int64_t SpinUnlessCancelled(uint32_t spins, int64_t result)
{
    Spin(spins);
    int error = rove_yield();
    return error != 0 ? error : result;
}

void YieldAtRandom(Random *random, uint32_t most)
{
    for (uint32_t yields = random->Below(most + 1); yields > 0; yields--) {
        (void)rove_yield();
    }
}

// The group's memory is gone as soon as it is closed.
TEST_P(GroupStress, AChildsFailureAgainstTheOwnersCancel)
{
    InTask([] {
        Random random(0);
        Random theirs(1);
        Score score(-EIO);
        for (int i = 0; i < kRaces; i++) {
            auto group = std::make_unique<rove_group>();
            uint32_t spins = theirs.Below(80);
            int64_t failed = 0;
            rove_group_open(group.get(), 0);
            AddChild(group.get(), [] { return rove_sleep(ROVE_SEC * 1000); });
            AddChild(group.get(), [&failed, spins] {
                return failed = SpinUnlessCancelled(spins, -EIO);
            });
            YieldAtRandom(&random, 3);
            random.Spin(160);
            rove_group_cancel(group.get());
            int64_t status = rove_group_close(group.get());
            group.reset();
            if (failed == -ECANCELED) {
                EXPECT_EQ(status, -ECANCELED);
            }
            score.Add(status);
        }
    });
}

TEST_P(GroupStress, AChildsFailureAgainstTheCancellationOfAClosingOwner)
{
    InTask([] {
        Random random(2);
        Random theirs(3);
        Score score(-EIO);
        for (int i = 0; i < kRaces; i++) {
            uint32_t spins = theirs.Below(80);
            rove_task *owner = Spawn([spins] {
                int64_t status = 0;
                ROVE_GROUP(group, 0, &status)
                {
                    AddChild(&group, [spins] {
                        return SpinUnlessCancelled(spins, -EIO);
                    });
                }
                return status;
            });
            YieldAtRandom(&random, 3);
            random.Spin(160);
            rove_cancel(owner);
            score.Add(rove_join(owner));
        }
    });
}

// Children spawn into the group until they are told that it is cancelled, or
// enough is; the owner closes meanwhile.
TEST_P(GroupStress, CloseAgainstSpawnsFromChildren)
{
    InTask([] {
        Random random(4);
        Random theirs(5);
        int refused = 0;
        int complete = 0;
        for (int i = 0; i < kRaces; i++) {
            auto group = std::make_unique<rove_group>();
            std::atomic<int> spawned{1};
            std::atomic<int> ended{0};
            std::atomic<bool> was_refused{false};
            uint32_t spins = theirs.Below(60);
            bool cancels = theirs.Below(3) == 0;
            rove_group_open(group.get(), 0);
            AddChild(group.get(), [&, spins, cancels, g = group.get()] {
                Spin(spins);
                for (int k = 0; k < 3; k++) {
                    int error = SpawnChild(g, [&ended] { return ++ended; });
                    EXPECT_TRUE(error == 0 || error == -ECANCELED);
                    spawned += error == 0;
                    was_refused = was_refused || error != 0;
                }
                if (cancels) {
                    rove_group_cancel(g);
                }
                return ++ended;
            });
            random.Spin(60);
            if (i % 4 == 0) {
                rove_group_cancel(group.get());
            }
            int64_t status = rove_group_close(group.get());
            group.reset();
            EXPECT_EQ(ended, spawned);
            EXPECT_EQ(status, cancels || i % 4 == 0 ? -ECANCELED : 0);
            (was_refused ? refused : complete)++;
        }
        EXPECT_GT(refused, 0);
        EXPECT_GT(complete, 0);
    });
}

TEST_P(GroupStress, EveryResultIsHandedOutOnce)
{
    constexpr int kChildren = 4;
    InTask([] {
        Random random(6);
        Random theirs(7);
        for (int i = 0; i < kRaces; i += kChildren) {
            int seen[kChildren] = {};
            int64_t status = 1;
            ROVE_GROUP(group, 0, &status)
            {
                for (int k = 0; k < kChildren; k++) {
                    uint32_t spins = theirs.Below(80);
                    AddChild(&group, [spins, k] {
                        return SpinUnlessCancelled(spins, k);
                    });
                }
                random.Spin(100);
                int64_t result = 0;
                while (rove_group_next(&group, &result) == 1) {
                    seen[result]++;
                }
            }
            EXPECT_EQ(status, 0);
            for (int count : seen) {
                EXPECT_EQ(count, 1);
            }
        }
    });
}

TEST_P(GroupStress, TheLastEndsAgainstTheGatherer)
{
    InTask([] {
        Random random(8);
        Random theirs(9);
        for (int i = 0; i < kRaces; i++) {
            rove_task *tasks[3];
            int64_t results[3];
            for (int k = 0; k < 3; k++) {
                uint32_t spins = theirs.Below(60);
                tasks[k] = Spawn([spins, k] {
                    Spin(spins);
                    return k;
                });
            }
            random.Spin(60);
            EXPECT_EQ(rove_gather(tasks, 3, results, 0), 0);
            EXPECT_EQ(results[0] * 100 + results[1] * 10 + results[2], 12);
        }
    });
}

TEST_P(GroupStress, AFailureAgainstTheCancellationOfTheGatherer)
{
    InTask([] {
        Random random(10);
        Random theirs(11);
        Score score(-EIO);
        for (int i = 0; i < kRaces; i++) {
            uint32_t spins = theirs.Below(80);
            rove_task *gatherer = Spawn([spins] {
                rove_task *tasks[2] = {
                    Spawn([] { return rove_sleep(ROVE_SEC * 1000); }),
                    Spawn(
                        [spins] { return SpinUnlessCancelled(spins, -EIO); })};
                int64_t results[2];
                int64_t first = rove_gather(tasks, 2, results, 0);
                EXPECT_EQ(results[0], -ECANCELED);
                EXPECT_TRUE(first == -ECANCELED || first == results[1]);
                return first;
            });
            YieldAtRandom(&random, 4);
            random.Spin(160);
            rove_cancel(gatherer);
            score.Add(rove_join(gatherer));
        }
    });
}

} // namespace
