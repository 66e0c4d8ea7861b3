// At stake: who waits goes on when the count comes to 0, and not before.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class WaitGroupTest : public WithRuntime
{
  protected:
    rove_task *Waiter()
    {
        return Spawn([this] { return rove_wait_group_wait(&group_); });
    }

    rove_wait_group group_ = ROVE_WAIT_GROUP_INIT;
};

INSTANTIATE_TEST_SUITE_P(Designs, WaitGroupTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(WaitGroupTest, NothingToDoIsDone)
{
    InTask([this] {
        EXPECT_EQ(rove_wait_group_wait(&group_), 0);
        rove_wait_group_add(&group_, 0);
        EXPECT_EQ(rove_wait_group_wait(&group_), 0);
    });
}

TEST_P(WaitGroupTest, AllWaitUntilTheLastIsDone)
{
    constexpr int kWork = 100;
    InTask([this] {
        int64_t done[kWork] = {};
        rove_wait_group_add(&group_, kWork);
        std::vector<rove_task *> tasks;
        for (int64_t &one : done) {
            tasks.push_back(Spawn([&] {
                (void)rove_yield();
                one = 1;
                rove_wait_group_done(&group_);
                return 0;
            }));
        }
        rove_task *other = Waiter();
        EXPECT_EQ(rove_wait_group_wait(&group_), 0);
        for (int64_t one : done) {
            EXPECT_EQ(one, 1);
        }
        EXPECT_EQ(rove_join(other), 0);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(WaitGroupTest, ItIsUsedAgain)
{
    InTask([this] {
        for (int i = 0; i < 3; i++) {
            rove_wait_group_add(&group_, 2);
            rove_task *waiter = Waiter();
            EXPECT_TRUE(ComesToBeInLine(group_, 1));
            rove_wait_group_done(&group_);
            EXPECT_EQ(InLine(group_), 1);
            rove_wait_group_add(&group_, -1);
            rove_wait_group_add(&group_, 1);
            EXPECT_EQ(rove_join(waiter), 0);
            rove_wait_group_done(&group_);
        }
    });
}

TEST_P(WaitGroupTest, WhoIsCancelledLeaves)
{
    InTask([this] {
        rove_wait_group_add(&group_, 1);
        rove_task *first = Waiter();
        rove_task *second = Waiter();
        EXPECT_TRUE(ComesToBeInLine(group_, 2));
        EXPECT_EQ(CancelAndJoin(first), -ECANCELED);
        EXPECT_EQ(InLine(group_), 1);
        rove_wait_group_done(&group_);
        EXPECT_EQ(rove_join(second), 0);
    });
}

TEST_P(WaitGroupTest, ACancelledTaskIsRefusedAtOnce)
{
    InTask([this] {
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            return rove_wait_group_wait(&group_);
        });
        EXPECT_EQ(CancelAndJoin(task), -ECANCELED);
    });
}

TEST_P(WaitGroupTest, PlainThreadsTakePart)
{
    InTask([this] {
        rove_wait_group_add(&group_, 2);
        std::thread waiter(
            [this] { EXPECT_EQ(rove_wait_group_wait(&group_), 0); });
        EXPECT_TRUE(ComesToBeInLine(group_, 1));
        std::thread([this] { rove_wait_group_done(&group_); }).join();
        rove_wait_group_done(&group_);
        waiter.join();
    });
}

TEST(WaitGroupDeathTest, BelowZeroIsMisuse)
{
    rove_wait_group group = ROVE_WAIT_GROUP_INIT;
    EXPECT_DEATH(rove_wait_group_done(&group),
                 "rove: rove_wait_group_done: the count would be below 0");
    rove_wait_group_add(&group, INT64_MAX);
    EXPECT_DEATH(rove_wait_group_add(&group, 1),
                 "rove: rove_wait_group_add: the count would be below 0, or");
}

} // namespace
