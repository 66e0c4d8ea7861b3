// At stake: what a child inherits, that an error leaves no child behind, and
// that every way to end is told apart. The kernel's answers are those of real
// children of this test.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "src/platform/child.h"
#include "src/platform/fd_io.h"
#include "tests/support/fault.h"
}

#include "gtest/gtest.h"

namespace
{

class ChildTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        plan_.fds[0] = RV_CHILD_NULL;
        plan_.fds[1] = RV_CHILD_INHERIT;
        plan_.fds[2] = RV_CHILD_INHERIT;
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1); // no child is left
        EXPECT_EQ(errno, ECHILD);
    }

    int Shell(const char *script)
    {
        const char *const argv[] = {"sh", "-c", script, nullptr};
        plan_.argv = argv;
        int pidfd = rv_child_start(&plan_, &pid_);
        plan_.argv = nullptr;
        return pidfd;
    }

    rv_child_exit EndOf(int pidfd)
    {
        rv_child_exit exit = {-1, -1, false};
        struct pollfd end = {pidfd, POLLIN, 0};
        EXPECT_EQ(rv_fd_poll(&end, 1, -1), 1);
        EXPECT_EQ(rv_child_reap(pidfd, &exit), 0);
        EXPECT_EQ(rv_child_reap(pidfd, &exit), -ECHILD);
        EXPECT_EQ(rv_child_signal(pidfd, SIGTERM), -ESRCH);
        EXPECT_EQ(rv_fd_close(pidfd), 0);
        return exit;
    }

    std::string OutputOf(const char *script)
    {
        int fds[2];
        EXPECT_EQ(pipe(fds), 0);
        plan_.fds[1] = fds[1];
        int pidfd = Shell(script);
        EXPECT_GE(pidfd, 0);
        close(fds[1]);
        std::string all;
        char buffer[256];
        ssize_t n;
        while ((n = read(fds[0], buffer, sizeof buffer)) > 0) {
            all.append(buffer, static_cast<size_t>(n));
        }
        close(fds[0]);
        EXPECT_EQ(EndOf(pidfd).code, 0);
        return all;
    }

    rv_child_plan plan_ = {};
    pid_t pid_ = 0;
};

TEST_F(ChildTest, EndsAreToldApart)
{
    int pidfd = Shell("exit 7");
    ASSERT_GE(pidfd, 0);
    EXPECT_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
    rv_child_exit exit = EndOf(pidfd);
    EXPECT_EQ(exit.code, 7);
    EXPECT_EQ(exit.signal, 0);
    exit = EndOf(Shell("kill -USR1 $$"));
    EXPECT_EQ(exit.code, 0);
    EXPECT_EQ(exit.signal, SIGUSR1);
    EXPECT_FALSE(exit.has_dumped);
}

TEST_F(ChildTest, RunningChildIsNotReaped)
{
    int pidfd = Shell("read line; exit 0");
    rv_child_exit exit;
    EXPECT_EQ(rv_child_signal(pidfd, 0), 0);
    (void)EndOf(pidfd); // its input is empty
    plan_.fds[0] = RV_CHILD_INHERIT;
    pidfd = Shell("kill -STOP $$; exit 3");
    EXPECT_EQ(rv_child_reap(pidfd, &exit), -EAGAIN); // at most stopped
    EXPECT_EQ(rv_child_signal(pidfd, SIGKILL), 0);
    EXPECT_EQ(EndOf(pidfd).signal, SIGKILL);
}

TEST_F(ChildTest, StreamsMayBeGivenCrosswise)
{
    int fds[2];
    EXPECT_EQ(pipe(fds), 0);
    int saved = fcntl(1, F_DUPFD_CLOEXEC, 3);
    int saved_errors = fcntl(2, F_DUPFD_CLOEXEC, 3);
    // Number 1 is the pipe here, and becomes 2 there; 2 becomes 1.
    dup2(fds[1], 1);
    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
    plan_.fds[1] = 2;
    plan_.fds[2] = 1;
    int pidfd = Shell("echo lost; echo errors >&2");
    dup2(saved, 1);
    dup2(saved_errors, 2);
    close(fds[1]);
    char buffer[32];
    EXPECT_EQ(read(fds[0], buffer, sizeof buffer), 7);
    EXPECT_EQ(std::string(buffer, 7), "errors\n");
    EXPECT_EQ(EndOf(pidfd).code, 0);
    close(fds[0]);
}

TEST_F(ChildTest, EnvironmentAndDirectoryAreThoseOfThePlan)
{
    const char *const env[] = {"WORD=hello", "PATH=/usr/bin:/bin", nullptr};
    plan_.env = env;
    plan_.cwd = "/usr";
    EXPECT_EQ(OutputOf("pwd; echo $WORD; echo ${HOME-none}"),
              "/usr\nhello\nnone\n");
}

TEST_F(ChildTest, GroupIsSignalledAsAWhole)
{
    plan_.leads_group = true;
    int pidfd = Shell("sleep 1000 & wait");
    ASSERT_GE(pidfd, 0);
    EXPECT_EQ(getpgid(pid_), pid_);
    EXPECT_EQ(rv_child_signal_group(pid_, SIGKILL), 0);
    EXPECT_EQ(EndOf(pidfd).signal, SIGKILL);
}

TEST_F(ChildTest, WhatCannotBeStartedLeavesNothing)
{
    const char *const missing[] = {"/no/such/program", nullptr};
    plan_.argv = missing;
    EXPECT_EQ(rv_child_start(&plan_, &pid_), -ENOENT);
    const char *const directory[] = {"/usr", nullptr};
    plan_.argv = directory;
    EXPECT_EQ(rv_child_start(&plan_, &pid_), -EACCES);
    plan_.cwd = "/no/such/directory";
    EXPECT_EQ(Shell("exit 0"), -ENOENT);
    plan_.cwd = nullptr;
    plan_.fds[1] = 999;
    EXPECT_EQ(Shell("exit 0"), -EBADF);
    EXPECT_EQ(pid_, 0);
}

// The process is there already: it is killed before it does anything.
TEST_F(ChildTest, ChildWithoutAPidfdIsKilledAndReaped)
{
    rv_fault_arm("pidfd_open", 1, EMFILE);
    EXPECT_EQ(Shell("sleep 1000"), -EMFILE);
}

} // namespace
