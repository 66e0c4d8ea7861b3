// The arrivals of the comparison: see benchmarks/compare.

#include <cmath>
#include <gtest/gtest.h>

extern "C" {
#include "benchmarks/compare/load/arrivals.h"
}

namespace
{

TEST(ArrivalsTest, NoRateNeverComes)
{
    arrivals a = {};
    arrivals_start(&a, 100, 0);
    EXPECT_EQ(arrivals_peek(&a), ARRIVALS_NEVER);
}

TEST(ArrivalsTest, EvenOnesDoNotDrift)
{
    arrivals a = {};
    arrivals_start(&a, 1000, 3e6); /* every 333.3 ns */
    for (int64_t i = 0; i < 3000000; i++) {
        arrivals_advance(&a);
    }
    EXPECT_NEAR(static_cast<double>(arrivals_peek(&a)), 1e9 + 1000, 1000);
}

TEST(ArrivalsTest, RandomOnesHaveTheRateAndTheSpreadOfAPoissonProcess)
{
    constexpr int kCount = 100000;
    arrivals a = {};
    arrivals_start_random(&a, 0, 1000, 1); /* every ms */
    double sum = 0;
    double squares = 0;
    int64_t last = 0;
    for (int i = 0; i < kCount; i++) {
        int64_t next = arrivals_peek(&a);
        ASSERT_GE(next, last);
        double gap = static_cast<double>(next - last) / 1e6;
        sum += gap;
        squares += gap * gap;
        last = next;
        arrivals_advance(&a);
    }
    double mean = sum / kCount;
    EXPECT_NEAR(mean, 1, 0.02);
    EXPECT_NEAR(std::sqrt(squares / kCount - mean * mean), 1, 0.03);
}

TEST(ArrivalsTest, SameSeedSameTimes)
{
    arrivals a = {};
    arrivals b = {};
    arrivals c = {};
    arrivals_start_random(&a, 0, 1000, 5);
    arrivals_start_random(&b, 0, 1000, 5);
    arrivals_start_random(&c, 0, 1000, 6);
    EXPECT_EQ(arrivals_peek(&a), arrivals_peek(&b));
    EXPECT_NE(arrivals_peek(&a), arrivals_peek(&c));
}

} // namespace
