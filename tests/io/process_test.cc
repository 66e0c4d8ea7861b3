// At stake: every waiter learns how the process ended, a wait that is cancelled
// leaves it alone, and a process that will not end is ended.
#include <csignal>
#include <thread>

#include "tests/io/processes.h"

extern "C" {
#include "src/sched/poll_wait.h"
#include "tests/support/fault.h"
}

namespace
{

constexpr char kStubborn[] =
    "trap '' TERM; echo ready; while :; do sleep 1000; done";

class ProcessTest : public ProcessFixture
{
};

TEST_F(ProcessTest, ExitsAreDecoded)
{
    auto use = [] {
        Child code("exit 7");
        EXPECT_EQ(code.Exit().code, 7);
        EXPECT_EQ(code.Exit().signal, 0); // asked again
        Child killed("kill -USR1 $$");
        rove_exit exit = killed.Exit();
        EXPECT_EQ(exit.signal, SIGUSR1);
        EXPECT_EQ(exit.code, 0);
    };
    use();
    RunTasks(1, use);
}

TEST_F(ProcessTest, AnyNumberMayWaitAndEachIsTold)
{
    RunTasks(2, [] {
        Child child("read line; exit 3", PipesFor({0}));
        std::atomic<int> told{0};
        auto wait = [&] {
            rove_exit exit = {-1, -1, false};
            EXPECT_EQ(rove_process_wait(child.get(), &exit), 0);
            EXPECT_EQ(exit.code, 3);
            told++;
        };
        Task first(wait);
        Task second(wait);
        Task third(wait);
        std::thread fourth(wait);
        EXPECT_EQ(rove_write(rove_process_fd(child.get(), 0), "\n", 1), 1);
        first.Join();
        second.Join();
        third.Join();
        fourth.join();
        EXPECT_EQ(told, 4);
    });
}

TEST_F(ProcessTest, CancelledWaitLeavesTheProcessAlone)
{
    RunTasks(1, [] {
        Child child("read line; exit 4", PipesFor({0}));
        Task waiter([&] {
            EXPECT_EQ(rove_process_wait(child.get(), nullptr), -ECANCELED);
        });
        EXPECT_TRUE(YieldUntil([] { return true; }));
        waiter.Cancel();
        waiter.Join();
        int status = 0;
        ROVE_TIMEOUT(1 * ROVE_MS, &status)
        {
            EXPECT_EQ(rove_process_wait(child.get(), nullptr), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(rove_write(rove_process_fd(child.get(), 0), "\n", 1), 1);
        EXPECT_EQ(child.Exit().code, 4);
    });
}

TEST_F(ProcessTest, SignalsReachItUntilItWasWaitedFor)
{
    RunTasks(1, [] {
        Child child("exec sleep 1000");
        EXPECT_EQ(rove_process_signal(child.get(), 0), 0);
        EXPECT_EQ(rove_process_signal(child.get(), 1000), -EINVAL);
        EXPECT_EQ(rove_process_terminate(child.get()), 0);
        EXPECT_EQ(child.Exit().signal, SIGTERM);
        EXPECT_EQ(rove_process_kill(child.get()), -ESRCH);
    });
}

TEST_F(ProcessTest, ShutdownGivesGraceToWhoListens)
{
    RunTasks(1, [] {
        Child child("trap 'exit 9' TERM; echo ready; read line",
                    PipesFor({0, 1}));
        EXPECT_EQ(child.Line(), "ready\n");
        rove_exit exit;
        EXPECT_EQ(rove_process_shutdown(child.get(), ROVE_FOREVER, &exit), 0);
        EXPECT_EQ(exit.code, 9);
        EXPECT_EQ(exit.signal, 0);
        EXPECT_EQ(rove_process_shutdown(child.get(), 0, &exit), 0); // again
    });
}

TEST_F(ProcessTest, ShutdownKillsWhoIgnoresSigterm)
{
    auto use = [] {
        Child child(kStubborn, PipesFor({1}));
        EXPECT_EQ(child.Line(), "ready\n");
        rove_exit exit;
        EXPECT_EQ(rove_process_shutdown(child.get(), 20 * ROVE_MS, &exit), 0);
        EXPECT_EQ(exit.signal, SIGKILL);
    };
    use();
    RunTasks(1, use);
}

TEST_F(ProcessTest, ShutdownInACancelledTaskGivesNoGrace)
{
    RunTasks(1, [] {
        Child child(kStubborn, PipesFor({1}));
        EXPECT_EQ(child.Line(), "ready\n");
        Task owner([&] {
            rove_exit exit;
            EXPECT_EQ(rove_process_shutdown(child.get(), ROVE_FOREVER, &exit),
                      0);
            EXPECT_EQ(exit.signal, SIGKILL);
        });
        owner.Cancel();
    });
}

// The group's second process holds the pipe: its end says that it is gone.
TEST_F(ProcessTest, ShutdownOfAGroupEndsThoseWhoAreLeft)
{
    RunTasks(1, [] {
        rove_process_options options = PipesFor({0, 1});
        options.flags = ROVE_PROCESS_GROUP;
        Child child("(trap '' TERM; echo ready; read line <&3; "
                    "exec sleep 1000) 3<&0 & wait",
                    options);
        EXPECT_EQ(child.Line(), "ready\n");
        rove_exit exit;
        EXPECT_EQ(rove_process_shutdown(child.get(), ROVE_FOREVER, &exit), 0);
        EXPECT_EQ(exit.signal, SIGTERM);
        EXPECT_EQ(child.Line(), "");
    });
}

// As one that runs as another user.
TEST_F(ProcessTest, WhoMayNotBeSignalledIsNotWaitedFor)
{
    RunTasks(1, [] {
        Child child("read line; exit 5", PipesFor({0}));
        pid_t pid = rove_process_pid(child.get());
        int input = rove_process_take_fd(child.get(), 0);
        std::atomic<bool> is_done{false};
        rv_fault_arm_every("rv_child_signal", 1, EPERM);
        Task owner([&] {
            EXPECT_EQ(rove_process_shutdown(child.get(), 0, nullptr), -EPERM);
            child.Free();
            is_done = true;
        });
        EXPECT_TRUE(YieldUntil([&] { return is_done.load(); }));
        rv_fault_disarm();
        EXPECT_EQ(kill(pid, 0), 0);
        EXPECT_EQ(rove_write(input, "\n", 1), 1);
        EXPECT_EQ(rove_close(input), 0);
        owner.Join();
        EXPECT_TRUE(YieldUntil([&] { return kill(pid, 0) != 0; }));
    });
}

TEST_F(ProcessTest, WhatOthersHaveReapedIsReported)
{
    RunTasks(1, [] {
        Child child("exit 0");
        EXPECT_EQ(waitpid(rove_process_pid(child.get()), nullptr, 0),
                  rove_process_pid(child.get()));
        EXPECT_EQ(rove_process_wait(child.get(), nullptr), -ECHILD);
        EXPECT_EQ(rove_process_wait(child.get(), nullptr), -ECHILD);
        EXPECT_EQ(rove_process_kill(child.get()), -ESRCH);
    });
}

TEST_F(ProcessTest, WithoutADescriptorToWaitWithFreeingBlocks)
{
    Child child("exec sleep 1000");
    rv_fault_arm_every("rv_event_fd_open", 1, EMFILE);
    EXPECT_EQ(rove_process_wait(child.get(), nullptr), -EMFILE);
    child.Free();
    rv_fault_disarm();
}

TEST_F(ProcessTest, StreamsThatAreNoPipesAreNone)
{
    RunTasks(1, [] {
        Child child("exit 0", PipesFor({1}));
        for (int stream : {-1, 0, 2, 3}) {
            EXPECT_EQ(rove_process_fd(child.get(), stream), -EBADF);
            EXPECT_EQ(rove_process_take_fd(child.get(), stream), -EBADF);
        }
        int fd = rove_process_take_fd(child.get(), 1);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(rove_process_fd(child.get(), 1), -EBADF);
        child.Free();
        EXPECT_EQ(rove_close(fd), 0);
    });
}

} // namespace
