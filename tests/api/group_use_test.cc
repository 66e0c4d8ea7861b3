// At stake: what programs do with groups: take results as they come, leave a
// block by any way, meet refusals, defers and the end of the runtime.

#include <cerrno>
#include <vector>

#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

class GroupUseTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, GroupUseTest, ::testing::ValuesIn(kFewSetups),
                         NameOf);

TEST_P(GroupUseTest, NextGivesResultsInTheOrderOfTheEnds)
{
    InTask([] {
        constexpr int kChildren = 20;
        std::vector<Gate> gates(kChildren);
        rove_group group;
        rove_group_open(&group, 0);
        for (int i = 0; i < kChildren; i++) {
            AddChild(&group, [&gates, i] {
                return gates[static_cast<size_t>(i)].Wait() + i;
            });
        }
        int64_t result = 0;
        for (int i = kChildren; i-- > 2;) { // one by one
            gates[static_cast<size_t>(i)].Open();
            EXPECT_EQ(rove_group_next(&group, &result), 1);
            EXPECT_EQ(result, i);
        }
        gates[0].Open();
        gates[1].Open();
        EXPECT_EQ(rove_group_next(&group, &result), 1);
        int64_t sum = result;
        EXPECT_EQ(rove_group_next(&group, &result), 1);
        EXPECT_EQ(sum + result, 1);
        EXPECT_EQ(rove_group_next(&group, &result), 0);
        EXPECT_EQ(rove_group_next(&group, nullptr), 0);
        EXPECT_EQ(rove_group_close(&group), 0);
    });
}

TEST_P(GroupUseTest, NextGivesEachResultOnce)
{
    InTask([] {
        constexpr int kChildren = 500;
        std::vector<int> seen(kChildren, 0);
        int64_t status = 1;
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < kChildren; i++) {
                AddChild(&group, [i] {
                    EXPECT_EQ(rove_yield(), 0);
                    return i;
                });
            }
            int64_t result = 0;
            while (rove_group_next(&group, &result) == 1) {
                seen[static_cast<size_t>(result)]++;
            }
        }
        EXPECT_EQ(status, 0);
        EXPECT_EQ(seen, std::vector<int>(kChildren, 1));
    });
}

TEST_P(GroupUseTest, NextIsCancelledWithItsCaller)
{
    InTask([] {
        Gate gate;
        std::atomic<bool> begun{false};
        rove_task *owner = Spawn([&] {
            rove_group group;
            rove_group_open(&group, 0);
            AddChild(&group, [&] { return gate.Wait(); });
            begun = true;
            EXPECT_EQ(rove_group_next(&group, nullptr), -ECANCELED);
            EXPECT_EQ(rove_group_next(&group, nullptr), -ECANCELED);
            return rove_group_close(&group);
        });
        EXPECT_TRUE(Eventually([&] { return begun.load(); }));
        rove_cancel(owner);
        EXPECT_EQ(rove_join(owner), -ECANCELED);
    });
}

// For ever, as far as memory is concerned: see the twin test.
TEST_P(GroupUseTest, ADiscardingGroupTellsOnlyWhenNobodyIsLeft)
{
    InTask([] {
        std::atomic<int> ended{0};
        rove_group group;
        rove_group_open(&group, ROVE_COLLECT | ROVE_DISCARD);
        for (int i = 0; i < 10; i++) {
            AddChild(&group, [&, i] {
                EXPECT_EQ(rove_yield(), 0);
                ended++;
                return i == 3 ? -EIO : 0;
            });
        }
        EXPECT_EQ(rove_group_next(&group, nullptr), 0);
        EXPECT_EQ(ended, 10);
        AddChild(&group, [&] { return ++ended; });
        EXPECT_EQ(rove_group_close(&group), -EIO);
        EXPECT_EQ(ended, 11);
    });
}

TEST_P(GroupUseTest, ATaskThatRunsInsideItsJoinerOwnsAGroup)
{
    InTask([] {
        EXPECT_EQ(rove_join(Spawn([] {
                      int64_t status = 1;
                      std::atomic<int> ended{0};
                      ROVE_GROUP(group, 0, &status)
                      {
                          for (int i = 0; i < 10; i++) {
                              AddChild(&group, [&] {
                                  EXPECT_EQ(rove_yield(), 0);
                                  return ++ended;
                              });
                          }
                      }
                      return status + ended;
                  })),
                  10);
    });
}

// The ways out of a block. Each waits for the child, and reports.
enum Exit { kEnd, kBreak, kContinue, kReturn, kGoto };

void Leave(Exit way, std::atomic<bool> *ended, int64_t *status)
{
    ROVE_GROUP(group, 0, status)
    {
        AddChild(&group, [=] {
            EXPECT_EQ(rove_yield(), 0);
            EXPECT_EQ(rove_sleep(100 * ROVE_US), 0);
            *ended = true;
            return 0;
        });
        switch (way) {
        case kReturn:
            return;
        case kGoto:
            goto out;
        default:
            break;
        }
        if (way == kBreak) {
            break;
        }
        if (way == kContinue) {
            continue;
        }
    }
out:
    EXPECT_NE(way, kReturn);
}

TEST_P(GroupUseTest, EveryWayOutOfABlockCloses)
{
    InTask([] {
        for (Exit way : {kEnd, kBreak, kContinue, kReturn, kGoto}) {
            std::atomic<bool> ended{false};
            int64_t status = 1;
            Leave(way, &ended, &status);
            EXPECT_TRUE(ended) << way;
            EXPECT_EQ(status, 0) << way;
            ended = false;
            Leave(way, &ended, nullptr);
            EXPECT_TRUE(ended) << way;
            EXPECT_EQ(rove_yield(), 0);
        }
    });
}

TEST_P(GroupUseTest, DefersOfAChildRunBeforeTheGroupCloses)
{
    InTask([] {
        std::atomic<int> deferred{0};
        int64_t status = 1;
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < 10; i++) {
                AddChild(&group, [&] {
                    return rove_defer(
                        [](void *count) -> int64_t {
                            EXPECT_EQ(rove_yield(), 0);
                            ++*static_cast<std::atomic<int> *>(count);
                            return 0;
                        },
                        &deferred);
                });
            }
        }
        EXPECT_EQ(status, 0);
        EXPECT_EQ(deferred, 10);
    });
}

TEST_P(GroupUseTest, ARefusedSpawnLeavesTheGroupAsItWas)
{
    options_.tasks_max = 4;
    InTask([] {
        Gate gate;
        int64_t status = 1;
        int refused = 0;
        std::atomic<int> ended{0};
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < 200; i++) {
                int error = SpawnChild(&group, [&] {
                    EXPECT_EQ(gate.Wait(), 0);
                    return ++ended;
                });
                EXPECT_TRUE(error == 0 || error == -EAGAIN) << error;
                refused += error == -EAGAIN;
            }
            gate.Open();
        }
        EXPECT_EQ(status, 0);
        EXPECT_GT(refused, 0);
        EXPECT_EQ(ended + refused, 200);
    });
}

// The runtime's end cancels the owner, who takes its children along.
TEST_P(GroupUseTest, GroupsEndWithTheirRuntime)
{
    Gate never;
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    InTask([&] {
        EXPECT_NE(Spawn([&] {
                      int64_t status = 0;
                      ROVE_GROUP(group, 0, &status)
                      {
                          for (int i = 0; i < 10; i++) {
                              AddChild(&group, [&] {
                                  begun++;
                                  int64_t r = never.Wait();
                                  ended++;
                                  return r;
                              });
                          }
                      }
                      EXPECT_EQ(status, -ECANCELED);
                      EXPECT_EQ(ended, 10);
                      return 0;
                  }),
                  nullptr);
        EXPECT_TRUE(Eventually([&] { return begun == 10; }));
    });
    EXPECT_EQ(ended, 10);
}

// FIRST_COMPLETED: the first result is taken, and the others are cancelled.
TEST_P(GroupUseTest, TheFirstResultEndsTheWait)
{
    InTask([] {
        constexpr int kChildren = 10;
        for (int winner = 0; winner < kChildren; winner++) {
            Gate gate;
            Gate never;
            std::atomic<int> cancelled{0};
            int64_t first = 0;
            int64_t status = 0;
            ROVE_GROUP(group, 0, &status)
            {
                for (int i = 0; i < kChildren; i++) {
                    AddChild(&group, [&, i]() -> int64_t {
                        int64_t error =
                            i == winner ? gate.Wait() : never.Wait();
                        cancelled += error == -ECANCELED;
                        return error == 0 ? i : error;
                    });
                }
                gate.Open();
                EXPECT_EQ(rove_group_next(&group, &first), 1);
                rove_group_cancel(&group);
            }
            EXPECT_EQ(first, winner);
            EXPECT_EQ(status, -ECANCELED);
            EXPECT_EQ(cancelled, kChildren - 1);
        }
    });
}

} // namespace
