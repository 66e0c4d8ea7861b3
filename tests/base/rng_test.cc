// What is at stake: a seed that is printed must replay a run, and a bound must
// hold. Shown by the published first outputs and by counting.
#include <cstdint>
#include <gtest/gtest.h>

extern "C" {
#include "src/base/rng.h"
}

namespace
{

// The outputs that implementations of SplitMix64 agree on for this seed.
TEST(RngTest, MatchesPublishedOutputs)
{
    const uint64_t expected[] = {
        UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    rv_rng rng;

    rv_rng_seed(&rng, 1234567);

    for (uint64_t value : expected) {
        EXPECT_EQ(rv_rng_next(&rng), value);
    }
}

TEST(RngTest, BelowStaysBelow)
{
    const uint32_t bounds[] = {1, 2, 3, 61, 1u << 31, UINT32_MAX};
    rv_rng rng;

    rv_rng_seed(&rng, 0);
    for (uint32_t bound : bounds) {
        for (int i = 0; i < 1000; i++) {
            ASSERT_LT(rv_rng_below(&rng, bound), bound);
        }
    }
}

// 10,000 expected in each bin; 500 are five standard deviations.
TEST(RngTest, BelowIsFair)
{
    int bins[10] = {};
    rv_rng rng;

    rv_rng_seed(&rng, 42);
    for (int i = 0; i < 100000; i++) {
        bins[rv_rng_below(&rng, 10)]++;
    }

    for (int count : bins) {
        EXPECT_NEAR(count, 10000, 500);
    }
}

} // namespace
