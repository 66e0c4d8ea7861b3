// At stake: neither side waits for the other for ever, however much flows, and
// a call that ends early has lost nothing.
#include <algorithm>
#include <csignal>
#include <fcntl.h>

#include "tests/io/processes.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

class ProcessTalkTest : public ProcessFixture
{
};

std::string Pattern(size_t size)
{
    std::string pattern(size, ' ');
    for (size_t i = 0; i < size; i++) {
        pattern[i] = static_cast<char>((i * 2654435761u) >> 13);
    }
    return pattern;
}

TEST_F(ProcessTalkTest, MebibytesFlowBothWays)
{
    std::string all = Pattern(1 << 20);
    RunTasks(2, [&] {
        Child child("tee /dev/stderr; exit 3", PipesFor({0, 1, 2}));
        rove_process_result result;
        EXPECT_EQ(rove_process_communicate(child.get(), all.data(), all.size(),
                                           all.size(), &result),
                  0);
        EXPECT_TRUE(std::string(result.out, result.out_size) == all);
        EXPECT_TRUE(std::string(result.err, result.err_size) == all);
        EXPECT_EQ(result.out[result.out_size], '\0');
        EXPECT_EQ(result.exit.code, 3);
    });
}

TEST_F(ProcessTalkTest, ChildThatDoesNotReadIsNoError)
{
    signal(SIGPIPE, SIG_DFL);
    std::string all = Pattern(1 << 20);
    RunTasks(1, [&] {
        Child child("exec <&-; echo done", PipesFor({0, 1}));
        rove_process_result result;
        EXPECT_EQ(rove_process_communicate(child.get(), all.data(), all.size(),
                                           100, &result),
                  0);
        EXPECT_EQ(std::string(result.out), "done\n");
        EXPECT_EQ(result.err, nullptr);
        EXPECT_EQ(result.err_size, 0u);
    });
}

TEST_F(ProcessTalkTest, NothingToSayAndNothingToHear)
{
    RunTasks(1, [] {
        Child child("cat", PipesFor({0, 1}));
        rove_process_result result;
        EXPECT_EQ(rove_process_communicate(child.get(), nullptr, 0, 0, &result),
                  0);
        EXPECT_EQ(std::string(result.out), "");
        Child silent("exit 2");
        EXPECT_EQ(rove_process_communicate(silent.get(), "x", 1, 0, &result),
                  -EINVAL);
        EXPECT_EQ(
            rove_process_communicate(silent.get(), nullptr, 0, 0, &result), 0);
        EXPECT_EQ(result.exit.code, 2);
        EXPECT_EQ(result.out, nullptr);
    });
}

TEST_F(ProcessTalkTest, MoreThanTheLimitIsReportedAndKept)
{
    RunTasks(1, [] {
        Child child("echo 12345678; exit 1", PipesFor({1}));
        rove_process_result result;
        for (size_t limit : {0, 3, 8}) {
            EXPECT_EQ(rove_process_communicate(child.get(), nullptr, 0, limit,
                                               &result),
                      -EMSGSIZE);
        }
        EXPECT_EQ(rove_process_communicate(child.get(), nullptr, 0, 9, &result),
                  0);
        EXPECT_EQ(std::string(result.out), "12345678\n");
        EXPECT_EQ(result.exit.code, 1);
    });
}

TEST_F(ProcessTalkTest, CancelledCallKillsNothingAndIsContinued)
{
    std::string all = Pattern(1 << 20);
    RunTasks(2, [&] {
        // It stops reading in the middle until it is told to go on.
        int fds[2];
        EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
        rove_process_options options = PipesFor({0, 1});
        options.stdio[2] = {ROVE_STDIO_FD, fds[0]};
        Child child("head -c 300000; head -c 1 <&2 >/dev/null; exec cat",
                    options);
        close(fds[0]);
        rove_process_result result;
        Task talker([&] {
            EXPECT_EQ(rove_process_communicate(child.get(), all.data(),
                                               all.size(), all.size(), &result),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(rove_process_fd(child.get(), 1), RV_SIDE_READ));
        talker.Cancel();
        talker.Join();
        EXPECT_EQ(rove_process_signal(child.get(), 0), 0);
        EXPECT_EQ(write(fds[1], "x", 1), 1);
        EXPECT_EQ(rove_process_communicate(child.get(), all.data(), all.size(),
                                           all.size(), &result),
                  0);
        EXPECT_TRUE(std::string(result.out, result.out_size) == all);
        close(fds[1]);
    });
}

TEST_F(ProcessTalkTest, WithoutMemoryNothingIsLost)
{
    std::string all = Pattern(100000);
    RunTasks(1, [&] {
        Child child("cat", PipesFor({0, 1}));
        rove_process_result result;
        int calls = 0;
        int error;
        do {
            calls++;
            rv_fault_arm("rv_mem_alloc", 2, ENOMEM);
            error = rove_process_communicate(child.get(), all.data(),
                                             all.size(), all.size(), &result);
            rv_fault_disarm();
        } while (error == -ENOMEM && calls < 100);
        EXPECT_EQ(error, 0);
        EXPECT_GT(calls, 1);
        EXPECT_TRUE(std::string(result.out, result.out_size) == all);
    });
}

} // namespace
