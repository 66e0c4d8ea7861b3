// At stake: paths and abstract names are taken whole, and a file that is there
// already is left alone.
#include <cerrno>
#include <cstdlib>
#include <string>
#include <sys/un.h>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

void Exchange(const std::string &name)
{
    RunTasks(1, [&] {
        int listener = rove_unix_listen(name.c_str(), nullptr);
        EXPECT_GE(listener, 0) << name;
        int near = rove_unix_connect(name.c_str());
        EXPECT_GE(near, 0) << name;
        int far = rove_accept(listener, nullptr, nullptr);
        EXPECT_GE(far, 0);
        char buffer[8];
        Task reader(
            [&] { EXPECT_EQ(rove_read(far, buffer, sizeof(buffer)), 5); });
        EXPECT_TRUE(AwaitWaiter(far, RV_SIDE_READ));
        EXPECT_EQ(rove_write(near, "hello", 5), 5);
        reader.Join();
        EXPECT_EQ(rove_close(near), 0);
        EXPECT_EQ(rove_read(far, buffer, sizeof(buffer)), 0);
        EXPECT_EQ(rove_close(far), 0);
        EXPECT_EQ(rove_close(listener), 0);
    });
}

class UnixTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_NE(mkdtemp(directory_), nullptr);
        path_ = std::string(directory_) + "/socket";
    }

    void TearDown() override
    {
        unlink(path_.c_str());
        rmdir(directory_);
    }

    char directory_[32] = "/tmp/rove_unix_XXXXXX";
    std::string path_;
};

TEST_F(UnixTest, ExchangesByPath)
{
    Exchange(path_);
}

TEST_F(UnixTest, ExchangesByAbstractName)
{
    Exchange("@" + path_);
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixTest, StaleFileIsLeftAlone)
{
    int listener = rove_unix_listen(path_.c_str(), nullptr);
    ASSERT_GE(listener, 0);
    ASSERT_EQ(rove_close(listener), 0);
    EXPECT_EQ(rove_unix_listen(path_.c_str(), nullptr), -EADDRINUSE);
    EXPECT_EQ(rove_unix_connect(path_.c_str()), -ECONNREFUSED);
}

TEST_F(UnixTest, RecordsKeepTheirBounds)
{
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.unix_type = SOCK_SEQPACKET;
    RunTasks(1, [&] {
        int listener = rove_unix_listen(path_.c_str(), &options);
        EXPECT_EQ(rove_unix_connect(path_.c_str()), -EPROTOTYPE);
        int near = rove_unix_connect_as(path_.c_str(), SOCK_SEQPACKET);
        int far = rove_accept(listener, nullptr, nullptr);
        EXPECT_EQ(rove_write(near, "one", 3), 3);
        EXPECT_EQ(rove_write(near, "three", 5), 5);
        char text[16];
        EXPECT_EQ(rove_read(far, text, sizeof(text)), 3);
        EXPECT_EQ(rove_read(far, text, sizeof(text)), 5);
        for (int fd : {near, far, listener}) {
            EXPECT_EQ(rove_close(fd), 0);
        }
    });
}

TEST_F(UnixTest, DatagramsAreAnsweredToNamesOfTheKernelsChoice)
{
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.unix_mode = 0600;
    RunTasks(1, [&] {
        int server = rove_unix_bind(path_.c_str(), &options);
        int client = rove_unix_bind(nullptr, nullptr);
        rove_address to;
        EXPECT_EQ(rove_address_unix(path_.c_str(), &to), 0);
        EXPECT_EQ(rove_sendto(client, "hello", 5, 0, &to.as.any, to.length), 5);
        rove_address from;
        from.length = sizeof(from.as);
        char text[16];
        EXPECT_EQ(rove_recvfrom(server, text, sizeof(text), 0, &from.as.any,
                                &from.length),
                  5);
        EXPECT_EQ(rove_sendto(server, "bye", 3, 0, &from.as.any, from.length),
                  3);
        EXPECT_EQ(rove_recv(client, text, sizeof(text), 0), 3);
        EXPECT_EQ(rove_close(server), 0);
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_EQ(rove_unix_bind(path_.c_str(), &options), -EADDRINUSE);
        options.unix_replace = 1;
        EXPECT_EQ(rove_close(rove_unix_bind(path_.c_str(), &options)), 0);
        options.unix_replace = 2;
        EXPECT_EQ(rove_unix_bind(path_.c_str(), &options), -EINVAL);
    });
}

TEST_F(UnixTest, ReadersOfAConnectedDatagramSocketMakeRoom)
{
    RunTasks(1, [] {
        int fds[2];
        EXPECT_EQ(rove_unix_pair(SOCK_DGRAM, fds), 0);
        constexpr int count = 1000; // more than a queue takes
        Task writer([&] {
            for (int i = 0; i < count; i++) {
                EXPECT_EQ(rove_send(fds[0], &i, sizeof(i), 0), 4);
            }
        });
        EXPECT_TRUE(AwaitWaiter(fds[0], RV_SIDE_WRITE));
        for (int i = 0, got = -1; i < count; i++) {
            EXPECT_EQ(rove_recv(fds[1], &got, sizeof(got), 0), 4);
            EXPECT_EQ(got, i);
        }
        writer.Join();
        EXPECT_EQ(rove_close(fds[0]), 0);
        EXPECT_EQ(rove_close(fds[1]), 0);
    });
}

TEST_F(UnixTest, PairThatCannotBeMadeLeavesNothingOpen)
{
    int fds[2] = {-7, -7};
    int before = CountFds();
    EXPECT_EQ(rove_unix_pair(77, fds), -EINVAL);
    EXPECT_EQ(fds[0], -7);
    EXPECT_EQ(CountFds(), before);
}

TEST_F(UnixTest, PeersAreKnown)
{
    rove_unix_credentials peer = {};
    int fds[2];
    ASSERT_EQ(rove_unix_pair(SOCK_STREAM, fds), 0);
    EXPECT_EQ(rove_unix_peer(fds[0], &peer), 0);
    EXPECT_EQ(peer.pid, getpid());
    EXPECT_EQ(peer.uid, geteuid());
    EXPECT_EQ(peer.gid, getegid());
    EXPECT_EQ(rove_close(fds[0]), 0);
    EXPECT_EQ(rove_close(fds[1]), 0);
    int lonely = rove_unix_bind(nullptr, nullptr);
    EXPECT_EQ(rove_unix_peer(lonely, &peer), -ENOTCONN);
    EXPECT_EQ(rove_close(lonely), 0);
    int tcp = rove_tcp_listen(nullptr, 0, nullptr);
    EXPECT_EQ(rove_unix_peer(tcp, &peer), -ENOTCONN);
    EXPECT_EQ(rove_close(tcp), 0);
    Pipe pipe;
    EXPECT_EQ(rove_unix_peer(pipe.out, &peer), -ENOTSOCK);
}

TEST_F(UnixTest, NamesThatAreNoneAreRefused)
{
    EXPECT_EQ(rove_unix_listen(nullptr, nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_listen("", nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_connect(nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_connect(path_.c_str()), -ENOENT);
}

TEST_F(UnixTest, LongestNamesFitAndLongerOnesDoNot)
{
    constexpr size_t room = sizeof(sockaddr_un::sun_path);
    std::string longest = "@" + std::string(room - 1, 'n');
    int listener = rove_unix_listen(longest.c_str(), nullptr);
    EXPECT_GE(listener, 0);
    EXPECT_EQ(rove_close(listener), 0);
    EXPECT_EQ(rove_unix_listen((longest + "n").c_str(), nullptr),
              -ENAMETOOLONG);
    EXPECT_EQ(rove_unix_listen(std::string(room, '/').c_str(), nullptr),
              -ENAMETOOLONG); // no room for its zero byte
}

} // namespace
