// At stake: addresses mean what they say, and nonsense is refused before
// anything is opened.
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

int Option(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

TEST(TcpTest, NonsenseIsRefused)
{
    for (const char *address : {"", "localhost", "1.2.3", "::g", "1.2.3.4 "}) {
        EXPECT_EQ(rove_tcp_listen(address, 0, nullptr), -EINVAL) << address;
        EXPECT_EQ(rove_tcp_connect(address, 1), -EINVAL) << address;
    }
    EXPECT_EQ(rove_tcp_listen("192.0.2.1", 0, nullptr), -EADDRNOTAVAIL);
}

TEST(TcpTest, ListensAndConnects)
{
    RunTasks(1, [] {
        for (const char *address : {"127.0.0.1", "::1"}) {
            int listener = rove_tcp_listen(address, 0, nullptr);
            if (listener == -EADDRNOTAVAIL || listener == -EAFNOSUPPORT) {
                continue; // no IPv6 here
            }
            int port = rove_local_port(listener);
            EXPECT_GT(port, 0);
            int near = rove_tcp_connect(address, static_cast<uint16_t>(port));
            EXPECT_GE(near, 0);
            int far = rove_accept(listener, nullptr, nullptr);
            EXPECT_GE(far, 0);
            EXPECT_EQ(rove_local_port(far), port);
            EXPECT_EQ(rove_close(near), 0);
            EXPECT_EQ(rove_close(far), 0);
            EXPECT_EQ(rove_close(listener), 0);
        }
    });
}

TEST(TcpTest, ConnectionHasNoDelay)
{
    RunTasks(1, [] {
        TcpPair pair;
        EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_NODELAY), 1);
        EXPECT_EQ(rove_tcp_set_nodelay(pair.near, 0), 0);
        EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_NODELAY), 0);
        EXPECT_EQ(rove_tcp_set_nodelay(pair.near, 5), 0);
        EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_NODELAY), 1);
    });
}

TEST(TcpTest, OnlySocketsOfTcpHaveNoDelay)
{
    Pipe pipe;
    EXPECT_EQ(rove_tcp_set_nodelay(pipe.out, 1), -ENOTSOCK);
}

} // namespace
