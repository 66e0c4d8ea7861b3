// At stake: a task that runs out of its stack is named before the process dies,
// if the runtime was asked for it.

#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <string>
#include <unistd.h>

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

void Overflow(uint32_t report, rove_fn *main = OverflowingTask)
{
    rove_options options = OptionsFor({2, ROVE_STEALING});
    options.report_crash = report;
    (void)rove_run(&options, main, nullptr);
}

TEST(CrashReportDeathTest, AnOverflowIsReportedWithTheTasksName)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(Overflow(1), ::testing::KilledBySignal(SIGSEGV),
                "task 'greedy', function ");
}

int64_t JoinACopy(void *)
{
    return rove_join(rove_spawn_copy(OverflowingTask, "x", 1));
}

int64_t JoinALaterOne(void *)
{
    return rove_join(rove_spawn_at(0, OverflowingTask, nullptr));
}

int64_t JoinAFork(void *)
{
    rove_fork fork;
    rove_fork_start(&fork, OverflowingTask, nullptr);
    (void)rove_sleep(ROVE_SEC); // a worker takes it meanwhile
    return rove_fork_join(&fork);
}

// The user's function, as addr2line wants it, when the library calls it from
// one of its own.
TEST(CrashReportDeathTest, TheFunctionIsTheUsers)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Dl_info info;
    link_map *map = nullptr;
    auto address = reinterpret_cast<uintptr_t>(&OverflowingTask);
    ASSERT_NE(dladdr1(reinterpret_cast<void *>(address), &info,
                      reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP),
              0);
    char end[40];
    snprintf(end, sizeof(end), "\\+0x%zx\\) \\(",
             static_cast<size_t>(address - map->l_addr));
    std::string line =
        std::string("task 'greedy', function .*\\(.*test.*") + end;
    for (rove_fn *main :
         {OverflowingTask, JoinACopy, JoinALaterOne, JoinAFork}) {
        EXPECT_EXIT(Overflow(1, main), ::testing::KilledBySignal(SIGSEGV),
                    line);
    }
}

TEST(CrashReportDeathTest, WithoutBeingAskedItSaysNothing)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer reports it in its own words";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(Overflow(0), ::testing::KilledBySignal(SIGSEGV), "^$");
}

void SayAndExit(int)
{
    (void)!write(STDERR_FILENO, "the program's\n", 14);
    _exit(3);
}

void OverflowWithAHandler()
{
    struct sigaction action = {};
    action.sa_handler = SayAndExit;
    action.sa_flags = SA_ONSTACK;
    EXPECT_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
    rove_options options = OptionsFor({2, ROVE_STEALING});
    options.stack_size = 16384;
    (void)rove_run(&options, OverflowingTask, nullptr);
}

// A worker has an alternate stack in any case: the program cannot give it one.
TEST(CrashReportDeathTest, TheProgramsOwnHandlerHasAStackToRunOn)
{
    if (kUnderSanitizer) {
        GTEST_SKIP() << "the sanitizer has handlers and stacks of its own";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(OverflowWithAHandler(), ::testing::ExitedWithCode(3),
                "the program's");
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
