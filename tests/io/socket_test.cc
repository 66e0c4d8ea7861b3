// At stake: sockets that rove makes are nonblocking and closed on exec, and a
// failure on the way leaves nothing open.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

class SocketTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(SocketTest, SocketIsNonblockingAndCloseOnExec)
{
    for (int type : std::vector<int>{SOCK_STREAM, SOCK_DGRAM,
                                     SOCK_STREAM | SOCK_CLOEXEC}) {
        int fd = rove_socket(AF_INET, type, 0);
        ASSERT_GE(fd, 0);
        EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
        EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        EXPECT_EQ(rove_close(fd), 0);
    }
}

TEST_F(SocketTest, SocketThatCannotBeMadeIsRefused)
{
    EXPECT_EQ(rove_socket(-1, SOCK_STREAM, 0), -EAFNOSUPPORT);
    EXPECT_EQ(rove_socket(AF_INET, 77, 0), -EINVAL);
    rv_fault_arm("rv_fd_socket", 1, EMFILE);
    EXPECT_EQ(rove_socket(AF_INET, SOCK_STREAM, 0), -EMFILE);
}

TEST_F(SocketTest, EachStepMayFailAndNothingIsLeftOpen)
{
    ASSERT_GE(rove_close(rove_tcp_listen(nullptr, 0, nullptr)), 0);
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.reuse_port = 1;
    int before = CountFds();
    for (const char *step :
         {"rv_fd_socket", "rv_fd_setsockopt", "rv_fd_bind", "rv_fd_listen"}) {
        rv_fault_arm(step, 1, ENOBUFS);
        EXPECT_EQ(rove_tcp_listen(nullptr, 0, &options), -ENOBUFS) << step;
    }
    rv_fault_arm("rv_fd_setsockopt", 2, ENOBUFS);
    EXPECT_EQ(rove_tcp_listen(nullptr, 0, &options), -ENOBUFS);
    rv_fault_arm("rv_fd_connect", 1, ENETUNREACH);
    EXPECT_EQ(rove_tcp_connect(nullptr, 9), -ENETUNREACH);
    EXPECT_EQ(CountFds(), before);
}

TEST_F(SocketTest, ShutdownEndsTheHalfThatIsNamed)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        EXPECT_EQ(rove_shutdown(pair.near, SHUT_RD), 0);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 0);
        EXPECT_EQ(rove_write(pair.near, "x", 1), 1);
        EXPECT_EQ(rove_shutdown(pair.near, SHUT_WR), 0);
        EXPECT_EQ(rove_write(pair.near, "x", 1), -EPIPE);
        EXPECT_EQ(rove_shutdown(pair.near, 99), -EINVAL);
        EXPECT_EQ(rove_shutdown(0x7fffffff, SHUT_RD), -EMFILE);
    });
}

TEST_F(SocketTest, ShutdownWakesReaders)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), 0); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_EQ(rove_shutdown(pair.near, SHUT_RD), 0);
    });
}

} // namespace
