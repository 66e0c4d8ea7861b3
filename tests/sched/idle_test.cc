// At stake: the bookkeeping of sleepers and searchers at the edges of its words
// and of its limits. Its races are the model's and the stress tests'.

extern "C" {
#include "src/sched/idle.h"

#include "src/sched/scheduler.h"
}

#include "gtest/gtest.h"

namespace
{

class IdleTest : public ::testing::TestWithParam<unsigned>
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_idle_init(&idle_, GetParam(), GetParam() > 1), 0);
    }

    void TearDown() override
    {
        rv_idle_fini(&idle_);
        EXPECT_EQ(idle_.watch_fd, -1);
    }

    rv_idle idle_ = {};
};

INSTANTIATE_TEST_SUITE_P(Workers, IdleTest,
                         ::testing::Values(1, 2, 63, 64, 65, 255, 256));

TEST_P(IdleTest, SleepersAreSeenOneByOne)
{
    EXPECT_FALSE(rv_idle_any(&idle_));
    for (unsigned i = 0; i < GetParam(); i++) {
        EXPECT_FALSE(rv_idle_all(&idle_));
        EXPECT_FALSE(rv_idle_is_asleep(&idle_, i));
        rv_idle_enter(&idle_, i);
        EXPECT_TRUE(rv_idle_any(&idle_));
        EXPECT_TRUE(rv_idle_is_asleep(&idle_, i));
        EXPECT_TRUE(rv_idle_is_asleep_now(&idle_, i));
    }
    EXPECT_TRUE(rv_idle_all(&idle_));
    for (unsigned i = 0; i < GetParam(); i++) {
        EXPECT_FALSE(rv_idle_leave(&idle_, i)); // nobody made it a searcher
        EXPECT_FALSE(rv_idle_is_asleep(&idle_, i));
        EXPECT_FALSE(rv_idle_all(&idle_));
    }
    EXPECT_FALSE(rv_idle_any(&idle_));
}

TEST_P(IdleTest, HalfTheWorkersSearchAtMost)
{
    unsigned most = GetParam() > 1 ? (GetParam() + 1) / 2 : 0;
    for (unsigned i = 0; i < most; i++) {
        EXPECT_TRUE(rv_idle_search_begin(&idle_));
    }
    EXPECT_FALSE(rv_idle_search_begin(&idle_));
    for (unsigned i = most; i > 0; i--) {
        EXPECT_EQ(rv_idle_search_end(&idle_), i == 1);
    }
}

} // namespace
