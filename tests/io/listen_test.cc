// At stake: a listener is what its options say, a live service is never pushed
// aside, and a failure on the way leaves neither a descriptor nor a file.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/stat.h>

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

void Close(int fd)
{
    EXPECT_GE(fd, 0);
    EXPECT_EQ(rove_close(fd), 0);
}

class ListenTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        rove_listen_options_init(&options_);
        ASSERT_NE(mkdtemp(directory_), nullptr);
        path_ = std::string(directory_) + "/socket";
        fds_ = CountFds();
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(CountFds(), fds_);
        unlink(path_.c_str());
        rmdir(directory_);
    }

    int Unix()
    {
        return rove_unix_listen(path_.c_str(), &options_);
    }

    // What a service leaves behind that was killed.
    void LeaveFile()
    {
        Close(rove_unix_listen(path_.c_str(), nullptr));
    }

    bool FileIsThere() const
    {
        return access(path_.c_str(), F_OK) == 0;
    }

    rove_listen_options options_;
    char directory_[32] = "/tmp/rove_listen_XXXXXX";
    std::string path_;

  private:
    int fds_ = 0;
};

TEST_F(ListenTest, ListensWhereTheTextSays)
{
    std::string local = "unix:" + path_;
    RunTasks(1, [&] {
        for (const std::string &where :
             {std::string("127.0.0.1:0"), local, "unix:@" + path_}) {
            int listener = rove_listen(where.c_str(), nullptr);
            EXPECT_GE(listener, 0) << where;
            rove_address at;
            EXPECT_EQ(rove_local_address(listener, &at), 0);
            int near = rove_socket(at.as.any.sa_family, SOCK_STREAM, 0);
            EXPECT_EQ(rove_connect(near, &at.as.any, at.length), 0);
            Close(rove_accept(listener, nullptr, nullptr));
            Close(near);
            Close(listener);
        }
    });
    EXPECT_EQ(rove_listen("localhost:80", nullptr), -EINVAL);
    EXPECT_EQ(rove_listen(nullptr, nullptr), -EINVAL);
    EXPECT_EQ(rove_listen("192.0.2.1:0", nullptr), -EADDRNOTAVAIL);
}

TEST_F(ListenTest, BadOptionsAreRefused)
{
    rove_listen_options bad[10];
    for (auto &options : bad) {
        rove_listen_options_init(&options);
    }
    bad[0].size = 3;
    bad[1].reuse_port = 2;
    bad[2].backlog = UINT32_MAX;
    bad[3].ipv6_only = 2;
    bad[4].defer_accept = -1;
    bad[5].defer_accept = 32767 * ROVE_SEC + 1;
    bad[6].fast_open = UINT32_MAX;
    bad[7].unix_type = SOCK_DGRAM;
    bad[8].unix_mode = 01000;
    bad[9].unix_replace = 2;
    for (const auto &options : bad) {
        EXPECT_EQ(rove_listen("127.0.0.1:0", &options), -EINVAL)
            << &options - bad;
    }
}

TEST_F(ListenTest, ListenerHasReuseAddress)
{
    int listener = rove_tcp_listen(nullptr, 0, nullptr);
    EXPECT_EQ(Option(listener, SOL_SOCKET, SO_REUSEADDR), 1);
    EXPECT_EQ(Option(listener, SOL_SOCKET, SO_REUSEPORT), 0);
    auto port = static_cast<uint16_t>(rove_local_port(listener));
    EXPECT_EQ(rove_tcp_listen(nullptr, port, nullptr), -EADDRINUSE);
    Close(listener);
}

TEST_F(ListenTest, ListenersMayShareAPort)
{
    options_.reuse_port = 1;
    int first = rove_tcp_listen(nullptr, 0, &options_);
    auto port = static_cast<uint16_t>(rove_local_port(first));
    int second = rove_tcp_listen(nullptr, port, &options_);
    EXPECT_GE(second, 0);
    Close(first);
    Close(second);
}

TEST_F(ListenTest, TcpOptionsReachTheSocket)
{
    options_.defer_accept = ROVE_SEC + 1;
    options_.fast_open = 5;
    options_.unix_type = SOCK_SEQPACKET; // of another kind: no effect
    options_.unix_replace = 1;
    int listener = rove_listen("127.0.0.1:0", &options_);
    EXPECT_GE(Option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 2);
    EXPECT_EQ(Option(listener, IPPROTO_TCP, TCP_FASTOPEN), 5);
    EXPECT_EQ(Option(listener, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    Close(listener);
}

TEST_F(ListenTest, Ipv6ListenerServesIpv4UnlessToldOtherwise)
{
    for (uint32_t only : {0u, 1u}) {
        options_.ipv6_only = only;
        int listener = rove_listen("[::]:0", &options_);
        if (listener == -EAFNOSUPPORT || listener == -EADDRNOTAVAIL) {
            GTEST_SKIP() << "no IPv6 here";
        }
        auto port = static_cast<uint16_t>(rove_local_port(listener));
        int client = rove_tcp_connect("127.0.0.1", port);
        EXPECT_EQ(client >= 0, only == 0) << client;
        if (client >= 0) {
            Close(client);
        }
        Close(listener);
    }
}

TEST_F(ListenTest, UnixListenerMayKeepRecords)
{
    options_.unix_type = SOCK_SEQPACKET;
    int listener = Unix();
    EXPECT_EQ(Option(listener, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
    Close(listener);
}

TEST_F(ListenTest, FileHasTheModeWhateverTheUmask)
{
    mode_t before = umask(0077);
    options_.unix_mode = 0620;
    int listener = Unix();
    umask(before);
    struct stat file;
    EXPECT_EQ(stat(path_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0620u);
    Close(listener);
}

TEST_F(ListenTest, AbandonedFileIsReplacedOnRequest)
{
    LeaveFile();
    EXPECT_EQ(Unix(), -EADDRINUSE);
    options_.unix_replace = 1;
    for (int round = 0; round < 2; round++) {
        int listener = Unix();
        Close(rove_unix_connect(path_.c_str()));
        Close(listener);
    }
}

TEST_F(ListenTest, LiveServiceIsNotReplaced)
{
    options_.unix_replace = 1;
    for (uint32_t type : {SOCK_STREAM, SOCK_SEQPACKET}) {
        options_.unix_type = type;
        options_.backlog = 1;
        int listener = Unix();
        EXPECT_EQ(Unix(), -EADDRINUSE);
        EXPECT_EQ(Unix(), -EADDRINUSE); // whose queue is full by now
        EXPECT_EQ(Unix(), -EADDRINUSE);
        EXPECT_TRUE(FileIsThere());
        Close(listener);
    }
}

TEST_F(ListenTest, FileThatIsNoSocketIsNotReplaced)
{
    int file = open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    close(file);
    options_.unix_replace = 1;
    EXPECT_EQ(Unix(), -EADDRINUSE);
    EXPECT_TRUE(FileIsThere());
}

TEST_F(ListenTest, FailedListenerLeavesNoFile)
{
    rv_fault_arm("rv_fd_listen", 1, ENOBUFS);
    EXPECT_EQ(Unix(), -ENOBUFS);
    EXPECT_FALSE(FileIsThere());
    rv_fault_arm("rv_fd_bind", 1, EACCES);
    EXPECT_EQ(Unix(), -EACCES);
    LeaveFile();
    options_.unix_replace = 1;
    rv_fault_arm("rv_fd_bind", 2, EACCES); // after it was removed
    EXPECT_EQ(Unix(), -EACCES);
    LeaveFile();
    rv_fault_arm("rv_fd_socket", 2, EMFILE); // nobody to look who listens
    EXPECT_EQ(Unix(), -EADDRINUSE);
    EXPECT_TRUE(FileIsThere());
}

TEST_F(ListenTest, EachOptionMayFailAndNothingIsLeftOpen)
{
    options_.reuse_port = 1;
    options_.defer_accept = ROVE_SEC;
    options_.fast_open = 1;
    for (uint64_t nth = 1; nth <= 4; nth++) {
        rv_fault_arm("rv_fd_setsockopt", nth, ENOBUFS);
        EXPECT_EQ(rove_listen("127.0.0.1:0", &options_), -ENOBUFS);
    }
}

} // namespace
