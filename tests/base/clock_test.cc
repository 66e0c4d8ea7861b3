// What is at stake: deadlines must not come early, and tick counts must mean
// microseconds. Shown by comparing the two clocks with each other.
#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" {
#include "src/base/clock.h"
}

namespace
{

TEST(ClockTest, NowNeverGoesBack)
{
    int64_t last = rv_clock_now();

    EXPECT_GE(last, 0);
    for (int i = 0; i < 100000; i++) {
        int64_t now = rv_clock_now();

        ASSERT_GE(now, last);
        last = now;
    }
}

// Must stay the first test to calibrate, so that the threads race for it.
TEST(ClockTest, AllThreadsSeeOneCalibration)
{
    std::vector<uint64_t> seen(4);
    std::vector<std::thread> threads;

    for (uint64_t &value : seen) {
        threads.emplace_back([&value] { value = rv_clock_ticks_per_us(); });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }

    EXPECT_GE(seen[0], 1u);
    for (uint64_t value : seen) {
        EXPECT_EQ(value, seen[0]);
    }
    EXPECT_EQ(rv_clock_ticks_per_us(), seen[0]);
}

// The ticks are read inside the interval that the clock measures, so they
// cannot say more than it does, whatever else the machine is doing; the two per
// cent are for the rounding to whole ticks and the calibration.
TEST(ClockTest, TicksMeasureNoMoreThanPassed)
{
    int64_t start = rv_clock_now();
    uint64_t first = rv_clock_ticks();
    uint64_t last = first;
    int64_t us;

    while (last - first < rv_clock_ticks_per_us() * 5000) {
        last = rv_clock_ticks();
    }
    us = (rv_clock_now() - start) / 1000;

    EXPECT_GE(us + us / 50, 5000);
}

TEST(ClockTest, TicksMeasureNoLessThanPassed)
{
    uint64_t first = rv_clock_ticks();
    int64_t start = rv_clock_now();
    uint64_t us;

    while (rv_clock_now() - start < 5000000) {
    }
    us = (rv_clock_ticks() - first) / rv_clock_ticks_per_us();

    EXPECT_GE(us + us / 50, 5000u);
}

} // namespace
