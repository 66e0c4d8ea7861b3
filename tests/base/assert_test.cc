// What is at stake: misuse must stop the process with a line that says what is
// wrong, in every build. Shown by children that misuse and die.
#include <gtest/gtest.h>

extern "C" {
#include "src/base/assert.h"
}

namespace
{

void CheckThatFails()
{
    RV_CHECK(1 + 1 == 3, "two is not three");
}

TEST(AssertDeathTest, FailedCheckNamesFunctionAndRule)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(CheckThatFails(), ::testing::KilledBySignal(SIGABRT),
                "^rove: CheckThatFails: two is not three\n");
}

TEST(AssertDeathTest, PanicNamesWhatItWasTold)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(rv_panic("rove_mutex_unlock", "only the owner unlocks"),
                ::testing::KilledBySignal(SIGABRT),
                "^rove: rove_mutex_unlock: only the owner unlocks\n");
}

TEST(AssertTest, TrueChecksDoNothing)
{
    RV_CHECK(true, "never seen");
    RV_ASSERT(true);
}

TEST(AssertTest, CheckIsOneStatement)
{
    bool reached = false;

    if (!reached)
        RV_CHECK(true, "never seen");
    else
        reached = true;

    EXPECT_FALSE(reached);
}

} // namespace
