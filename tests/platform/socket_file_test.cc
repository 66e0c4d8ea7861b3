// At stake: only the file of a socket is ever removed, and its permissions are
// what was asked for.
extern "C" {
#include "src/platform/socket_file.h"
}

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace
{

class SocketFileTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_NE(mkdtemp(directory_), nullptr);
        path_ = std::string(directory_) + "/socket";
        struct sockaddr_un at = {};
        at.sun_family = AF_UNIX;
        memcpy(at.sun_path, path_.c_str(), path_.size());
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr *>(&at), sizeof(at)), 0);
        close(fd);
    }

    void TearDown() override
    {
        unlink(path_.c_str());
        EXPECT_EQ(rmdir(directory_), 0);
    }

    char directory_[32] = "/tmp/rove_file_XXXXXX";
    std::string path_;
};

TEST_F(SocketFileTest, ModeIgnoresTheUmask)
{
    mode_t before = umask(0777);
    EXPECT_EQ(rv_socket_file_set_mode(path_.c_str(), 0666), 0);
    umask(before);
    struct stat file;
    ASSERT_EQ(stat(path_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0666u);
    EXPECT_EQ(rv_socket_file_set_mode("/nowhere/to/be/found", 0666), -ENOENT);
}

TEST_F(SocketFileTest, SocketsFileIsRemovedAndMayBeGone)
{
    EXPECT_EQ(rv_socket_file_remove(path_.c_str()), 0);
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
    EXPECT_EQ(rv_socket_file_remove(path_.c_str()), 0);
    EXPECT_EQ(rv_socket_file_remove("/dev/null/x"), -ENOTDIR);
}

TEST_F(SocketFileTest, NothingElseIsRemoved)
{
    std::string link = path_ + "_link";
    ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
    EXPECT_EQ(rv_socket_file_remove(link.c_str()), -ENOTSOCK);
    EXPECT_EQ(rv_socket_file_remove(directory_), -ENOTSOCK);
    EXPECT_EQ(unlink(link.c_str()), 0);
}

} // namespace
