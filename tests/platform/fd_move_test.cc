// At stake: bytes move once, no signal strikes, and a descriptor that would
// wait is known for one.
extern "C" {
#include "src/platform/fd_move.h"
}

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace
{

class FdMoveTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        signal(SIGPIPE, SIG_DFL);
        file_ = memfd_create("file", MFD_CLOEXEC);
        ASSERT_EQ(write(file_, "0123456789", 10), 10);
        ASSERT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_),
                  0);
    }

    void TearDown() override
    {
        for (int fd : {file_, pipe_[0], pipe_[1], pair_[0], pair_[1]}) {
            close(fd);
        }
    }

    int file_ = -1;
    int pipe_[2];
    int pair_[2];
    char text_[16] = "";
};

TEST_F(FdMoveTest, SendfileMovesTheOffsetOrThePosition)
{
    off_t offset = 4;
    EXPECT_EQ(rv_fd_sendfile(pair_[0], file_, &offset, 3), 3);
    EXPECT_EQ(offset, 7);
    EXPECT_EQ(lseek(file_, 0, SEEK_CUR), 10);
    EXPECT_EQ(lseek(file_, 8, SEEK_SET), 8);
    EXPECT_EQ(rv_fd_sendfile(pair_[0], file_, nullptr, 99), 2);
    EXPECT_EQ(rv_fd_sendfile(pair_[0], file_, nullptr, 99), 0);
    EXPECT_EQ(read(pair_[1], text_, sizeof(text_)), 5);
    EXPECT_STREQ(text_, "45689");
}

TEST_F(FdMoveTest, SpliceDoesNotWaitForPipes)
{
    EXPECT_EQ(rv_fd_splice(pipe_[0], nullptr, pair_[0], nullptr, 9, 0),
              -EAGAIN);
    off_t offset = 2;
    EXPECT_EQ(rv_fd_splice(file_, &offset, pipe_[1], nullptr, 3, 0), 3);
    EXPECT_EQ(offset, 5);
    EXPECT_EQ(rv_fd_splice(pipe_[0], nullptr, pair_[0], nullptr, 9, 0), 3);
    EXPECT_EQ(read(pair_[1], text_, sizeof(text_)), 3);
    EXPECT_STREQ(text_, "234");
}

TEST_F(FdMoveTest, SigpipeDoesNotStrike)
{
    off_t offset = 0;
    close(pair_[1]);
    EXPECT_EQ(rv_fd_sendfile(pair_[0], file_, &offset, 3), -EPIPE);
    close(pipe_[0]);
    EXPECT_EQ(rv_fd_splice(file_, &offset, pipe_[1], nullptr, 3, 0), -EPIPE);
    EXPECT_EQ(offset, 0);
}

TEST_F(FdMoveTest, BlockingOnesAndTheirKindsAreKnown)
{
    EXPECT_TRUE(rv_fd_is_blocking(pipe_[0]));
    EXPECT_FALSE(rv_fd_is_blocking(pair_[0]));
    EXPECT_FALSE(rv_fd_is_blocking(-1));
    EXPECT_EQ(rv_fd_type(pipe_[0]), static_cast<mode_t>(S_IFIFO));
    EXPECT_EQ(rv_fd_type(pair_[0]), static_cast<mode_t>(S_IFSOCK));
    EXPECT_EQ(rv_fd_type(file_), static_cast<mode_t>(S_IFREG));
    EXPECT_EQ(rv_fd_type(-1), 0u);
}

} // namespace
