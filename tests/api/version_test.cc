// At stake: the version is what the header promises.

#include <cstdio>

#include "rove/runtime.h"

#include "gtest/gtest.h"

namespace
{

TEST(VersionTest, VersionIsThreeNumbers)
{
    int numbers[3] = {-1, -1, -1};
    char rest = 0;
    EXPECT_EQ(sscanf(rove_version(), "%d.%d.%d%c", &numbers[0], &numbers[1],
                     &numbers[2], &rest),
              3);
    EXPECT_GE(numbers[0], 0);
    EXPECT_GE(numbers[1], 0);
    EXPECT_GE(numbers[2], 0);
}

} // namespace
