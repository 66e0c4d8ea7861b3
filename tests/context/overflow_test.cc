// At stake: a task that overruns its stack must be named before the process
// dies, and nothing else may be blamed on it. Shown in child processes that
// die, whose last words and way of dying are looked at.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/context/fibers.h"

#include "gtest/gtest.h"

extern "C" {
#include "src/context/overflow.h"
#include "tests/support/fault.h"
}

namespace
{

struct Death {
    int status;
    std::string words;

    // Killed by the fault, or, where a sanitizer catches it, after its report.
    bool IsByFault(int signal_number = SIGSEGV) const
    {
        bool is_sanitizers = WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
                             words.find("Sanitizer") != std::string::npos;
        return is_sanitizers ||
               (WIFSIGNALED(status) && WTERMSIG(status) == signal_number);
    }

    int Reports() const
    {
        int count = 0;
        for (size_t at = 0;
             (at = words.find("rove: stack overflow", at)) != std::string::npos;
             at++) {
            count++;
        }
        return count;
    }

    bool Says(const std::string &line) const
    {
        return words.find(line) != std::string::npos;
    }
};

// Runs fn in a child process, with its stderr in a pipe.
Death RunInChild(void (*fn)())
{
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        alarm(60); // a child that should have died does not stay for ever
        fn();
        _exit(0);
    }
    close(ends[1]);
    Death death{0, ""};
    char piece[4096];
    ssize_t got = 0;
    while ((got = read(ends[0], piece, sizeof(piece))) > 0) {
        death.words.append(piece, static_cast<size_t>(got));
    }
    close(ends[0]);
    EXPECT_EQ(waitpid(child, &death.status, 0), child);
    return death;
}

void Describe(const rv_stack *stack, char *text, size_t size)
{
    strncpy(text, static_cast<const char *>(stack->owner), size - 1);
    text[size - 1] = '\0';
}

void DescribeOtherwise(const rv_stack *, char *text, size_t)
{
    text[0] = '\0';
}

// Runs entry on a new stack of a task called "deep".
void RunTask(rv_stack_class size_class, void (*entry)(rv_handoff *))
{
    Worker worker;
    rv_stack *stack = nullptr;
    if (rv_stack_new(size_class, &stack) != 0) {
        _exit(3);
    }
    stack->owner = const_cast<char *>("task \"deep\"");
    worker.data = stack;
    rv_stack_arm(stack, entry);
    Switch(&worker, &worker.thread, &stack->fiber);
}

void Install()
{
    if (rv_overflow_install(Describe) != 0 || rv_overflow_thread_enter() != 0) {
        _exit(4);
    }
}

// Keeps the compiler from leaving an array out of its frame.
void KeepInFrame(char *array)
{
    __asm__ volatile("" : : "r"(array) : "memory");
}

// Never ends in practice. Not a tail call, since the frame is used after it.
__attribute__((noinline)) int Recurse(int depth)
{
    char frame[64];
    frame[0] = static_cast<char>(depth);
    KeepInFrame(frame);
    int below = depth == -1 ? 0 : Recurse(depth + 1);
    KeepInFrame(frame);
    return below + frame[0];
}

void Overflow(rv_handoff *)
{
    _exit(Recurse(0));
}

__attribute__((noinline)) int UseHugeFrame()
{
    char frame[300 * 1024];
    frame[0] = 1;
    KeepInFrame(frame);
    return frame[0];
}

// A store to memory that is mapped but may not be touched.
__attribute__((noinline)) void TouchForbiddenPage()
{
    auto *page = static_cast<volatile char *>(
        mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    page[100] = 1;
}

TEST(OverflowDeathTest, RecursionIsReportedOnceAndThenKills)
{
    Death death = RunInChild([] {
        Install();
        RunTask(RV_STACK_64K, Overflow);
    });

    EXPECT_TRUE(
        death.Says("rove: stack overflow in task \"deep\" (64 KiB stack)\n"))
        << death.words;
    EXPECT_EQ(death.Reports(), 1);
    EXPECT_TRUE(death.IsByFault()) << death.status << death.words;
}

TEST(OverflowDeathTest, EveryClassIsReportedWithItsSize)
{
    EXPECT_TRUE(RunInChild([] {
                    Install();
                    RunTask(RV_STACK_16K, Overflow);
                }).Says("(16 KiB stack)\n"));
    EXPECT_TRUE(RunInChild([] {
                    Install();
                    RunTask(RV_STACK_256K, Overflow);
                }).Says("(256 KiB stack)\n"));
}

TEST(OverflowDeathTest, HugeFrameIsReported)
{
    Death death = RunInChild([] {
        Install();
        RunTask(RV_STACK_64K, [](rv_handoff *) { _exit(UseHugeFrame()); });
    });

    EXPECT_EQ(death.Reports(), 1) << death.words;
    EXPECT_TRUE(death.IsByFault());
}

TEST(OverflowDeathTest, OverflowOnAnotherThreadIsReported)
{
    Death death = RunInChild([] {
        if (rv_overflow_install(Describe) != 0) {
            _exit(4);
        }
        std::thread([] {
            if (rv_overflow_thread_enter() != 0) {
                _exit(4);
            }
            RunTask(RV_STACK_16K, Overflow);
        }).join();
    });

    EXPECT_EQ(death.Reports(), 1) << death.words;
    EXPECT_TRUE(death.IsByFault());
}

TEST(OverflowDeathTest, FaultOfAnotherKindIsNotReported)
{
    Death on_a_task = RunInChild([] {
        Install();
        RunTask(RV_STACK_64K, [](rv_handoff *) { TouchForbiddenPage(); });
    });
    Death on_the_thread = RunInChild([] {
        Install();
        TouchForbiddenPage();
    });

    EXPECT_EQ(on_a_task.Reports(), 0) << on_a_task.words;
    EXPECT_TRUE(on_a_task.IsByFault());
    EXPECT_EQ(on_the_thread.Reports(), 0) << on_the_thread.words;
    EXPECT_TRUE(on_the_thread.IsByFault());
}

TEST(OverflowDeathTest, SignalSentByAProcessIsNotReportedAndKills)
{
    Death death = RunInChild([] {
        Install();
        RunTask(RV_STACK_64K, [](rv_handoff *) {
            kill(getpid(), SIGBUS);
            pause();
        });
    });

    EXPECT_EQ(death.Reports(), 0) << death.words;
    EXPECT_TRUE(death.IsByFault(SIGBUS)) << death.status << death.words;
}

void ExitWithSeventySeven(int)
{
    _exit(77);
}

TEST(OverflowDeathTest, PreviousHandlerGetsTheFaultAfterTheReport)
{
    Death death = RunInChild([] {
        struct sigaction action = {};
        action.sa_handler = ExitWithSeventySeven;
        action.sa_flags = SA_ONSTACK;
        sigaction(SIGSEGV, &action, nullptr);
        Install();
        RunTask(RV_STACK_64K, Overflow);
    });

    EXPECT_EQ(death.Reports(), 1);
    EXPECT_TRUE(WIFEXITED(death.status));
    EXPECT_EQ(WEXITSTATUS(death.status), 77);
}

void BurnStack(int)
{
    char frame[2000];
    KeepInFrame(frame);
}

TEST(OverflowDeathTest, OverflowIsReportedInAStormOfProfilerSignals)
{
    for (int flags : {0, SA_ONSTACK}) {
        static int chosen;
        chosen = flags | SA_RESTART;
        Death death = RunInChild([] {
            Install();
            struct sigaction action = {};
            action.sa_handler = BurnStack;
            action.sa_flags = chosen;
            sigaction(SIGPROF, &action, nullptr);
            itimerval often = {{0, 100}, {0, 100}};
            setitimer(ITIMER_PROF, &often, nullptr);
            RunTask(RV_STACK_256K, [](rv_handoff *) {
                // Long enough for the timer to fire on the way down.
                for (volatile int i = 0; i < 20 * 1000 * 1000; i = i + 1) {
                }
                _exit(Recurse(0));
            });
        });

        EXPECT_EQ(death.Reports(), 1) << death.words;
        EXPECT_TRUE(death.IsByFault());
    }
}

// A signal's frame is larger than 3000 bytes wherever there is AVX.
__attribute__((noinline)) int RecurseUntilNearlyFull(rv_stack *stack)
{
    char frame[64];
    KeepInFrame(frame);
    int below = rv_stack_room(stack) < 3000 ? raise(SIGUSR1)
                                            : RecurseUntilNearlyFull(stack);
    KeepInFrame(frame);
    return below + 1;
}

TEST(OverflowDeathTest, SignalThatFindsNoRoomForItsFrameIsReported)
{
    Death death = RunInChild([] {
        Install();
        signal(SIGUSR1, BurnStack);
        // Has the dynamic linker find raise here, where there is stack for it.
        raise(0);
        RunTask(RV_STACK_16K, [](rv_handoff *h) {
            _exit(RecurseUntilNearlyFull(
                static_cast<rv_stack *>(Worker::Of(h)->data)));
        });
    });

    EXPECT_EQ(death.Reports(), 1) << death.words;
    EXPECT_TRUE(death.IsByFault());
}

stack_t CurrentAlternateStack()
{
    stack_t current{};
    EXPECT_EQ(sigaltstack(nullptr, &current), 0);
    return current;
}

TEST(OverflowTest, ForeignAlternateStackIsLeftAlone)
{
    std::thread([] {
        static char foreign[128 * 1024];
        stack_t before = CurrentAlternateStack();
        stack_t mine{};
        mine.ss_sp = foreign;
        mine.ss_size = sizeof(foreign);
        ASSERT_EQ(sigaltstack(&mine, nullptr), 0);

        EXPECT_EQ(rv_overflow_thread_enter(), 0);
        EXPECT_EQ(CurrentAlternateStack().ss_sp, foreign);
        rv_overflow_thread_leave();

        EXPECT_EQ(CurrentAlternateStack().ss_sp, foreign);
        EXPECT_EQ(CurrentAlternateStack().ss_flags & SS_DISABLE, 0);
        sigaltstack(&before, nullptr);
    }).join();
}

// Runs fn on a thread that has no alternate stack, sanitizers or not.
void RunWithoutAlternateStack(void (*fn)())
{
    std::thread([fn] {
        stack_t before = CurrentAlternateStack();
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
        fn();
        sigaltstack(&before, nullptr);
    }).join();
}

TEST(OverflowTest, OwnAlternateStackIsTakenAwayByTheLastLeave)
{
    RunWithoutAlternateStack([] {
        ASSERT_EQ(rv_overflow_thread_enter(), 0);
        ASSERT_EQ(rv_overflow_thread_enter(), 0);
        stack_t entered = CurrentAlternateStack();

        EXPECT_EQ(entered.ss_flags & SS_DISABLE, 0);
        EXPECT_GE(entered.ss_size, 64 * 1024u);
        rv_overflow_thread_leave();
        EXPECT_EQ(CurrentAlternateStack().ss_sp, entered.ss_sp);
        rv_overflow_thread_leave();
        EXPECT_NE(CurrentAlternateStack().ss_flags & SS_DISABLE, 0);
        rv_overflow_thread_leave();
        EXPECT_NE(CurrentAlternateStack().ss_flags & SS_DISABLE, 0);
    });
}

TEST(OverflowTest, AlternateStackReplacedMeanwhileIsLeftAlone)
{
    RunWithoutAlternateStack([] {
        static char foreign[128 * 1024];
        ASSERT_EQ(rv_overflow_thread_enter(), 0);
        stack_t own = CurrentAlternateStack();
        stack_t other{};
        other.ss_sp = foreign;
        other.ss_size = sizeof(foreign);
        sigaltstack(&other, nullptr);

        rv_overflow_thread_leave();

        EXPECT_EQ(CurrentAlternateStack().ss_sp, foreign);
        sigaltstack(&own, nullptr);
        rv_overflow_thread_leave();
    });
}

TEST(OverflowTest, EnterWithoutMemoryIsAnErrorAndChangesNothing)
{
    RunWithoutAlternateStack([] {
        for (const char *function : {"rv_pages_reserve", "rv_pages_guard"}) {
            rv_fault_arm(function, 1, ENOMEM);
            EXPECT_EQ(rv_overflow_thread_enter(), -ENOMEM);
            EXPECT_NE(CurrentAlternateStack().ss_flags & SS_DISABLE, 0);
        }
        EXPECT_EQ(rv_overflow_thread_enter(), 0);
        rv_overflow_thread_leave();
    });
}

void *CurrentHandler(int signal_number)
{
    struct sigaction current;
    EXPECT_EQ(sigaction(signal_number, nullptr, &current), 0);
    return reinterpret_cast<void *>(current.sa_sigaction);
}

TEST(OverflowTest, LastUninstallPutsThePreviousHandlersBack)
{
    void *segv = CurrentHandler(SIGSEGV);
    void *bus = CurrentHandler(SIGBUS);
    ASSERT_EQ(rv_overflow_install(Describe), 0);
    ASSERT_EQ(rv_overflow_install(Describe), 0);
    EXPECT_NE(CurrentHandler(SIGSEGV), segv);
    EXPECT_NE(CurrentHandler(SIGBUS), bus);

    rv_overflow_uninstall();
    EXPECT_NE(CurrentHandler(SIGSEGV), segv);
    rv_overflow_uninstall();

    EXPECT_EQ(CurrentHandler(SIGSEGV), segv);
    EXPECT_EQ(CurrentHandler(SIGBUS), bus);
}

TEST(OverflowTest, UninstallLeavesAHandlerInstalledSinceAlone)
{
    struct sigaction before;
    ASSERT_EQ(sigaction(SIGSEGV, nullptr, &before), 0);
    ASSERT_EQ(rv_overflow_install(Describe), 0);
    signal(SIGSEGV, ExitWithSeventySeven);

    rv_overflow_uninstall();

    EXPECT_EQ(CurrentHandler(SIGSEGV),
              reinterpret_cast<void *>(ExitWithSeventySeven));
    sigaction(SIGSEGV, &before, nullptr);
}

TEST(OverflowTest, OnlyOneDescriptionAtATime)
{
    ASSERT_EQ(rv_overflow_install(Describe), 0);

    EXPECT_EQ(rv_overflow_install(DescribeOtherwise), -EBUSY);

    rv_overflow_uninstall();
    EXPECT_EQ(rv_overflow_install(DescribeOtherwise), 0);
    rv_overflow_uninstall();
}

TEST(OverflowDeathTest, UninstallBeyondInstallStopsTheProcess)
{
    EXPECT_DEATH(rv_overflow_uninstall(), "rove: .*more often");
}

} // namespace
