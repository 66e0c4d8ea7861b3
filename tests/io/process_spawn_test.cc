// At stake: a child gets what it was meant to get and nothing else, a failure
// leaves neither child nor descriptor, and giving a handle back leaves no
// zombie.
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include "tests/io/processes.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

class ProcessSpawnTest : public ProcessFixture
{
};

TEST_F(ProcessSpawnTest, ChildHasTheThreeStreamsAndNoOtherDescriptor)
{
    int leaky = open("/dev/null", O_RDONLY); // not close-on-exec
    int high = fcntl(leaky, F_DUPFD, 700);
    RunTasks(1, [] {
        TcpPair pair;
        Child child("for fd in /proc/self/fd/*; do echo ${fd##*/}; done",
                    PipesFor({0, 1, 2}));
        EXPECT_EQ(child.Output().substr(0, 6), "0\n1\n2\n");
        Child counter("exec ls /proc/self/fd", PipesFor({0, 1, 2}));
        EXPECT_EQ(counter.Output(), "0\n1\n2\n3\n"); // 3 is ls looking
    });
    close(leaky);
    close(high);
}

// The C library keeps the signals 32 and 33 to itself, and ignores them.
TEST_F(ProcessSpawnTest, ChildHasNoSignalBlockedAndSigpipeActs)
{
    signal(SIGPIPE, SIG_IGN);
    RunTasks(1, [] {
        Child child("sed -n 's/^Sig\\(Blk\\|Ign\\):.//p' /proc/self/status",
                    PipesFor({1}));
        std::string masks = child.Output();
        ASSERT_EQ(masks.size(), 34u) << masks;
        EXPECT_EQ(std::stoull(masks.substr(0, 16), nullptr, 16), 0u);
        EXPECT_EQ(std::stoull(masks.substr(17, 16), nullptr, 16) & 0x7fffffff,
                  0u);
    });
    signal(SIGPIPE, SIG_DFL);
}

TEST_F(ProcessSpawnTest, StreamsLeadWhereTheOptionsSay)
{
    RunTasks(1, [] {
        rove_process_options options = PipesFor({1});
        options.stdio[0].kind = ROVE_STDIO_NULL;
        options.stdio[2].kind = ROVE_STDIO_MERGE;
        Child merged("cat; echo out; echo err >&2", options);
        EXPECT_EQ(merged.Output(), "out\nerr\n");

        int fds[2];
        EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
        options.stdio[1] = {ROVE_STDIO_FD, fds[1]};
        Child given("echo given", options);
        EXPECT_EQ(given.Exit().code, 0);
        char buffer[16];
        EXPECT_EQ(rove_read(fds[0], buffer, sizeof buffer), 6);
        EXPECT_EQ(std::string(buffer, 6), "given\n");
        EXPECT_EQ(rove_process_fd(given.get(), 1), -EBADF);
        close(fds[0]);
        close(fds[1]); // it stayed ours
    });
}

TEST_F(ProcessSpawnTest, EnvironmentAndDirectoryAreGiven)
{
    RunTasks(1, [] {
        rove_process_options options = PipesFor({1});
        const char *const env[] = {"WORD=hello", nullptr};
        options.env = env;
        options.cwd = "/usr";
        Child child("echo $WORD; pwd", options);
        EXPECT_EQ(child.Output(), "hello\n/usr\n");
    });
}

TEST_F(ProcessSpawnTest, ProgramThatCannotBeLoadedIsTheError)
{
    auto use = [] {
        rove_process *none = nullptr;
        rove_process_options options = PipesFor({0, 1, 2});
        const char *const missing[] = {"no-such-program", nullptr};
        EXPECT_EQ(rove_process_spawn(&options, missing, &none), -ENOENT);
        const char *const directory[] = {"/usr", nullptr};
        EXPECT_EQ(rove_process_spawn(&options, directory, &none), -EACCES);
        const char *const fine[] = {"true", nullptr};
        options.cwd = "/no/such/directory";
        EXPECT_EQ(rove_process_spawn(&options, fine, &none), -ENOENT);
        options.cwd = nullptr;
        options.stdio[0] = {ROVE_STDIO_FD, -1};
        EXPECT_EQ(rove_process_spawn(&options, fine, &none), -EBADF);
        options.stdio[0] = {ROVE_STDIO_MERGE, 0};
        EXPECT_EQ(rove_process_spawn(&options, fine, &none), -EINVAL);
        options.stdio[0].kind = ROVE_STDIO_NULL;
        options.flags = 4;
        EXPECT_EQ(rove_process_spawn(&options, fine, &none), -EINVAL);
        options = ProcessOptions();
        options.size--;
        EXPECT_EQ(rove_process_spawn(&options, fine, &none), -EINVAL);
        EXPECT_EQ(none, nullptr);
    };
    use();
    RunTasks(1, use);
}

TEST_F(ProcessSpawnTest, ShortageAtAnyStepLeavesNothing)
{
    RunTasks(1, [] {
        rove_process *none = nullptr;
        const char *const argv[] = {"true", nullptr};
        rove_process_options options = PipesFor({0, 1, 2});
        for (uint64_t nth = 1; nth <= 3; nth++) {
            rv_fault_arm("rv_fd_pipe", nth, EMFILE);
            EXPECT_EQ(rove_process_spawn(&options, argv, &none), -EMFILE);
        }
        rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
        EXPECT_EQ(rove_process_spawn(&options, argv, &none), -ENOMEM);
        rv_fault_arm("rv_child_start", 1, EAGAIN);
        EXPECT_EQ(rove_process_spawn(&options, argv, &none), -EAGAIN);
        rv_fault_disarm();
    });
}

TEST_F(ProcessSpawnTest, FreeingKillsWhatStillRunsAndReapsIt)
{
    RunTasks(2, [] {
        Child child("trap '' TERM; echo ready; while :; do sleep 1000; done",
                    PipesFor({0, 1}));
        EXPECT_EQ(child.Line(), "ready\n");
        pid_t pid = rove_process_pid(child.get());
        child.Free();
        EXPECT_EQ(kill(pid, 0), -1);
        rove_process_free(nullptr);
    });
}

TEST_F(ProcessSpawnTest, FreeingInACancelledTaskStillReaps)
{
    RunTasks(2, [] {
        Child child("exec sleep 1000");
        Task owner([&] {
            EXPECT_EQ(rove_process_wait(child.get(), nullptr), -ECANCELED);
            child.Free();
            EXPECT_TRUE(rove_cancelled());
        });
        owner.Cancel();
    });
}

TEST_F(ProcessSpawnTest, TwoHundredChildrenRunAtOnce)
{
    constexpr int count = 200;
    RunTasks(2, [] {
        std::vector<rove_process *> all(count);
        rove_process_options options = PipesFor({0});
        for (auto &process : all) {
            const char *const argv[] = {"cat", nullptr};
            ASSERT_EQ(rove_process_spawn(&options, argv, &process), 0);
        }
        for (rove_process *process : all) {
            EXPECT_EQ(rove_close(rove_process_take_fd(process, 0)), 0);
        }
        for (rove_process *process : all) {
            rove_exit exit = {-1, -1, false};
            EXPECT_EQ(rove_process_wait(process, &exit), 0);
            EXPECT_EQ(exit.code, 0);
            rove_process_free(process);
        }
    });
}

} // namespace
