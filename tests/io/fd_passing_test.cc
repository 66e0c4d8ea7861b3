// At stake: a descriptor that was passed belongs to exactly one, the receiver,
// and none is left open that nobody knows of, however a message is cut short.
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

class FdPassingTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rove_unix_pair(SOCK_STREAM, pair_), 0);
        fds_ = CountFds();
    }

    void TearDown() override
    {
        EXPECT_EQ(CountFds(), fds_);
        EXPECT_EQ(rove_close(pair_[0]), 0);
        EXPECT_EQ(rove_close(pair_[1]), 0);
    }

    int pair_[2];

  private:
    int fds_ = 0;
};

TEST_F(FdPassingTest, PassedDescriptorIsTheSameFile)
{
    RunTasks(1, [&] {
        Pipe pipe;
        char text[8] = "";
        int got[4] = {-1, -1, -1, -1};
        int count = 4;
        Task receiver([&] {
            EXPECT_EQ(rove_recv_fds(pair_[1], text, 8, got, &count), 2);
        });
        EXPECT_TRUE(AwaitWaiter(pair_[1], RV_SIDE_READ));
        const int sent[] = {pipe.in, pipe.out};
        EXPECT_EQ(rove_send_fds(pair_[0], "hi", 2, sent, 2), 2);
        receiver.Join();
        EXPECT_STREQ(text, "hi");
        EXPECT_EQ(count, 2);
        EXPECT_EQ(got[2], -1);
        EXPECT_TRUE(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
        EXPECT_EQ(rove_write(got[0], "x", 1), 1);
        EXPECT_EQ(rove_read(pipe.out, text, 8), 1);
        EXPECT_EQ(rove_close(got[0]), 0);
        EXPECT_EQ(rove_close(got[1]), 0);
    });
}

TEST_F(FdPassingTest, MessagesWithoutDescriptorsPassToo)
{
    RunTasks(1, [&] {
        char text[8];
        int fd;
        int count = 1;
        EXPECT_EQ(rove_send_fds(pair_[0], "hi", 2, nullptr, 0), 2);
        EXPECT_EQ(rove_recv_fds(pair_[1], text, 8, &fd, &count), 2);
        EXPECT_EQ(count, 0);
        EXPECT_EQ(rove_shutdown(pair_[0], SHUT_WR), 0);
        count = 1;
        EXPECT_EQ(rove_recv_fds(pair_[1], text, 8, &fd, &count), 0);
        EXPECT_EQ(count, 0);
    });
}

TEST_F(FdPassingTest, AsManyPassAsTheKernelTakes)
{
    RunTasks(1, [&] {
        std::vector<int> sent(ROVE_FDS_MAX, pair_[0]);
        std::vector<int> got(ROVE_FDS_MAX);
        char byte;
        int count = ROVE_FDS_MAX;
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, sent.data(), count), 1);
        EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 1, got.data(), &count), 1);
        EXPECT_EQ(count, ROVE_FDS_MAX);
        for (int fd : got) {
            close(fd);
        }
    });
}

TEST_F(FdPassingTest, MoreThanThereIsRoomForLeaveNothingOpen)
{
    RunTasks(1, [&] {
        const int sent[] = {pair_[0], pair_[0], pair_[1]};
        char byte;
        int got[2];
        for (int room : {0, 2}) {
            int count = room;
            EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, sent, 3), 1);
            EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 1, got, &count), 1);
            EXPECT_EQ(byte, 'x'); // no byte is lost
            EXPECT_EQ(count, -EMSGSIZE);
        }
    });
}

TEST_F(FdPassingTest, OutOfNumbersNothingIsLeftOpen)
{
    struct rlimit before;
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    RunTasks(1, [&] {
        const int sent[] = {pair_[0], pair_[0], pair_[0]};
        int got[3];
        int count = 3;
        char byte;
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, sent, 3), 1);
        int next = fcntl(0, F_DUPFD, 0);
        close(next);
        struct rlimit tight = before;
        tight.rlim_cur = static_cast<rlim_t>(next) + 1; // one of three
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
        EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 1, got, &count), 1);
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
        EXPECT_EQ(count, -EMFILE);
    });
}

TEST_F(FdPassingTest, CredentialsDoNotPushDescriptorsOut)
{
    RunTasks(1, [&] {
        int on = 1;
        EXPECT_EQ(setsockopt(pair_[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on),
                  0);
        EXPECT_EQ(
            setsockopt(pair_[1], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on),
            0);
        std::vector<int> sent(ROVE_FDS_MAX, pair_[0]);
        std::vector<int> got(ROVE_FDS_MAX);
        char byte;
        int count = ROVE_FDS_MAX;
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, sent.data(), count), 1);
        EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 1, got.data(), &count), 1);
        EXPECT_EQ(count, ROVE_FDS_MAX);
        for (int fd : got) {
            close(fd);
        }
    });
}

TEST_F(FdPassingTest, WhatCannotBeSentIsRefused)
{
    RunTasks(1, [&] {
        int bad = -1;
        int none = -1;
        int count = 1;
        char byte;
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 0, &pair_[0], 1), -EINVAL);
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, nullptr, -1), -EINVAL);
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, nullptr, ROVE_FDS_MAX + 1),
                  -EINVAL);
        EXPECT_EQ(rove_send_fds(pair_[0], "x", 1, &bad, 1), -EBADF);
        EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 0, &none, &count), -EINVAL);
        EXPECT_EQ(count, 0);
        count = -1;
        EXPECT_EQ(rove_recv_fds(pair_[1], &byte, 1, &none, &count), -EINVAL);
        Pipe pipe;
        EXPECT_EQ(rove_send_fds(pipe.in, "x", 1, &pair_[0], 1), -ENOTSOCK);
        TcpPair tcp;
        // The kernel would take the byte and forget the descriptor.
        EXPECT_EQ(rove_send_fds(tcp.near, "x", 1, &pair_[0], 1), -EOPNOTSUPP);
    });
}

} // namespace
