// What is at stake: a wrong number out of a system call becomes lost bytes or a
// stranger's closed file. Shown on pipes, socket pairs, files in memory and
// 127.0.0.1, and with system calls that are interrupted on demand.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "src/base/atomic.h"
#include "src/base/clock.h"
#include "src/platform/fd_io.h"
#include "tests/support/fault.h"
}

namespace
{

bool IsNonBlocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

bool IsCloseOnExec(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool IsOpen(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

bool WaitFor(int fd, short events)
{
    struct pollfd poll = {fd, events, 0};

    return rv_fd_poll(&poll, 1, -1) == 1;
}

class FdIoTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(pipe2(pipe_, O_NONBLOCK | O_CLOEXEC), 0);
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_),
                  0);
    }

    void TearDown() override
    {
        rv_fault_disarm();
        for (int fd : {pipe_[0], pipe_[1], pair_[0], pair_[1]}) {
            if (fd >= 0) {
                EXPECT_EQ(rv_fd_close(fd), 0);
            }
        }
    }

    static void Close(int *fd)
    {
        EXPECT_EQ(rv_fd_close(*fd), 0);
        *fd = -1;
    }

    int pipe_[2] = {-1, -1};
    int pair_[2] = {-1, -1};
    char text_[16] = "";
};

TEST_F(FdIoTest, PipeMovesBytesAndEnds)
{
    EXPECT_EQ(rv_fd_read(pipe_[0], text_, sizeof(text_)), -EAGAIN);
    EXPECT_EQ(rv_fd_write(pipe_[1], "abc", 3), 3);
    EXPECT_EQ(rv_fd_read(pipe_[0], text_, sizeof(text_)), 3);
    EXPECT_STREQ(text_, "abc");
    Close(&pipe_[1]);
    EXPECT_EQ(rv_fd_read(pipe_[0], text_, sizeof(text_)), 0);
}

TEST_F(FdIoTest, NewFdsAreNonBlockingAndCloseOnExec)
{
    int socket = rv_fd_socket(AF_INET, SOCK_STREAM, 0);

    for (int fd : {pipe_[0], pipe_[1], socket}) {
        EXPECT_TRUE(IsNonBlocking(fd));
        EXPECT_TRUE(IsCloseOnExec(fd));
    }
    EXPECT_EQ(rv_fd_close(socket), 0);
}

TEST_F(FdIoTest, VectorsAreGatheredAndScattered)
{
    char a[2], b[4];
    struct iovec out[] = {{const_cast<char *>("abc"), 3},
                          {const_cast<char *>("de"), 2}};
    struct iovec in[] = {{a, sizeof(a)}, {b, sizeof(b)}};

    EXPECT_EQ(rv_fd_writev(pipe_[1], out, 2), 5);
    EXPECT_EQ(rv_fd_readv(pipe_[0], in, 2), 5);
    EXPECT_EQ(std::string(a, 2) + std::string(b, 3), "abcde");
    EXPECT_EQ(rv_fd_readv(pipe_[0], in, 2), -EAGAIN);
}

TEST_F(FdIoTest, PositionedCallsLeaveThePositionAlone)
{
    int file = memfd_create("file", MFD_CLOEXEC);

    EXPECT_EQ(rv_fd_write(file, "0123456789", 10), 10);
    EXPECT_EQ(rv_fd_pwrite(file, "abc", 3, 4), 3);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 10);
    EXPECT_EQ(pread(file, text_, 5, 3), 5);
    EXPECT_STREQ(text_, "3abc7");
    EXPECT_EQ(rv_fd_pwrite(pipe_[1], text_, 1, 0), -ESPIPE);
    EXPECT_EQ(rv_fd_close(file), 0);
}

TEST_F(FdIoTest, NowaitCallsDoNotWaitOnABlockingFd)
{
    int blocking[2];
    ssize_t result;

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, blocking), 0);
    result = rv_fd_read_nowait(blocking[0], text_, sizeof(text_));
    if (result == -EOPNOTSUPP) {
        GTEST_SKIP() << "this kernel has no RWF_NOWAIT for sockets";
    }
    EXPECT_EQ(result, -EAGAIN);
    EXPECT_EQ(rv_fd_write_nowait(blocking[1], "ab", 2), 2);
    EXPECT_EQ(rv_fd_read_nowait(blocking[0], text_, sizeof(text_)), 2);
    EXPECT_EQ(rv_fd_close(blocking[0]), 0);
    EXPECT_EQ(rv_fd_close(blocking[1]), 0);
}

TEST_F(FdIoTest, MessagesMoveBothWays)
{
    struct iovec out = {const_cast<char *>("xyz"), 3};
    struct iovec in = {text_, sizeof(text_)};
    struct msghdr sent = {};
    struct msghdr received = {};

    sent.msg_iov = &out;
    sent.msg_iovlen = 1;
    received.msg_iov = &in;
    received.msg_iovlen = 1;
    EXPECT_EQ(rv_fd_recvmsg(pair_[0], &received, 0), -EAGAIN);
    EXPECT_EQ(rv_fd_sendmsg(pair_[1], &sent, 0), 3);
    EXPECT_EQ(rv_fd_recv(pair_[0], text_, 1, MSG_PEEK), 1);
    EXPECT_EQ(rv_fd_recvmsg(pair_[0], &received, 0), 3);
    EXPECT_STREQ(text_, "xyz");
    EXPECT_EQ(rv_fd_send(pair_[0], "pq", 2, 0), 2);
    EXPECT_EQ(rv_fd_recv(pair_[1], text_, sizeof(text_), 0), 2);
}

TEST_F(FdIoTest, ShutdownIsSeenAsTheEnd)
{
    EXPECT_EQ(rv_fd_shutdown(pair_[0], SHUT_WR), 0);
    EXPECT_EQ(rv_fd_recv(pair_[1], text_, sizeof(text_), 0), 0);
    EXPECT_EQ(rv_fd_shutdown(pipe_[0], SHUT_WR), -ENOTSOCK);
}

TEST_F(FdIoTest, ErrorsComeBackAsNegativeErrno)
{
    struct sockaddr_in address = {};
    auto *any = reinterpret_cast<struct sockaddr *>(&address);
    socklen_t size = sizeof(address);

    EXPECT_EQ(rv_fd_read(-1, text_, 1), -EBADF);
    EXPECT_EQ(rv_fd_write(-1, text_, 1), -EBADF);
    EXPECT_EQ(rv_fd_socket(-1, SOCK_STREAM, 0), -EAFNOSUPPORT);
    EXPECT_EQ(rv_fd_accept(pipe_[0], nullptr, nullptr), -ENOTSOCK);
    EXPECT_EQ(rv_fd_bind(pipe_[0], any, size), -ENOTSOCK);
    EXPECT_EQ(rv_fd_listen(pipe_[0], 1), -ENOTSOCK);
    EXPECT_EQ(rv_fd_connect(pipe_[0], any, size), -ENOTSOCK);
    EXPECT_EQ(rv_fd_getsockname(pipe_[0], any, &size), -ENOTSOCK);
    EXPECT_EQ(rv_fd_setsockopt(pipe_[0], SOL_SOCKET, SO_REUSEADDR, &size, 4),
              -ENOTSOCK);
}

// Interruptions.

TEST_F(FdIoTest, InterruptedCallsAreRepeated)
{
    struct pollfd poll = {pipe_[0], POLLIN, 0};

    EXPECT_EQ(rv_fd_write(pipe_[1], "a", 1), 1);
    rv_fault_arm("ppoll", 1, EINTR);
    EXPECT_EQ(rv_fd_poll(&poll, 1, 0), 1);
    EXPECT_EQ(rv_fault_calls("ppoll"), 2u);
    rv_fault_arm("read", 1, EINTR);
    EXPECT_EQ(rv_fd_read(pipe_[0], text_, 1), 1);
    rv_fault_arm("sendto", 1, EINTR);
    EXPECT_EQ(rv_fd_send(pair_[0], "a", 1, 0), 1);
}

TEST_F(FdIoTest, InterruptedCloseIsNotRepeated)
{
    int reused;

    rv_fault_arm("close", 1, EINTR);
    EXPECT_EQ(rv_fd_close(pipe_[0]), 0);
    EXPECT_EQ(rv_fault_calls("close"), 1u);
    rv_fault_disarm();

    reused = fcntl(pipe_[1], F_DUPFD_CLOEXEC, pipe_[0]);
    EXPECT_EQ(reused, pipe_[0]);
    EXPECT_TRUE(IsOpen(reused));
}

TEST_F(FdIoTest, CloseReportsOtherErrors)
{
    rv_fault_arm("close", 1, EIO);
    EXPECT_EQ(rv_fd_close(pipe_[0]), -EIO);
    EXPECT_FALSE(IsOpen(pipe_[0]));
    pipe_[0] = -1;
    EXPECT_EQ(rv_fd_close(-1), -EBADF);
}

TEST_F(FdIoTest, InterruptedConnectIsUnderWay)
{
    struct sockaddr_in address = {};

    rv_fault_arm("connect", 1, EINTR);
    EXPECT_EQ(rv_fd_connect(pair_[0],
                            reinterpret_cast<struct sockaddr *>(&address),
                            sizeof(address)),
              -EINPROGRESS);
    EXPECT_EQ(rv_fault_calls("connect"), 1u);
}

// SIGPIPE, whose default action would end this program.

class SigpipeTest : public FdIoTest
{
  protected:
    void SetUp() override
    {
        struct sigaction action = {};

        FdIoTest::SetUp();
        action.sa_handler = SIG_DFL;
        ASSERT_EQ(sigaction(SIGPIPE, &action, &before_), 0);
        Close(&pipe_[0]);
        Close(&pair_[0]);
    }

    void TearDown() override
    {
        EXPECT_EQ(sigaction(SIGPIPE, &before_, nullptr), 0);
        FdIoTest::TearDown();
    }

    static bool IsBlocked()
    {
        sigset_t mask;

        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        return sigismember(&mask, SIGPIPE) == 1;
    }

    static bool IsPending()
    {
        sigset_t set;

        sigpending(&set);
        return sigismember(&set, SIGPIPE) == 1;
    }

    void ExpectAllWritesToFail()
    {
        struct iovec piece = {text_, 1};
        struct msghdr message = {};

        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        for (int fd : {pipe_[1], pair_[1]}) {
            ssize_t result = rv_fd_write_nowait(fd, "a", 1);

            EXPECT_TRUE(result == -EPIPE || result == -EOPNOTSUPP);
            EXPECT_EQ(rv_fd_write(fd, "a", 1), -EPIPE);
            EXPECT_EQ(rv_fd_writev(fd, &piece, 1), -EPIPE);
        }
        EXPECT_EQ(rv_fd_send(pair_[1], "a", 1, 0), -EPIPE);
        EXPECT_EQ(rv_fd_sendto(pair_[1], "a", 1, 0, nullptr, 0), -EPIPE);
        EXPECT_EQ(rv_fd_sendmsg(pair_[1], &message, 0), -EPIPE);
    }

  private:
    struct sigaction before_ = {};
};

TEST_F(SigpipeTest, WritingToNobodyIsAnErrorAndNoSignal)
{
    ASSERT_FALSE(IsBlocked());
    ExpectAllWritesToFail();
    EXPECT_FALSE(IsBlocked());
    EXPECT_FALSE(IsPending());
}

TEST_F(SigpipeTest, NothingStaysPendingWhereItIsBlocked)
{
    std::thread([this] {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        ExpectAllWritesToFail();
        EXPECT_TRUE(IsBlocked());
        EXPECT_FALSE(IsPending());
    }).join();
}

// Waiting.

TEST_F(FdIoTest, PollReportsWhatIsReady)
{
    struct pollfd polls[] = {{pipe_[0], POLLIN, 0}, {pipe_[1], POLLOUT, 0}};

    EXPECT_EQ(rv_fd_poll(polls, 1, 0), 0);
    EXPECT_EQ(rv_fd_poll(polls, 2, INT64_MAX), 1);
    EXPECT_EQ(polls[0].revents, 0);
    EXPECT_EQ(polls[1].revents, POLLOUT);
}

TEST_F(FdIoTest, PollIsNeverEarly)
{
    struct pollfd poll = {pipe_[0], POLLIN, 0};

    for (int i = 0; i < 100; i++) {
        int64_t timeout = 1 + 997 * i;
        int64_t start = rv_clock_now();

        ASSERT_EQ(rv_fd_poll(&poll, 1, timeout), 0);
        ASSERT_GE(rv_clock_now() - start, timeout);
    }
}

// The clock jumps by two hours while an hour's wait is interrupted: a wait that
// began anew after each signal would not end.
TEST_F(FdIoTest, SignalsDoNotStretchPoll)
{
    struct sigaction action = {};
    struct sigaction before;
    rv_atomic_u32 is_back = {0};

    action.sa_handler = [](int) {};
    ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
    rv_fault_arm_every("rv_clock_now", 2, 7200);
    std::thread waiter([&] {
        struct pollfd poll = {pipe_[0], POLLIN, 0};

        EXPECT_EQ(rv_fd_poll(&poll, 1, INT64_C(3600) * 1000000000), 0);
        rv_u32_store_release(&is_back, 1);
    });

    while (rv_u32_load_acquire(&is_back) == 0) {
        pthread_kill(waiter.native_handle(), SIGUSR1);
        std::this_thread::yield();
    }
    waiter.join();
    EXPECT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

// The network.

class LoopbackTest : public ::testing::Test
{
  protected:
    static int Bound(int type, struct sockaddr_in *address)
    {
        int fd = rv_fd_socket(AF_INET, type, 0);
        int on = 1;
        socklen_t size = sizeof(*address);
        auto *any = reinterpret_cast<struct sockaddr *>(address);

        EXPECT_GE(fd, 0);
        EXPECT_EQ(
            rv_fd_setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
        address->sin_family = AF_INET;
        address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(rv_fd_bind(fd, any, size), 0);
        EXPECT_EQ(rv_fd_getsockname(fd, any, &size), 0);
        EXPECT_NE(address->sin_port, 0);
        return fd;
    }

    static int Connect(int fd, const struct sockaddr_in &address)
    {
        int result = rv_fd_connect(
            fd, reinterpret_cast<const struct sockaddr *>(&address),
            sizeof(address));

        if (result == -EINPROGRESS) {
            EXPECT_TRUE(WaitFor(fd, POLLOUT));
            result = rv_fd_connect(
                fd, reinterpret_cast<const struct sockaddr *>(&address),
                sizeof(address));
        }
        return result;
    }
};

TEST_F(LoopbackTest, AcceptedConnectionCarriesBytes)
{
    struct sockaddr_in address = {};
    struct sockaddr_in peer = {};
    socklen_t size = sizeof(peer);
    char text[8] = "";
    int listener = Bound(SOCK_STREAM, &address);
    int client = rv_fd_socket(AF_INET, SOCK_STREAM, 0);
    int server;

    ASSERT_EQ(rv_fd_listen(listener, 8), 0);
    EXPECT_EQ(rv_fd_accept(listener, nullptr, nullptr), -EAGAIN);
    ASSERT_EQ(Connect(client, address), 0);
    ASSERT_TRUE(WaitFor(listener, POLLIN));
    server = rv_fd_accept(listener, reinterpret_cast<struct sockaddr *>(&peer),
                          &size);
    ASSERT_GE(server, 0);
    EXPECT_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EXPECT_TRUE(IsNonBlocking(server));
    EXPECT_TRUE(IsCloseOnExec(server));

    EXPECT_EQ(rv_fd_send(client, "hello", 5, 0), 5);
    ASSERT_TRUE(WaitFor(server, POLLIN));
    EXPECT_EQ(rv_fd_recv(server, text, sizeof(text), 0), 5);
    EXPECT_STREQ(text, "hello");
    for (int fd : {listener, client, server}) {
        EXPECT_EQ(rv_fd_close(fd), 0);
    }
}

TEST_F(LoopbackTest, RefusedConnectIsReported)
{
    struct sockaddr_in address = {};
    int taken = Bound(SOCK_STREAM, &address);
    int client = rv_fd_socket(AF_INET, SOCK_STREAM, 0);

    EXPECT_EQ(Connect(client, address), -ECONNREFUSED);
    EXPECT_EQ(rv_fd_close(client), 0);
    EXPECT_EQ(rv_fd_close(taken), 0);
}

TEST_F(LoopbackTest, TwoListenersShareAPort)
{
    struct sockaddr_in address = {};
    int first = Bound(SOCK_STREAM, &address);
    int second = Bound(SOCK_STREAM, &address);

    EXPECT_EQ(rv_fd_listen(first, 8), 0);
    EXPECT_EQ(rv_fd_listen(second, 8), 0);
    EXPECT_EQ(rv_fd_close(first), 0);
    EXPECT_EQ(rv_fd_close(second), 0);
}

TEST_F(LoopbackTest, DatagramsNameTheirSender)
{
    struct sockaddr_in a_address = {};
    struct sockaddr_in b_address = {};
    struct sockaddr_in from = {};
    socklen_t size = sizeof(from);
    char text[8] = "";
    int a = Bound(SOCK_DGRAM, &a_address);
    int b = Bound(SOCK_DGRAM, &b_address);

    EXPECT_EQ(rv_fd_sendto(a, "dg", 2, 0,
                           reinterpret_cast<struct sockaddr *>(&b_address),
                           sizeof(b_address)),
              2);
    ASSERT_TRUE(WaitFor(b, POLLIN));
    EXPECT_EQ(rv_fd_recvfrom(b, text, sizeof(text), 0,
                             reinterpret_cast<struct sockaddr *>(&from), &size),
              2);
    EXPECT_EQ(from.sin_port, a_address.sin_port);
    EXPECT_STREQ(text, "dg");
    EXPECT_EQ(rv_fd_close(a), 0);
    EXPECT_EQ(rv_fd_close(b), 0);
}

TEST(FdPipeTest, PipeDoesNotBlockUntilItIsToldTo)
{
    int fds[2];
    char byte = 0;

    ASSERT_EQ(rv_fd_pipe(fds), 0);
    EXPECT_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(rv_fd_read(fds[0], &byte, 1), -EAGAIN);
    EXPECT_EQ(rv_fd_write(fds[1], "x", 1), 1);
    EXPECT_EQ(rv_fd_read(fds[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    EXPECT_EQ(rv_fd_set_nonblocking(fds[0], false), 0);
    EXPECT_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0); // the ends differ
    EXPECT_EQ(rv_fd_set_nonblocking(fds[0], true), 0);
    EXPECT_EQ(rv_fd_read(fds[0], &byte, 1), -EAGAIN);
    EXPECT_EQ(rv_fd_close(fds[0]), 0);
    EXPECT_EQ(rv_fd_close(fds[1]), 0);
    EXPECT_EQ(rv_fd_set_nonblocking(fds[0], true), -EBADF);
}

} // namespace
