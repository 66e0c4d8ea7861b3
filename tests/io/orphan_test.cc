// At stake: a process whose handle was given back runs on, and is no zombie
// after it has ended.
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <vector>

#include "tests/io/processes.h"

extern "C" {
#include "src/io/orphan.h"
#include "tests/support/fault.h"
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

// One of many: some get a stack and wait, the others are left without.
struct Sleeper {
    rove_event *is_over;
    bool has_begun;
    rove_task *task;
};

int64_t SleepUntilOver(void *arg)
{
    auto *self = static_cast<Sleeper *>(arg);
    self->has_begun = true;
    return rove_event_wait(self->is_over);
}

TEST_F(OrphanTest, WithoutAStackToWaitOnItIsReapedByALaterSpawn)
{
    RunTasks(1, [] {
        Child child("exec sleep 1000", Detached());
        pid_t pid = rove_process_pid(child.get());
        rove_event is_over = ROVE_EVENT_INIT;
        std::vector<Sleeper> sleepers(100, {&is_over, false, nullptr});
        rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
        for (Sleeper &sleeper : sleepers) {
            sleeper.task = rove_spawn(SleepUntilOver, &sleeper);
        }
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(rove_yield(), 0); // all have been looked at
        }
        child.Free();
        auto starved =
            std::find_if(sleepers.begin(), sleepers.end(),
                         [](const Sleeper &one) { return !one.has_begun; });
        ASSERT_NE(starved, sleepers.end());
        // With nothing else to do the worker gives up all who have no stack.
        EXPECT_EQ(rove_join(starved->task), -ENOMEM);
        starved->task = nullptr;
        rv_fault_disarm();
        rove_event_set(&is_over);
        for (const Sleeper &sleeper : sleepers) {
            (void)rove_join(sleeper.task); // NULL: does nothing
        }
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        EXPECT_TRUE(YieldUntil([&] {
            Child other("exit 0");
            return IsGone(pid);
        }));
    });
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
