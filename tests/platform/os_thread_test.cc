// What is at stake: a worker that silently did not start, or that catches the
// program's signals on a task's stack. Shown by looking around from inside the
// thread, and by a system that refuses threads.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <set>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "src/platform/os_thread.h"
#include "tests/support/fault.h"
}

namespace
{

std::set<int> BlockedSignals()
{
    sigset_t mask;
    std::set<int> blocked;

    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (int signal = 1; signal < NSIG; signal++) {
        if (sigismember(&mask, signal) == 1) {
            blocked.insert(signal);
        }
    }
    return blocked;
}

struct Seen {
    int id = 0;
    std::string name;
    std::set<int> blocked;
};

void LookAround(void *arg)
{
    auto *seen = static_cast<Seen *>(arg);
    char name[64];

    pthread_getname_np(pthread_self(), name, sizeof(name));
    seen->id = rv_thread_id();
    seen->name = name;
    seen->blocked = BlockedSignals();
}

// Leaves exactly SIGUSR2 blocked, whatever earlier tests have done.
void BlockOnlySigusr2()
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

class OsThreadTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    Seen StartAndJoin(const char *name)
    {
        Seen seen;
        rv_thread thread;

        EXPECT_EQ(rv_thread_start(&thread, name, LookAround, &seen), 0);
        rv_thread_join(&thread);
        return seen;
    }
};

TEST_F(OsThreadTest, JoinSeesWhatTheThreadWrote)
{
    Seen seen = StartAndJoin("worker 0");

    EXPECT_EQ(seen.name, "worker 0");
    EXPECT_GT(seen.id, 0);
    EXPECT_NE(seen.id, rv_thread_id());
    EXPECT_EQ(rv_thread_id(), rv_thread_id());
}

TEST_F(OsThreadTest, LongNamesAreCut)
{
    EXPECT_EQ(StartAndJoin("0123456789abcdefgh").name, "0123456789abcde");
}

TEST_F(OsThreadTest, OnlyItsOwnFaultsCanInterruptAThread)
{
    Seen seen = StartAndJoin("masked");
    const int open[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                        SIGABRT, SIGTRAP, SIGSYS};
    const int closed[] = {SIGINT,  SIGTERM, SIGHUP,  SIGPIPE,
                          SIGPROF, SIGALRM, SIGCHLD, SIGUSR1,
                          SIGUSR2, SIGQUIT, SIGURG,  SIGRTMIN};

    for (int signal : open) {
        EXPECT_EQ(seen.blocked.count(signal), 0u) << strsignal(signal);
    }
    for (int signal : closed) {
        EXPECT_EQ(seen.blocked.count(signal), 1u) << strsignal(signal);
    }
}

TEST_F(OsThreadTest, CallersSignalMaskIsUntouched)
{
    BlockOnlySigusr2();
    StartAndJoin("worker");
    EXPECT_EQ(BlockedSignals(), std::set<int>{SIGUSR2});
}

TEST_F(OsThreadTest, RefusedThreadIsReportedAndNothingRuns)
{
    const int errors[] = {EAGAIN, ENOMEM};

    for (int error : errors) {
        Seen seen;
        rv_thread thread;

        BlockOnlySigusr2();
        rv_fault_arm("pthread_create", 1, error);
        EXPECT_EQ(rv_thread_start(&thread, "never", LookAround, &seen), -error);
        EXPECT_EQ(BlockedSignals(), std::set<int>{SIGUSR2});
        EXPECT_EQ(seen.id, 0);
    }
    EXPECT_EQ(StartAndJoin("next").name, "next");
}

TEST_F(OsThreadTest, YieldReturns)
{
    rv_thread_yield();
}

void JoinYourself(void *)
{
    rv_thread self = {};

    self.handle = pthread_self();
    rv_thread_join(&self);
}

TEST(OsThreadDeathTest, JoiningYourselfStopsTheProcess)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";

    EXPECT_EXIT(
        {
            rv_thread thread;

            EXPECT_EQ(rv_thread_start(&thread, "self", JoinYourself, nullptr),
                      0);
            pause();
        },
        ::testing::KilledBySignal(SIGABRT), "a thread cannot join itself");
}

TEST_F(OsThreadTest, SliceLeavesPolicyAndNicenessAsTheyWere)
{
    struct Scheduling {
        int policy;
        int nice;
    };
    auto look = [] {
        return Scheduling{sched_getscheduler(0),
                          getpriority(PRIO_PROCESS, rv_thread_id())};
    };
    Scheduling before{};
    Scheduling after{};
    std::thread([&] {
        setpriority(PRIO_PROCESS, rv_thread_id(), 19); // always allowed
        before = look();
        rv_thread_set_slice(100000);
        after = look();
    }).join();
    EXPECT_EQ(before.nice, 19);
    EXPECT_EQ(after.nice, before.nice);
    EXPECT_EQ(after.policy, before.policy);
}

} // namespace
