// At stake: a task that runs out of its stack is named before the process dies,
// if the runtime was asked for it.

#include <csignal>
#include <cstring>

#include "tests/support/with_runtime.h"

namespace
{

// Not a tail call, and not worth a warning: it ends at the guard.
__attribute__((noinline)) int64_t Descend(volatile char *above)
{
    volatile char frame[1024];
    frame[0] = static_cast<char>(above[0] + 1);
    int64_t below = above[0] == 127 && frame[0] == 5 ? 0 : Descend(frame);
    return below + frame[0];
}

extern "C" int64_t OverflowingTask(void *)
{
    rove_task_set_name(nullptr, "greedy");
    volatile char start[1] = {0};
    return Descend(start);
}

void Overflow(uint32_t report)
{
    rove_options options = OptionsFor({2, ROVE_STEALING});
    options.report_crash = report;
    (void)rove_run(&options, OverflowingTask, nullptr);
}

TEST(CrashReportDeathTest, D13AnOverflowIsReportedWithTheTasksName)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(Overflow(1), ::testing::KilledBySignal(SIGSEGV),
                "task 'greedy', function ");
}

TEST(CrashReportDeathTest, WithoutBeingAskedItSaysNothing)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(Overflow(0), ::testing::KilledBySignal(SIGSEGV), "^$");
}

TEST(CrashReportTest, TheHandlerGoesWithTheLastRuntimeThatAskedForIt)
{
    struct sigaction before;
    struct sigaction after;
    ASSERT_EQ(sigaction(SIGSEGV, nullptr, &before), 0);
    {
        rove_options options = OptionsFor({2, ROVE_STEALING});
        options.report_crash = 1;
        Runtime a(options);
        {
            Runtime b(options);
        }
        ASSERT_EQ(sigaction(SIGSEGV, nullptr, &after), 0);
        EXPECT_NE(after.sa_sigaction, before.sa_sigaction);
    }
    ASSERT_EQ(sigaction(SIGSEGV, nullptr, &after), 0);
    EXPECT_EQ(after.sa_sigaction, before.sa_sigaction);
}

} // namespace
