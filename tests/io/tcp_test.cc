// At stake: addresses mean what they say, and nonsense is refused before
// anything is opened.
extern "C" {
#include "tests/support/name_faulty.h"
}

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>

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
    EXPECT_EQ(rove_tcp_listen("localhost", 0, nullptr), -EINVAL);
    for (const char *address : {"", "1.2.3", "::g", "1.2.3.4 "}) {
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

// One address nobody listens on, and one with a listener.
size_t TwoLoopbacks(const char *name, int, struct sockaddr_storage found[],
                    size_t, int *code, int *)
{
    if (strcmp(name, "both.example") != 0) {
        *code = EAI_NONAME;
        return 0;
    }
    size_t count = 0;
    for (const char *host : {"127.0.0.3", "127.0.0.2"}) {
        rove_address a;
        EXPECT_EQ(rove_address_ip(host, 0, &a), 0);
        memcpy(&found[count++], &a.as, a.length);
    }
    return count;
}

TEST(TcpTest, ConnectsByName)
{
    rv_name_serve(TwoLoopbacks);
    RunTasks(1, [] {
        int listener = rove_tcp_listen("127.0.0.2", 0, nullptr);
        auto port = static_cast<uint16_t>(rove_local_port(listener));
        int fd = rove_tcp_connect("both.example", port);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
        char text[ROVE_ADDRESS_TEXT];
        EXPECT_GT(rove_peer_text(fd, text, sizeof text), 0);
        EXPECT_EQ(text, "127.0.0.2:" + std::to_string(port));
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(rove_close(listener), 0);
        EXPECT_EQ(rove_tcp_connect("both.example", port), -ECONNREFUSED);
        EXPECT_EQ(rove_tcp_connect("none.example", port), -ENOENT);
    });
    rv_name_serve(nullptr);
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

TEST(TcpTest, SilentPeersAreAskedOnRequest)
{
    RunTasks(1, [] {
        TcpPair pair;
        int fd = pair.near;
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 30 * ROVE_SEC, ROVE_SEC + 1, 4),
                  0);
        EXPECT_EQ(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
        EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 2);
        EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 0, 0, 0), 0);
        EXPECT_EQ(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, -1, 1, 1), -EINVAL);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 1, 0, 1), -EINVAL);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 32768 * ROVE_SEC, 1, 1), -EINVAL);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 1, 1, 0), -EINVAL);
        EXPECT_EQ(rove_tcp_set_keepalive(fd, 1, 1, 128), -EINVAL);
    });
}

TEST(TcpTest, ClosingResetsOnRequest)
{
    RunTasks(1, [] {
        for (int on : {0, 1}) {
            TcpPair pair;
            char byte;
            EXPECT_EQ(rove_tcp_set_reset_on_close(pair.near, 1), 0);
            EXPECT_EQ(rove_tcp_set_reset_on_close(pair.near, on), 0);
            pair.CloseNear();
            EXPECT_EQ(rove_read(pair.far, &byte, 1), on ? -ECONNRESET : 0);
        }
    });
}

TEST(TcpTest, OnlySocketsOfTcpHaveNoDelay)
{
    Pipe pipe;
    EXPECT_EQ(rove_tcp_set_nodelay(pipe.out, 1), -ENOTSOCK);
}

} // namespace
