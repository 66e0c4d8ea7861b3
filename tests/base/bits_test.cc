// What is at stake: sizes and deadlines at the ends of their ranges. Shown by
// the values around each power of two and around each limit.
#include <cstdint>
#include <gtest/gtest.h>

extern "C" {
#include "src/base/bits.h"
}

namespace
{

TEST(BitsTest, CountsZerosOnEachSide)
{
    for (unsigned i = 0; i < 64; i++) {
        uint64_t bit = UINT64_C(1) << i;

        EXPECT_EQ(rv_bits_ctz64(bit), i);
        EXPECT_EQ(rv_bits_clz64(bit), 63 - i);
        EXPECT_EQ(rv_bits_ctz64(UINT64_MAX << i), i);
        EXPECT_EQ(rv_bits_clz64(UINT64_MAX >> i), i);
        EXPECT_EQ(rv_bits_count64(bit - 1), i);
    }
    EXPECT_EQ(rv_bits_count64(UINT64_MAX), 64u);
}

TEST(BitsTest, KnowsPowersOfTwo)
{
    EXPECT_FALSE(rv_bits_is_pow2(0));
    EXPECT_FALSE(rv_bits_is_pow2(3));
    EXPECT_FALSE(rv_bits_is_pow2(UINT64_MAX));
    for (unsigned i = 0; i < 64; i++) {
        EXPECT_TRUE(rv_bits_is_pow2(UINT64_C(1) << i));
    }
}

TEST(BitsTest, AlignsUp)
{
    EXPECT_EQ(rv_bits_align_up(0, 16), 0u);
    EXPECT_EQ(rv_bits_align_up(1, 16), 16u);
    EXPECT_EQ(rv_bits_align_up(16, 16), 16u);
    EXPECT_EQ(rv_bits_align_up(17, 1), 17u);
}

TEST(BitsTest, TimesSaturate)
{
    EXPECT_EQ(rv_time_add(1, 2), 3);
    EXPECT_EQ(rv_time_add(INT64_MAX, 1), INT64_MAX);
    EXPECT_EQ(rv_time_add(1, INT64_MAX), INT64_MAX);
    EXPECT_EQ(rv_time_add(INT64_MIN, -1), INT64_MIN);
    EXPECT_EQ(rv_time_add(INT64_MIN, INT64_MAX), -1);
    EXPECT_EQ(rv_time_sub(3, 2), 1);
    EXPECT_EQ(rv_time_sub(INT64_MIN, 1), INT64_MIN);
    EXPECT_EQ(rv_time_sub(INT64_MAX, -1), INT64_MAX);
    EXPECT_EQ(rv_time_sub(0, INT64_MIN), INT64_MAX);
    EXPECT_EQ(rv_time_sub(-1, INT64_MIN), INT64_MAX);
}

} // namespace
