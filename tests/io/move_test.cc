// At stake: every byte goes from one descriptor to the other once and in order,
// whichever side has to be waited for; no worker waits inside the kernel for
// somebody who does not read; and who closes either descriptor ends the call.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

std::string Content(size_t size)
{
    std::string content(size, ' ');
    unsigned seed = 1;
    for (auto &byte : content) {
        seed = seed * 1103515245u + 12345u;
        byte = static_cast<char>(seed >> 16);
    }
    return content;
}

// A file in memory.
struct File {
    explicit File(const std::string &content)
        : fd(memfd_create("file", MFD_CLOEXEC))
    {
        EXPECT_EQ(write(fd, content.data(), content.size()),
                  static_cast<ssize_t>(content.size()));
        EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    }

    ~File()
    {
        if (fd >= 0) {
            close(fd);
        }
    }

    int fd;
};

// Sends the whole file, and ends the stream.
void SendAll(int to, int file, size_t size)
{
    off_t offset = 0;
    while (static_cast<size_t>(offset) < size) {
        ssize_t count = rove_sendfile(to, file, &offset, size);
        EXPECT_GT(count, 0);
        if (count <= 0) {
            break;
        }
    }
    EXPECT_EQ(rove_sendfile(to, file, &offset, 1), 0);
    EXPECT_EQ(rove_shutdown(to, SHUT_WR), 0);
}

std::string ReadAll(int fd)
{
    std::string all;
    std::vector<char> piece(10000);
    ssize_t count;
    while ((count = rove_read(fd, piece.data(), piece.size())) > 0) {
        all.append(piece.data(), static_cast<size_t>(count));
    }
    EXPECT_EQ(count, 0);
    return all;
}

// Two ends that are not made to wait; near is full until somebody reads. (TCP
// would not do: what it has on the way makes room by itself.)
struct FullPair : ForeignPair {
    FullPair() : ForeignPair(SOCK_STREAM | SOCK_NONBLOCK)
    {
        Fill();
    }
};

class MoveTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(MoveTest, FileArrivesWhole)
{
    std::string content = Content(1 << 20);
    RunTasks(2, [&] {
        TcpPair pair;
        File file(content);
        Task sender([&] { SendAll(pair.near, file.fd, content.size()); });
        EXPECT_TRUE(ReadAll(pair.far) == content);
    });
}

TEST_F(MoveTest, PositionMovesWithoutAnOffset)
{
    RunTasks(1, [] {
        TcpPair pair;
        File file("0123456789");
        EXPECT_EQ(rove_sendfile(pair.near, file.fd, nullptr, 3), 3);
        off_t offset = 8;
        EXPECT_EQ(rove_sendfile(pair.near, file.fd, &offset, 99), 2);
        EXPECT_EQ(offset, 10);
        EXPECT_EQ(rove_sendfile(pair.near, file.fd, nullptr, 1), 1);
        EXPECT_EQ(lseek(file.fd, 0, SEEK_CUR), 4);
        char text[7] = "";
        EXPECT_EQ(rove_read_exact(pair.far, text, 6, nullptr), 6);
        EXPECT_STREQ(text, "012893");
    });
}

// One worker: if it waited inside the kernel, nobody would ever read.
TEST_F(MoveTest, BlockingSocketsOfOthersDoNotBlockTheWorker)
{
    std::string content = Content(1 << 20);
    RunTasks(1, [&] {
        ForeignPair pair;
        File file(content);
        Task sender([&] { SendAll(pair.near, file.fd, content.size()); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        EXPECT_TRUE(ReadAll(pair.far) == content);
    });
}

TEST_F(MoveTest, PipesTakeFilesToo)
{
    std::string content = Content(300000);
    RunTasks(1, [&] {
        Pipe pipe;
        File file(content);
        Task sender([&] {
            off_t offset = 0;
            while (rove_sendfile(pipe.in, file.fd, &offset, 1 << 20) > 0) {
            }
            EXPECT_EQ(offset, 300000);
        });
        std::string got(content.size(), ' ');
        EXPECT_EQ(rove_read_exact(pipe.out, &got[0], got.size(), nullptr),
                  300000);
        EXPECT_TRUE(got == content);
    });
}

TEST_F(MoveTest, SplicePassesAStreamThroughAPipe)
{
    std::string content = Content(1 << 20);
    RunTasks(2, [&] {
        TcpPair from;
        TcpPair to;
        Pipe pipe;
        Task writer([&] {
            EXPECT_EQ(rove_write_all(from.near, content.data(), content.size(),
                                     nullptr),
                      static_cast<ssize_t>(content.size()));
            EXPECT_EQ(rove_shutdown(from.near, SHUT_WR), 0);
        });
        Task filler([&] {
            while (rove_splice(from.far, nullptr, pipe.in, nullptr, 1 << 20,
                               0) > 0) {
            }
            close(pipe.in);
            pipe.in = -1;
        });
        Task drainer([&] {
            ssize_t count;
            while ((count = rove_splice(pipe.out, nullptr, to.near, nullptr,
                                        1 << 20, SPLICE_F_MORE)) > 0) {
            }
            EXPECT_EQ(count, 0);
            EXPECT_EQ(rove_shutdown(to.near, SHUT_WR), 0);
        });
        EXPECT_TRUE(ReadAll(to.far) == content);
    });
}

TEST_F(MoveTest, SpliceBetweenBlockingOnesDoesNotBlockTheWorker)
{
    std::string content = Content(1 << 20);
    RunTasks(1, [&] {
        ForeignPair from;
        ForeignPair to;
        Pipe pipe;
        Task filler([&] {
            while (rove_splice(from.far, nullptr, pipe.in, nullptr, 1 << 20,
                               0) > 0) {
            }
            close(pipe.in);
            pipe.in = -1;
        });
        Task drainer([&] {
            while (rove_splice(pipe.out, nullptr, to.near, nullptr, 1 << 20,
                               0) > 0) {
            }
            EXPECT_EQ(rove_shutdown(to.near, SHUT_WR), 0);
        });
        EXPECT_TRUE(AwaitWaiter(from.far, RV_SIDE_READ));
        EXPECT_TRUE(AwaitWaiter(pipe.out, RV_SIDE_READ));
        Task writer([&] {
            EXPECT_EQ(rove_write_all(from.near, content.data(), content.size(),
                                     nullptr),
                      static_cast<ssize_t>(content.size()));
            EXPECT_EQ(rove_shutdown(from.near, SHUT_WR), 0);
        });
        EXPECT_TRUE(AwaitWaiter(to.near, RV_SIDE_WRITE));
        EXPECT_TRUE(ReadAll(to.far) == content);
    });
}

// A splicer from the pipe whose socket is full leaves the pipe's bytes to one
// whose socket is not.
TEST_F(MoveTest, OneThatCannotGiveLetsOthersTake)
{
    RunTasks(1, [] {
        Pipe pipe;
        FullPair full;
        TcpPair open;
        Task stuck([&] {
            EXPECT_EQ(rove_splice(pipe.out, nullptr, full.near, nullptr, 9, 0),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(full.near, RV_SIDE_WRITE));
        Task other([&] {
            EXPECT_EQ(rove_splice(pipe.out, nullptr, open.near, nullptr, 9, 0),
                      3);
        });
        EXPECT_EQ(rove_write(pipe.in, "abc", 3), 3);
        other.Join();
        stuck.Cancel();
    });
}

// The same when it had been given the turn on the pipe before it found out.
TEST_F(MoveTest, TurnIsPassedWhileTheOtherSideIsWaitedFor)
{
    RunTasks(1, [] {
        Pipe pipe;
        ForeignPair first(SOCK_STREAM | SOCK_NONBLOCK);
        Task stuck([&] {
            EXPECT_EQ(rove_splice(pipe.out, nullptr, first.near, nullptr, 9, 0),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pipe.out, RV_SIDE_READ));
        char byte;
        Task reader([&] { EXPECT_EQ(rove_read(pipe.out, &byte, 1), 1); });
        EXPECT_EQ(rove_yield(), 0); // it queues behind
        first.Fill();
        EXPECT_EQ(rove_write(pipe.in, "a", 1), 1);
        reader.Join();
        stuck.Cancel();
    });
}

TEST_F(MoveTest, ClosingEitherSideEndsTheWait)
{
    RunTasks(2, [] {
        for (int round = 0; round < 40; round++) {
            FullPair full;
            File file("content");
            bool is_file = round % 2 == 0;
            Task sender([&] {
                EXPECT_EQ(rove_sendfile(full.near, file.fd, nullptr, 7),
                          -EBADF);
            });
            EXPECT_TRUE(AwaitWaiter(full.near, RV_SIDE_WRITE));
            int *victim = is_file ? &file.fd : &full.near;
            EXPECT_EQ(rove_close(*victim), 0);
            *victim = -1;
        }
        for (int round = 0; round < 40; round++) {
            TcpPair source;
            Pipe pipe;
            bool is_source = round % 2 == 0;
            Task sender([&] {
                EXPECT_EQ(
                    rove_splice(source.far, nullptr, pipe.in, nullptr, 7, 0),
                    -EBADF);
            });
            EXPECT_TRUE(AwaitWaiter(source.far, RV_SIDE_READ));
            int *victim = is_source ? &source.far : &pipe.in;
            EXPECT_EQ(rove_close(*victim), 0);
            *victim = -1;
        }
    });
}

TEST_F(MoveTest, CancelledTransferMovesNothing)
{
    RunTasks(1, [] {
        FullPair pair;
        File file("content");
        off_t offset = 0;
        Task sender([&] {
            EXPECT_EQ(rove_sendfile(pair.near, file.fd, &offset, 7),
                      -ECANCELED);
            EXPECT_EQ(rove_sendfile(pair.near, file.fd, &offset, 7),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        sender.Cancel();
        sender.Join();
        EXPECT_EQ(offset, 0);
    });
}

TEST_F(MoveTest, ErrorsAreReported)
{
    RunTasks(1, [] {
        TcpPair pair;
        Pipe pipe;
        File file("content");
        EXPECT_EQ(rove_sendfile(pair.near, -1, nullptr, 1), -EBADF);
        EXPECT_EQ(rove_sendfile(-1, file.fd, nullptr, 1), -EBADF);
        EXPECT_EQ(rove_sendfile(pair.near, pipe.out, nullptr, 1), -EINVAL);
        EXPECT_EQ(rove_splice(file.fd, nullptr, pair.near, nullptr, 1, 0),
                  -EINVAL); // no pipe
        pair.CloseFar();
        ssize_t count = 1;
        for (int i = 0; i < 100 && count > 0; i++) {
            off_t offset = 0;
            count = rove_sendfile(pair.near, file.fd, &offset, 7);
        }
        EXPECT_TRUE(count == -EPIPE || count == -ECONNRESET) << count;
        close(pipe.out);
        pipe.out = -1;
        off_t offset = 0;
        EXPECT_EQ(rove_splice(file.fd, &offset, pipe.in, nullptr, 7, 0),
                  -EPIPE);
    });
}

TEST_F(MoveTest, EndlessRefusalsDoNotSpin)
{
    RunTasks(1, [] {
        TcpPair pair;
        File file("content");
        rv_fault_arm_every("rv_fd_sendfile", 1, EAGAIN);
        Task sender([&] {
            EXPECT_EQ(rove_sendfile(pair.near, file.fd, nullptr, 7),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT)); // backs off
        EXPECT_LE(rv_fault_calls("rv_fd_sendfile"), 3u);
        sender.Cancel();
    });
}

TEST_F(MoveTest, PlainThreadsTransfer)
{
    std::string content = Content(1 << 20);
    TcpPair pair;
    File file(content);
    std::thread sender([&] { SendAll(pair.near, file.fd, content.size()); });
    EXPECT_TRUE(ReadAll(pair.far) == content);
    sender.join();
}

TEST_F(MoveTest, ClosingEndsThePlainThreadsWait)
{
    for (bool is_file : {false, true}) {
        FullPair pair;
        File file("content");
        std::thread sender([&] {
            EXPECT_EQ(rove_sendfile(pair.near, file.fd, nullptr, 7), -EBADF);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT));
        int *victim = is_file ? &file.fd : &pair.near;
        EXPECT_EQ(rove_close(*victim), 0);
        *victim = -1;
        sender.join();
    }
}

} // namespace
