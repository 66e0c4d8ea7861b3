// At stake: nobody leaves a group while one of its children lives, and a
// failure or a cancellation is heard of by all the others and by the owner.

#include <cerrno>
#include <vector>

#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

class GroupApiTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, GroupApiTest, ::testing::ValuesIn(kFewSetups),
                         NameOf);

TEST_P(GroupApiTest, ClosingWaitsForEveryChild)
{
    InTask([] {
        for (int n : {0, 1, 2, 500}) {
            std::atomic<int> ended{0};
            rove_group group;
            rove_group_open(&group, 0);
            for (int i = 0; i < n; i++) {
                AddChild(&group, [&, i] {
                    for (int k = 0; k < i % 3; k++) {
                        EXPECT_EQ(rove_yield(), 0);
                    }
                    return ++ended;
                });
            }
            EXPECT_EQ(rove_group_close(&group), 0);
            EXPECT_EQ(ended, n);
        }
    });
}

// A tree, of which the owner knows the root alone.
int64_t Grow(rove_group *group, std::atomic<int> *ended, int depth)
{
    EXPECT_EQ(rove_yield(), 0);
    for (int i = 0; depth > 0 && i < 2; i++) {
        AddChild(group, [=] { return Grow(group, ended, depth - 1); });
    }
    ++*ended;
    return 0;
}

TEST_P(GroupApiTest, ChildrenThatChildrenSpawnAreWaitedFor)
{
    InTask([] {
        std::atomic<int> ended{0};
        int64_t status = 1;
        ROVE_GROUP(group, 0, &status)
        {
            AddChild(&group, [&] { return Grow(&group, &ended, 7); });
        }
        EXPECT_EQ(status, 0);
        EXPECT_EQ(ended, 255);
    });
}

TEST_P(GroupApiTest, TheFirstFailureCancelsTheOthersAndTheOwner)
{
    InTask([] {
        Gate never;
        std::atomic<int> cancelled{0};
        int64_t status = 0;
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < 10; i++) {
                AddChild(&group, [&] {
                    int64_t error = never.Wait();
                    cancelled += error == -ECANCELED;
                    return error;
                });
            }
            AddChild(&group, [&] {
                EXPECT_EQ(rove_yield(), 0);
                return -EIO;
            });
            EXPECT_EQ(never.Wait(), -ECANCELED);
            EXPECT_TRUE(rove_cancelled());
        }
        EXPECT_EQ(status, -EIO);
        EXPECT_EQ(cancelled, 10);
        EXPECT_FALSE(rove_cancelled());
        EXPECT_EQ(rove_yield(), 0);
    });
}

TEST_P(GroupApiTest, AFailureWhileTheOwnerClosesCancelsTheOthers)
{
    InTask([] {
        Gate never;
        Gate gate;
        int64_t status = 0;
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < 10; i++) {
                AddChild(&group, [&] { return never.Wait(); });
            }
            AddChild(&group, [&] {
                EXPECT_EQ(gate.Wait(), 0);
                return -EIO;
            });
            AddChild(&group, [&] {
                for (int i = 0; i < 10; i++) {
                    EXPECT_EQ(rove_yield(), 0);
                }
                gate.Open();
                return 0;
            });
        }
        EXPECT_EQ(status, -EIO);
    });
}

TEST_P(GroupApiTest, CollectCancelsNobody)
{
    InTask([] {
        Gate gate;
        rove_group group;
        rove_group_open(&group, ROVE_COLLECT);
        std::atomic<int> ended{0};
        AddChild(&group, [] { return -EIO; });
        int64_t result = 0;
        EXPECT_EQ(rove_group_next(&group, &result), 1);
        EXPECT_EQ(result, -EIO);
        for (int i = 0; i < 10; i++) {
            AddChild(&group, [&] {
                EXPECT_EQ(gate.Wait(), 0);
                return ++ended;
            });
        }
        EXPECT_EQ(rove_yield(), 0);
        gate.Open();
        EXPECT_EQ(rove_group_close(&group), -EIO);
        EXPECT_EQ(ended, 10);
    });
}

TEST_P(GroupApiTest, AfterAFailureTheGroupTakesNobody)
{
    InTask([] {
        bool ran = false;
        rove_group group;
        rove_group_open(&group, 0);
        AddChild(&group, [] { return -EIO; });
        EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
        EXPECT_EQ(SpawnChild(&group, [&] { return ran = true; }), -ECANCELED);
        EXPECT_EQ(rove_group_close(&group), -EIO);
        EXPECT_FALSE(ran);
    });
}

TEST_P(GroupApiTest, ACancelledGroupTakesNobody)
{
    InTask([] {
        Gate never;
        bool ran = false;
        rove_group group;
        rove_group_open(&group, ROVE_COLLECT);
        AddChild(&group, [&] {
            EXPECT_EQ(never.Wait(), -ECANCELED);
            return 0;
        });
        rove_group_cancel(&group);
        rove_group_cancel(&group);
        EXPECT_EQ(SpawnChild(&group, [&] { return ran = true; }), -ECANCELED);
        EXPECT_EQ(rove_yield(), -ECANCELED);
        EXPECT_EQ(rove_group_close(&group), -ECANCELED);
        EXPECT_FALSE(ran);
        EXPECT_EQ(rove_yield(), 0);
    });
}

TEST_P(GroupApiTest, AChildMayCancelTheGroupWhileItIsClosing)
{
    InTask([] {
        Gate never;
        std::atomic<int> cancelled{0};
        int64_t status = 0;
        ROVE_GROUP(group, 0, &status)
        {
            for (int i = 0; i < 5; i++) {
                AddChild(&group, [&] {
                    cancelled += never.Wait() == -ECANCELED;
                    return 0;
                });
            }
            AddChild(&group, [&] {
                for (int i = 0; i < 10; i++) {
                    EXPECT_EQ(rove_yield(), 0);
                }
                rove_group_cancel(&group);
                EXPECT_EQ(rove_yield(), -ECANCELED);
                return 0;
            });
        }
        EXPECT_EQ(status, -ECANCELED);
        EXPECT_EQ(cancelled, 5);
    });
}

TEST_P(GroupApiTest, AnOwnerCancelledFromOutsideCancelsAndWaitsOn)
{
    InTask([] {
        Gate never;
        std::atomic<int> begun{0};
        std::atomic<int> cleaned{0};
        rove_task *owner = Spawn([&] {
            int64_t status = 0;
            ROVE_GROUP(group, ROVE_COLLECT, &status)
            {
                for (int i = 0; i < 10; i++) {
                    AddChild(&group, [&] {
                        begun++;
                        EXPECT_EQ(never.Wait(), -ECANCELED);
                        ROVE_SHIELD(ROVE_FOREVER)
                        {
                            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
                        }
                        return ++cleaned;
                    });
                }
            }
            EXPECT_EQ(cleaned, 10);
            return status;
        });
        EXPECT_TRUE(Eventually([&] { return begun == 10; }));
        rove_cancel(owner);
        EXPECT_EQ(rove_join(owner), -ECANCELED);
    });
}

TEST_P(GroupApiTest, ADeadlineAroundAGroupCancelsItsChildren)
{
    InTask([] {
        Gate never;
        int timeout = 0;
        int64_t status = 0;
        ROVE_TIMEOUT(5 * ROVE_MS, &timeout)
        {
            ROVE_GROUP(group, 0, &status)
            {
                AddChild(&group, [&] { return never.Wait(); });
            }
        }
        EXPECT_EQ(status, -ECANCELED);
        EXPECT_EQ(timeout, -ETIMEDOUT);
    });
}

// Failing, cancelling and waiting go down through groups of children.
TEST_P(GroupApiTest, GroupsNest)
{
    InTask([] {
        Gate never;
        std::atomic<int> cancelled{0};
        int64_t status = 0;
        ROVE_GROUP(outer, 0, &status)
        {
            for (int i = 0; i < 3; i++) {
                AddChild(&outer, [&] {
                    int64_t inside = 0;
                    ROVE_GROUP(inner, 0, &inside)
                    {
                        for (int k = 0; k < 3; k++) {
                            AddChild(&inner, [&] {
                                cancelled += never.Wait() == -ECANCELED;
                                return 0;
                            });
                        }
                    }
                    EXPECT_EQ(inside, -ECANCELED);
                    return inside;
                });
            }
            for (int i = 0; i < 10; i++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            AddChild(&outer, [] { return -EIO; });
        }
        EXPECT_EQ(status, -EIO);
        EXPECT_LE(cancelled, 9);
    });
}

} // namespace
