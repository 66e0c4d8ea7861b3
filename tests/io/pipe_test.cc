// At stake: a pipe carries every byte and its end, whoever waits for whom, and
// a broken one is an error and never a signal; a terminal of others is read
// without blocking a worker and without touching its flags.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <termios.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "rove/rove.h"

extern "C" {
#include "tests/support/fault.h"
}

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

struct RovePipe {
    RovePipe()
    {
        int fds[2] = {-1, -1};
        EXPECT_EQ(rove_pipe(fds), 0);
        out = fds[0];
        in = fds[1];
    }

    RovePipe(const RovePipe &) = delete;
    RovePipe &operator=(const RovePipe &) = delete;

    ~RovePipe()
    {
        Close(&out);
        Close(&in);
    }

    static void Close(int *fd)
    {
        if (*fd >= 0) {
            EXPECT_EQ(rove_close(*fd), 0);
        }
        *fd = -1;
    }

    int out;
    int in;
};

char ByteAt(size_t i)
{
    return static_cast<char>((i * 2654435761u) >> 13);
}

std::string Pattern(size_t size)
{
    std::string pattern(size, ' ');
    for (size_t i = 0; i < size; i++) {
        pattern[i] = ByteAt(i);
    }
    return pattern;
}

// Reads to the end in pieces of odd sizes.
std::string ReadAll(int fd)
{
    std::string all;
    std::vector<char> buffer(30011);
    ssize_t n;
    while ((n = rove_read(fd, buffer.data(),
                          1 + all.size() * 7 % buffer.size())) > 0) {
        all.append(buffer.data(), static_cast<size_t>(n));
    }
    EXPECT_EQ(n, 0);
    return all;
}

void SendBySizes(int fd, const std::string &all)
{
    for (size_t done = 0; done < all.size();) {
        size_t size = std::min(all.size() - done, 1 + done * 13 % 200003);
        ssize_t n = rove_write(fd, &all[done], size);
        ASSERT_GT(n, 0);
        done += static_cast<size_t>(n);
        struct iovec parts[] = {
            {nullptr, 0},
            {const_cast<char *>(&all[done]), (all.size() - done) / 2},
        };
        n = rove_writev(fd, parts, 2);
        ASSERT_GE(n, 0);
        done += static_cast<size_t>(n);
    }
}

TEST(PipeTest, EveryByteArrivesOnceAndThenTheEnd)
{
    std::string all = Pattern(8 << 20);
    RunTasks(2, [&] {
        RovePipe pipe;
        Task writer([&] {
            SendBySizes(pipe.in, all);
            RovePipe::Close(&pipe.in);
        });
        EXPECT_TRUE(ReadAll(pipe.out) == all);
    });
}

TEST(PipeTest, PlainThreadsExchangeThroughIt)
{
    std::string all = Pattern(1 << 20);
    RovePipe pipe;
    std::thread writer([&] {
        SendBySizes(pipe.in, all);
        RovePipe::Close(&pipe.in);
    });
    EXPECT_TRUE(ReadAll(pipe.out) == all);
    writer.join();
}

TEST(PipeTest, DescriptorsDoNotOutliveAnExecAndDoNotBlock)
{
    RovePipe pipe;
    for (int fd : {pipe.in, pipe.out}) {
        EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
        EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    }
}

TEST(PipeTest, BrokenPipeIsAnErrorAndNoSignal)
{
    signal(SIGPIPE, SIG_DFL); // would end the process
    auto use = [] {
        RovePipe pipe;
        RovePipe::Close(&pipe.out);
        char byte = 'x';
        struct iovec part = {&byte, 1};
        EXPECT_EQ(rove_write(pipe.in, &byte, 1), -EPIPE);
        EXPECT_EQ(rove_writev(pipe.in, &part, 1), -EPIPE);
        EXPECT_EQ(rove_write_all(pipe.in, &byte, 1, nullptr), -EPIPE);
        EXPECT_EQ(rove_send(pipe.in, &byte, 1, 0), -ENOTSOCK);
    };
    use();
    RunTasks(1, use);
}

TEST(PipeTest, WaitingWriterIsToldThatTheReaderIsGone)
{
    RunTasks(2, [] {
        RovePipe pipe;
        std::string block(1 << 20, 'b');
        Task writer([&] {
            size_t moved = 0;
            EXPECT_GT(
                rove_write_all(pipe.in, block.data(), block.size(), &moved), 0);
            EXPECT_LT(moved, block.size());
            EXPECT_EQ(rove_write(pipe.in, "x", 1), -EPIPE);
        });
        EXPECT_TRUE(AwaitWaiter(pipe.in, RV_SIDE_WRITE));
        RovePipe::Close(&pipe.out);
    });
}

TEST(PipeTest, ReaderThatIsCancelledHasTakenNothing)
{
    RunTasks(1, [] {
        RovePipe pipe;
        char byte = 0;
        Task reader(
            [&] { EXPECT_EQ(rove_read(pipe.out, &byte, 1), -ECANCELED); });
        EXPECT_TRUE(AwaitWaiter(pipe.out, RV_SIDE_READ));
        reader.Cancel();
        reader.Join();
        EXPECT_EQ(rove_write(pipe.in, "x", 1), 1);
        EXPECT_EQ(rove_read(pipe.out, &byte, 1), 1);
        EXPECT_EQ(byte, 'x');
    });
}

TEST(PipeTest, RefusedOneLeavesNoDescriptor)
{
    int before = CountFds();
    int fds[2] = {-7, -7};
    rv_fault_arm("rv_fd_pipe", 1, EMFILE);
    EXPECT_EQ(rove_pipe(fds), -EMFILE);
    rv_fault_disarm();
    EXPECT_EQ(fds[0], -7);
    EXPECT_EQ(fds[1], -7);
    EXPECT_EQ(CountFds(), before);
}

// Two sides of a terminal: what a person types, and what a program reads.
struct Terminal {
    Terminal()
    {
        person = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        EXPECT_EQ(grantpt(person), 0);
        EXPECT_EQ(unlockpt(person), 0);
        program = open(ptsname(person), O_RDWR | O_NOCTTY | O_CLOEXEC);
        EXPECT_GE(program, 0);
        struct termios modes;
        EXPECT_EQ(tcgetattr(program, &modes), 0);
        modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        modes.c_oflag &= ~static_cast<tcflag_t>(OPOST);
        EXPECT_EQ(tcsetattr(program, TCSANOW, &modes), 0);
    }

    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;

    ~Terminal()
    {
        close(program);
        if (person >= 0) {
            close(person);
        }
    }

    int person;
    int program;
};

TEST(PipeTest, TerminalIsReadLineByLineWithoutBlocking)
{
    RunTasks(1, [] {
        Terminal terminal;
        int flags = fcntl(terminal.program, F_GETFL);
        std::string first;
        std::string second;
        Task reader([&] {
            char line[64];
            ssize_t n = rove_read(terminal.program, line, sizeof line);
            first.assign(line, static_cast<size_t>(n > 0 ? n : 0));
            n = rove_read(terminal.program, line, sizeof line);
            second.assign(line, static_cast<size_t>(n > 0 ? n : 0));
            EXPECT_EQ(rove_read(terminal.program, line, sizeof line), 0);
        });
        EXPECT_TRUE(AwaitWaiter(terminal.program, RV_SIDE_READ));
        EXPECT_EQ(rove_write(terminal.person, "half", 4), 4);
        EXPECT_TRUE(AwaitWaiter(terminal.program, RV_SIDE_READ));
        EXPECT_EQ(rove_write(terminal.person, " one\ntwo\n", 9), 9);
        EXPECT_TRUE(YieldUntil([&] { return !second.empty(); }));
        EXPECT_EQ(rove_write(terminal.person, "\4", 1), 1); // end of file
        reader.Join();
        EXPECT_EQ(first, "half one\n");
        EXPECT_EQ(second, "two\n");
        EXPECT_EQ(fcntl(terminal.program, F_GETFL), flags);
    });
}

TEST(PipeTest, TerminalThatHangsUpEndsTheRead)
{
    RunTasks(1, [] {
        Terminal terminal;
        Task reader([&] {
            char byte;
            EXPECT_EQ(rove_read(terminal.program, &byte, 1), 0);
            EXPECT_EQ(rove_write(terminal.program, "x", 1), -EIO);
        });
        EXPECT_TRUE(AwaitWaiter(terminal.program, RV_SIDE_READ));
        close(terminal.person);
        terminal.person = -1;
    });
}

} // namespace
