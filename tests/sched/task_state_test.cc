// At stake: one claim of a wait wins, it learns what is left to do, and no
// claim of another wait does anything.

extern "C" {
#include "src/sched/task_state.h"
}

#include "gtest/gtest.h"

namespace
{

class TaskStateTest : public ::testing::Test
{
  protected:
    uint64_t Park()
    {
        uint64_t epoch = rv_claim_begin(&claim_, false);
        uint64_t word;
        EXPECT_TRUE(rv_claim_commit(&claim_, &word));
        EXPECT_EQ(rv_claim_epoch(word), epoch);
        return epoch;
    }

    rv_atomic_u64 claim_ = {};
};

TEST_F(TaskStateTest, AClaimBeforeTheSwitchLeavesTheWakeToTheSwitch)
{
    uint64_t epoch = rv_claim_begin(&claim_, false);
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 9), RV_CLAIM_WON);
    uint64_t word;
    EXPECT_FALSE(rv_claim_commit(&claim_, &word));
    EXPECT_EQ(rv_claim_finish(&claim_), 9U);
}

TEST_F(TaskStateTest, TheFirstClaimOfAParkedWaitWins)
{
    uint64_t epoch = Park();
    EXPECT_EQ(rv_claim_try(&claim_, epoch, RV_CAUSE_MAX), RV_CLAIM_WON_WAKE);
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 5), RV_CLAIM_LOST);
    EXPECT_EQ(rv_claim_finish(&claim_), unsigned{RV_CAUSE_MAX});
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 5), RV_CLAIM_LOST);
}

// The winner must not look at the descriptor: the thread may have seen FIRED
// and given it back.
TEST_F(TaskStateTest, AThreadsWaitIsToldByTheWordAlone)
{
    uint64_t epoch = rv_claim_begin(&claim_, true);
    rv_claim_mark_thread(&claim_);
    uint64_t word;
    EXPECT_TRUE(rv_claim_commit(&claim_, &word));
    EXPECT_EQ(rv_claim_epoch(word), epoch);
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 7), RV_CLAIM_WON_THREAD);
    EXPECT_EQ(rv_claim_finish(&claim_), 7U);
    epoch = Park(); // the next user is a task
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 7), RV_CLAIM_WON_WAKE);
}

TEST_F(TaskStateTest, ClaimsOfOtherWaitsLose)
{
    uint64_t first = Park();
    EXPECT_EQ(rv_claim_try(&claim_, first, 4), RV_CLAIM_WON_WAKE);
    (void)rv_claim_finish(&claim_);
    uint64_t second = Park();
    EXPECT_NE(second, first);
    EXPECT_EQ(rv_claim_try(&claim_, first, 4), RV_CLAIM_LOST);
    EXPECT_EQ(rv_claim_try(&claim_, second + 1, 4), RV_CLAIM_LOST);
    EXPECT_EQ(rv_claim_try(&claim_, second, 4), RV_CLAIM_WON_WAKE);
}

TEST_F(TaskStateTest, TheEpochWrapsWithoutACarry)
{
    rv_u64_store_relaxed(&claim_,
                         rv_claim_pack(RV_EPOCH_MASK, RV_TASK_RUNNING));
    uint64_t epoch = Park();
    EXPECT_EQ(epoch, 0U);
    EXPECT_EQ(rv_claim_try(&claim_, RV_EPOCH_MASK, 4), RV_CLAIM_LOST);
    EXPECT_EQ(rv_claim_try(&claim_, 0, 4), RV_CLAIM_WON_WAKE);
}

TEST_F(TaskStateTest, AnAbortTellsWhetherSomebodyWasFaster)
{
    uint64_t epoch = rv_claim_begin(&claim_, false);
    EXPECT_EQ(rv_claim_abort(&claim_), unsigned{RV_CAUSE_NONE});
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 4), RV_CLAIM_LOST);
    epoch = rv_claim_begin(&claim_, false);
    EXPECT_EQ(rv_claim_try(&claim_, epoch, 4), RV_CLAIM_WON);
    EXPECT_EQ(rv_claim_abort(&claim_), 4U);
}

} // namespace
