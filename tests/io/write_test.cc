// At stake: every byte is taken once and in order, however slowly the other end
// reads, and a broken connection is an error and never a signal.
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/un.h>
#include <thread>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

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

// Reads to the end in odd pieces; whether it was the pattern, and all of it.
bool ReadsPattern(int fd, size_t size)
{
    std::vector<char> buffer(7919);
    size_t done = 0;
    ssize_t n;
    while ((n = rove_read(fd, buffer.data(), 1 + done % buffer.size())) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (buffer[static_cast<size_t>(i)] !=
                ByteAt(done + static_cast<size_t>(i))) {
                return false;
            }
        }
        done += static_cast<size_t>(n);
    }
    return n == 0 && done == size;
}

TEST(WriteTest, WhatDoesNotFitIsWrittenLater)
{
    RunTasks(2, [] {
        constexpr size_t size = 20 << 20;
        TcpPair pair;
        Task reader([&] { EXPECT_TRUE(ReadsPattern(pair.far, size)); });
        std::string all = Pattern(size);
        size_t moved = 0;
        EXPECT_EQ(rove_write_all(pair.near, all.data(), size, &moved),
                  static_cast<ssize_t>(size));
        EXPECT_EQ(moved, size);
        pair.CloseNear();
    });
}

TEST(WriteTest, BothDirectionsFlowAtOnce)
{
    RunTasks(2, [] {
        constexpr size_t size = 4 << 20;
        TcpPair pair;
        std::string all = Pattern(size);
        auto send = [&](int fd) {
            EXPECT_EQ(rove_write_all(fd, all.data(), size, nullptr),
                      static_cast<ssize_t>(size));
            EXPECT_EQ(rove_shutdown(fd, SHUT_WR), 0);
        };
        Task near_reader([&] { EXPECT_TRUE(ReadsPattern(pair.near, size)); });
        Task far_reader([&] { EXPECT_TRUE(ReadsPattern(pair.far, size)); });
        Task near_writer([&] { send(pair.near); });
        Task far_writer([&] { send(pair.far); });
    });
}

TEST(WriteTest, PartsAreWrittenInTurn)
{
    RunTasks(1, [] {
        TcpPair pair;
        char first[] = "ab";
        char second[] = "cde";
        struct iovec parts[] = {{first, 2}, {nullptr, 0}, {second, 3}};
        EXPECT_EQ(rove_writev(pair.near, parts, 3), 5);
        char buffer[8];
        EXPECT_EQ(rove_read_exact(pair.far, buffer, 5, nullptr), 5);
        EXPECT_EQ(std::string(buffer, 5), "abcde");
        EXPECT_EQ(rove_writev(pair.near, parts, -1), -EINVAL);
        EXPECT_EQ(rove_writev(pair.near, parts, IOV_MAX + 1), -EINVAL);
        EXPECT_EQ(rove_writev(pair.near, parts, 0), 0);
    });
}

TEST(WriteTest, MessagesAreSentWhole)
{
    RunTasks(1, [] {
        TcpPair pair;
        char text[] = "message";
        struct iovec part = {text, 7};
        struct msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        EXPECT_EQ(rove_sendmsg(pair.near, &message, 0), 7);
        EXPECT_EQ(rove_send(pair.near, "!", 1, 0), 1);
        char buffer[16];
        EXPECT_EQ(rove_read_exact(pair.far, buffer, 8, nullptr), 8);
        EXPECT_EQ(std::string(buffer, 8), "message!");
    });
}

TEST(WriteTest, BrokenConnectionIsAnErrorAndNoSignal)
{
    signal(SIGPIPE, SIG_DFL); // would end the process
    auto use = [] {
        TcpPair pair;
        EXPECT_EQ(rove_shutdown(pair.near, SHUT_WR), 0);
        struct iovec part = {&pair, 1};
        struct msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        EXPECT_EQ(rove_write(pair.near, "x", 1), -EPIPE);
        EXPECT_EQ(rove_writev(pair.near, &part, 1), -EPIPE);
        EXPECT_EQ(rove_send(pair.near, "x", 1, 0), -EPIPE);
        EXPECT_EQ(rove_sendmsg(pair.near, &message, 0), -EPIPE);
        EXPECT_EQ(rove_write_all(pair.near, "x", 1, nullptr), -EPIPE);
        Pipe pipe;
        close(pipe.out);
        pipe.out = open("/dev/null", O_RDONLY);
        EXPECT_EQ(rove_write(pipe.in, "x", 1), -EPIPE);
        EXPECT_EQ(rove_writev(pipe.in, &part, 1), -EPIPE);
    };
    use();
    RunTasks(1, use);
}

TEST(WriteTest, WaitingWriterIsToldThatThePeerIsGone)
{
    RunTasks(2, [] {
        TcpPair pair;
        pair.Fill();
        Task writer([&] {
            ssize_t n;
            while ((n = rove_write(pair.near, "x", 1)) > 0) {
            }
            EXPECT_TRUE(n == -EPIPE || n == -ECONNRESET) << n;
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        pair.CloseFar();
    });
}

TEST(WriteTest, WriteAllReportsHowFarItGot)
{
    RunTasks(2, [] {
        TcpPair pair;
        std::string block(64 << 20, 'b');
        size_t moved = 0;
        Task writer([&] {
            ssize_t n =
                rove_write_all(pair.near, block.data(), block.size(), &moved);
            EXPECT_GT(n, 0);
            EXPECT_EQ(static_cast<size_t>(n), moved);
            EXPECT_LT(moved, block.size());
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        writer.Cancel();
        writer.Join();
        pair.CloseNear();
        std::vector<char> buffer(65536);
        size_t received = 0;
        ssize_t n;
        while ((n = rove_read(pair.far, buffer.data(), buffer.size())) > 0) {
            received += static_cast<size_t>(n);
        }
        EXPECT_EQ(received, moved); // no byte lost, none sent twice
    });
}

TEST(WriteTest, BlockingSocketOfOthersIsWaitedForWithoutBlocking)
{
    RunTasks(1, [] {
        constexpr size_t size = 2 << 20;
        ForeignPair pair;
        Task reader([&] { EXPECT_TRUE(ReadsPattern(pair.far, size)); });
        std::string all = Pattern(size);
        EXPECT_EQ(rove_write_all(pair.near, all.data(), size, nullptr),
                  static_cast<ssize_t>(size));
        EXPECT_EQ(rove_shutdown(pair.near, SHUT_WR), 0);
        reader.Join();
    });
}

TEST(WriteTest, BlockingPipeIsWaitedForWithoutBlocking)
{
    RunTasks(1, [] {
        constexpr size_t size = 1 << 20;
        Pipe pipe;
        Task reader([&] { EXPECT_TRUE(ReadsPattern(pipe.out, size)); });
        std::string all = Pattern(size);
        for (size_t done = 0; done < size;) {
            size_t half = (size - done) / 2;
            struct iovec parts[] = {
                {&all[done], half},
                {&all[done + half], size - done - half},
            };
            ssize_t n = rove_writev(pipe.in, parts, 2);
            EXPECT_GT(n, 0);
            done += static_cast<size_t>(n > 0 ? n : 0);
            n = rove_write(pipe.in, &all[done], size - done);
            EXPECT_GE(n, 0);
            done += static_cast<size_t>(n > 0 ? n : 0);
        }
        EXPECT_EQ(rove_close(pipe.in), 0);
        pipe.in = open("/dev/null", O_RDONLY);
        reader.Join();
    });
}

TEST(WriteTest, PlainThreadsExchangeThroughAPipe)
{
    constexpr size_t size = 1 << 20;
    Pipe pipe;
    std::thread reader([&] { EXPECT_TRUE(ReadsPattern(pipe.out, size)); });
    std::string all = Pattern(size);
    EXPECT_EQ(rove_write_all(pipe.in, all.data(), size, nullptr),
              static_cast<ssize_t>(size));
    EXPECT_EQ(rove_close(pipe.in), 0);
    pipe.in = open("/dev/null", O_RDONLY);
    reader.join();
}

TEST(WriteTest, RegularFileIsWritten)
{
    auto use = [] {
        char path[] = "/tmp/rove_write_XXXXXX";
        int fd = mkstemp(path);
        EXPECT_GE(fd, 0);
        unlink(path);
        std::string all = Pattern(300000);
        struct iovec parts[] = {{&all[0], 100000}, {&all[100000], 200000}};
        size_t done = 0;
        EXPECT_EQ(rove_writev(fd, parts, 2), 300000);
        EXPECT_EQ(rove_write_all(fd, all.data(), all.size(), &done), 300000);
        EXPECT_EQ(lseek(fd, 0, SEEK_END), 600000);
        EXPECT_EQ(lseek(fd, 300000, SEEK_SET), 300000);
        EXPECT_TRUE(ReadsPattern(fd, 300000));
        EXPECT_EQ(rove_send(fd, "x", 1, 0), -ENOTSOCK);
        EXPECT_EQ(rove_close(fd), 0);
    };
    use();
    RunTasks(1, use);
}

// No event tells when a Unix datagram socket that one is not connected to has
// room again.
TEST(WriteTest, UnixDatagramWaitsForRoomAtItsReceiver)
{
    RunTasks(1, [] {
        int receiver = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
        struct sockaddr_un at = {};
        at.sun_family = AF_UNIX;
        memcpy(at.sun_path, "\0rove_write_test", 16);
        auto *to = reinterpret_cast<struct sockaddr *>(&at);
        socklen_t length = sizeof(sa_family_t) + 16;
        EXPECT_EQ(bind(receiver, to, length), 0);
        int sender = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
        while (sendto(sender, "x", 1, MSG_DONTWAIT, to, length) == 1) {
        }
        Task writer(
            [&] { EXPECT_EQ(rove_sendto(sender, "y", 1, 0, to, length), 1); });
        EXPECT_TRUE(AwaitWaiter(sender, RV_SIDE_ALERT));
        char byte;
        while (rove_read(receiver, &byte, 1) == 1 && byte == 'x') {
        }
        EXPECT_EQ(byte, 'y');
        writer.Join();
        EXPECT_EQ(rove_close(receiver), 0);
        EXPECT_EQ(rove_close(sender), 0);
    });
}

} // namespace
