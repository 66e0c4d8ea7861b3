// At stake: a process whose handle was given back runs on, and is no zombie
// after it has ended.
#include <csignal>
#include <fcntl.h>

#include "tests/io/processes.h"

extern "C" {
#include "src/io/orphan.h"
}

namespace
{

class OrphanTest : public ProcessFixture
{
};

rove_process_options Detached()
{
    rove_process_options options = PipesFor({1});
    options.flags = ROVE_PROCESS_DETACH;
    return options;
}

bool IsGone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

TEST_F(OrphanTest, RunsOnAndIsReapedByTheRuntime)
{
    RunTasks(2, [] {
        int fds[2];
        EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
        rove_process_options options = Detached();
        options.stdio[0] = {ROVE_STDIO_FD, fds[0]};
        Child child("read line", options);
        close(fds[0]);
        pid_t pid = rove_process_pid(child.get());
        child.Free();
        EXPECT_EQ(kill(pid, 0), 0);
        EXPECT_EQ(write(fds[1], "\n", 1), 1);
        EXPECT_TRUE(YieldUntil([&] { return IsGone(pid); }));
        close(fds[1]);
    });
}

TEST_F(OrphanTest, OneThatHasEndedIsReapedAtOnce)
{
    RunTasks(1, [] {
        Child child("exit 0", Detached());
        EXPECT_EQ(child.Exit().code, 0);
    });
}

TEST_F(OrphanTest, WhoOutlivesTheRuntimeIsReapedLater)
{
    pid_t pid = 0;
    RunTasks(2, [&] {
        Child child("exec sleep 1000", Detached());
        pid = rove_process_pid(child.get());
    });
    EXPECT_EQ(kill(pid, 0), 0); // the runtime is gone, the process is not
    rv_orphans_reap();
    EXPECT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_TRUE(YieldUntil([&] {
        rove_process_free(nullptr); // of nothing: no look
        Child other("exit 0");
        EXPECT_EQ(other.Exit().code, 0);
        return IsGone(pid);
    }));
}

TEST_F(OrphanTest, WithoutARuntimeItIsReapedByALaterSpawn)
{
    Child child("exit 0", Detached());
    pid_t pid = rove_process_pid(child.get());
    child.Free();
    EXPECT_TRUE(YieldUntil([&] {
        Child other("exit 0");
        return IsGone(pid);
    }));
}

} // namespace
