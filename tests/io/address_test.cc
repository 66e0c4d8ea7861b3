// At stake: a service listens where its user said, and nowhere else; and what
// is shown of an address can be given back. Shown with texts that are right,
// nearly right and nonsense, and on sockets.
#include <cerrno>
#include <cstring>
#include <string>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

std::string Format(const rove_address &address)
{
    char text[ROVE_ADDRESS_TEXT];
    int length = rove_address_format(&address, text, sizeof(text));
    EXPECT_EQ(length, static_cast<int>(strlen(text)));
    return text;
}

TEST(AddressTest, WhatIsParsedIsFormattedAgain)
{
    std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'n');
    for (const std::string &text :
         {std::string("127.0.0.1:8080"), std::string("0.0.0.0:0"),
          std::string("[::1]:65535"), std::string("[fe80::1%4294967295]:80"),
          std::string("unix:/run/service"), std::string("unix:relative"),
          std::string("unix:@abstract"), "unix:/" + longest.substr(1),
          "unix:@" + longest}) {
        rove_address address;
        EXPECT_EQ(rove_address_parse(text.c_str(), &address), 0) << text;
        EXPECT_EQ(Format(address), text);
    }
}

TEST(AddressTest, TextsThatAreNoneAreRefused)
{
    rove_address address;
    for (const char *text : {"",
                             ":",
                             ":80",
                             "[]:80",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:x",
                             "127.0.0.1:-1",
                             "127.0.0.1:+1",
                             "127.0.0.1:65536",
                             "127.0.0.1: 1",
                             "127.0.0.1:4294967376",
                             "127.0.0.1:18446744073709551696",
                             "1.2.3:80",
                             "localhost:80",
                             "::1:80",
                             "[::1]",
                             "[::1:80",
                             "[::1]x:80",
                             "[::1]80",
                             "[127.0.0.1]:80",
                             "::1]:80",
                             "[::1%]:80",
                             "[::1%eth0]:80",
                             "[::1%4294967296]:80",
                             "[:80",
                             "unix:",
                             "unix",
                             "UNIX:/x"}) {
        EXPECT_EQ(rove_address_parse(text, &address), -EINVAL) << text;
    }
    EXPECT_EQ(rove_address_parse(nullptr, &address), -EINVAL);
    EXPECT_EQ(
        rove_address_parse((std::string(500, '1') + ":1").c_str(), &address),
        -EINVAL);
    EXPECT_EQ(rove_address_parse(("unix:/" + std::string(108, 'n')).c_str(),
                                 &address),
              -ENAMETOOLONG);
}

TEST(AddressTest, PortAndHostAreTheKernels)
{
    rove_address address;
    ASSERT_EQ(rove_address_parse("1.2.3.4:258", &address), 0);
    EXPECT_EQ(address.length, sizeof(sockaddr_in));
    EXPECT_EQ(address.as.ip4.sin_family, AF_INET);
    EXPECT_EQ(address.as.ip4.sin_port, htons(258));
    EXPECT_EQ(address.as.ip4.sin_addr.s_addr, htonl(0x01020304));
    ASSERT_EQ(rove_address_ip("fe80::1%7", 80, &address), 0);
    EXPECT_EQ(address.length, sizeof(sockaddr_in6));
    EXPECT_EQ(address.as.ip6.sin6_scope_id, 7u);
    ASSERT_EQ(rove_address_ip(nullptr, 80, &address), 0);
    EXPECT_EQ(Format(address), "127.0.0.1:80");
}

TEST(AddressTest, TextThatDoesNotFitIsRefused)
{
    rove_address address;
    char text[13];
    ASSERT_EQ(rove_address_parse("127.0.0.1:80", &address), 0);
    EXPECT_EQ(rove_address_format(&address, text, 13), 12);
    EXPECT_STREQ(text, "127.0.0.1:80");
    EXPECT_EQ(rove_address_format(&address, text, 12), -ENOSPC);
    EXPECT_EQ(rove_address_format(&address, nullptr, 0), -ENOSPC);
    address.as.any.sa_family = AF_PACKET;
    EXPECT_EQ(rove_address_format(&address, text, sizeof(text)), -EAFNOSUPPORT);
}

TEST(AddressTest, SocketsTellBothEnds)
{
    RunTasks(1, [] {
        TcpPair pair;
        char near[ROVE_ADDRESS_TEXT];
        char far[ROVE_ADDRESS_TEXT];
        EXPECT_GT(rove_local_text(pair.near, near, sizeof(near)), 0);
        EXPECT_GT(rove_peer_text(pair.far, far, sizeof(far)), 0);
        EXPECT_STREQ(near, far);
        EXPECT_EQ(std::string(near),
                  "127.0.0.1:" + std::to_string(rove_local_port(pair.near)));
        rove_address address;
        EXPECT_EQ(rove_peer_address(pair.near, &address), 0);
        EXPECT_EQ(ntohs(address.as.ip4.sin_port), rove_local_port(pair.far));
    });
}

TEST(AddressTest, UnixSocketsTellTheirNames)
{
    char text[ROVE_ADDRESS_TEXT];
    ForeignPair pair;
    EXPECT_EQ(rove_local_text(pair.near, text, sizeof(text)), 5);
    EXPECT_STREQ(text, "unix:"); // has none
    // One byte more than sockaddr_un has room for: the zero byte.
    std::string name = "@" + std::string(107, 'n');
    int listener = rove_unix_listen(name.c_str(), nullptr);
    EXPECT_EQ(rove_local_text(listener, text, sizeof(text)), 113);
    EXPECT_EQ(text, "unix:" + name);
    EXPECT_EQ(rove_close(listener), 0);
}

TEST(AddressTest, WhatHasNoAddressSaysSo)
{
    Pipe pipe;
    rove_address address;
    char text[ROVE_ADDRESS_TEXT] = "before";
    EXPECT_EQ(rove_local_address(pipe.out, &address), -ENOTSOCK);
    EXPECT_EQ(rove_local_text(-1, text, sizeof(text)), -EBADF);
    EXPECT_STREQ(text, "");
    EXPECT_EQ(rove_peer_text(-1, text, 0), -EBADF);
    int listener = rove_tcp_listen(nullptr, 0, nullptr);
    EXPECT_EQ(rove_peer_address(listener, &address), -ENOTCONN);
    EXPECT_EQ(rove_close(listener), 0);
    ForeignPair pair;
    EXPECT_EQ(rove_local_port(pipe.out), -ENOTSOCK);
    EXPECT_EQ(rove_local_port(pair.near), -EAFNOSUPPORT);
}

} // namespace
