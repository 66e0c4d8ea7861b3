// At stake: datagrams stay whole, and go to and come from whom they should.
#include <cerrno>
#include <string>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

void Close(int fd)
{
    EXPECT_GE(fd, 0);
    EXPECT_EQ(rove_close(fd), 0);
}

uint16_t PortOf(int fd)
{
    return static_cast<uint16_t>(rove_local_port(fd));
}

TEST(UdpTest, NonsenseIsRefused)
{
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.reuse_port = 2;
    EXPECT_EQ(rove_udp_bind(nullptr, 0, &options), -EINVAL);
    EXPECT_EQ(rove_udp_bind("localhost", 0, nullptr), -EINVAL);
    EXPECT_EQ(rove_udp_connect("localhost", 9), -EINVAL);
    EXPECT_EQ(rove_udp_bind("192.0.2.1", 0, nullptr), -EADDRNOTAVAIL);
}

TEST(UdpTest, DatagramsAreAnsweredToTheirSender)
{
    RunTasks(1, [] {
        for (const char *address : {"127.0.0.1", "::1"}) {
            int server = rove_udp_bind(address, 0, nullptr);
            if (server == -EADDRNOTAVAIL || server == -EAFNOSUPPORT) {
                continue; // no IPv6 here
            }
            int client = rove_udp_connect(address, PortOf(server));
            Task echo([&] {
                char text[100];
                rove_address from;
                from.length = sizeof(from.as);
                ssize_t count = rove_recvfrom(server, text, sizeof(text), 0,
                                              &from.as.any, &from.length);
                EXPECT_EQ(count, 5);
                EXPECT_EQ(
                    rove_sendto(server, text, 5, 0, &from.as.any, from.length),
                    5);
            });
            EXPECT_TRUE(AwaitWaiter(server, RV_SIDE_READ));
            EXPECT_EQ(rove_send(client, "hello", 5, 0), 5);
            char answer[6] = "";
            EXPECT_EQ(rove_recv(client, answer, 5, 0), 5);
            EXPECT_STREQ(answer, "hello");
            echo.Join();
            Close(server);
            Close(client);
        }
    });
}

TEST(UdpTest, ConnectedSocketHearsOnlyItsPeer)
{
    RunTasks(1, [] {
        int server = rove_udp_bind(nullptr, 0, nullptr);
        int stranger = rove_udp_bind(nullptr, 0, nullptr);
        int client = rove_udp_connect(nullptr, PortOf(server));
        rove_address to;
        EXPECT_EQ(rove_local_address(client, &to), 0);
        EXPECT_EQ(rove_sendto(stranger, "no", 2, 0, &to.as.any, to.length), 2);
        EXPECT_EQ(rove_sendto(server, "yes", 3, 0, &to.as.any, to.length), 3);
        char text[4] = "";
        EXPECT_EQ(rove_recv(client, text, 3, 0), 3);
        EXPECT_STREQ(text, "yes");
        Close(server);
        Close(stranger);
        Close(client);
    });
}

TEST(UdpTest, NobodyThereIsTold)
{
    RunTasks(1, [] {
        int gone = rove_udp_bind(nullptr, 0, nullptr);
        int client = rove_udp_connect(nullptr, PortOf(gone));
        Close(gone);
        char byte;
        EXPECT_EQ(rove_send(client, "x", 1, 0), 1);
        EXPECT_EQ(rove_recv(client, &byte, 1, 0), -ECONNREFUSED);
        Close(client);
    });
}

TEST(UdpTest, SocketsShareAPortOnlyOnRequest)
{
    rove_listen_options options;
    rove_listen_options_init(&options);
    for (uint32_t shared : {0u, 1u}) {
        options.reuse_port = shared;
        int first = rove_udp_bind(nullptr, 0, &options);
        int second = rove_udp_bind(nullptr, PortOf(first), &options);
        EXPECT_EQ(second >= 0, shared == 1) << second;
        Close(first);
        if (second >= 0) {
            Close(second);
        }
    }
}

} // namespace
