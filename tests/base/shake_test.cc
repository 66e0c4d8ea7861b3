// What is at stake: shaking must never change what a program computes, and a
// failing run must be repeatable from its seed. Shown by calling it from many
// threads, and by children with a chosen seed.
#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" {
#include "src/base/shake.h"
}

namespace
{

void ShakeAndLeave()
{
    setenv("RV_SHAKE_SEED", "4711", 1);
    for (int i = 0; i < 100; i++) {
        rv_shake_point();
    }
    _Exit(0);
}

TEST(ShakeDeathTest, SeedIsTakenFromTheEnvironmentAndPrintedOnce)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(ShakeAndLeave(), ::testing::ExitedWithCode(0),
                "^rove: RV_SHAKE_SEED=4711\n$");
}

TEST(ShakeTest, ManyThreadsMayShake)
{
    std::vector<std::thread> threads;

    for (int t = 0; t < 4; t++) {
        threads.emplace_back([] {
            for (int i = 0; i < 1000; i++) {
                rv_shake_point();
                RV_SHAKE_POINT();
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

} // namespace
