// At stake: what the kernel says of files reaches the caller as -errno, and an
// interrupted call as if nothing had been.
extern "C" {
#include "src/platform/file.h"

#include "tests/support/fault.h"
}

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "tests/support/temp_dir.h"

#include "gtest/gtest.h"

namespace
{

class FileTest : public ::testing::Test
{
  protected:
    FileTest()
    {
        fd_ = rv_file_open((dir_ / "file").c_str(), O_RDWR | O_CREAT, 0600);
        EXPECT_GE(fd_, 0);
    }

    ~FileTest() override
    {
        rv_fault_disarm();
        close(fd_);
    }

    TempDir dir_;
    int fd_;
    char space_[4] = {};
    struct iovec part_ = {space_, 4};
};

TEST_F(FileTest, InterruptedCallsAreRepeated)
{
    rv_fault_arm("pwritev", 1, EINTR);
    EXPECT_EQ(rv_file_pwritev(fd_, &part_, 1, 10), 4);
    EXPECT_EQ(rv_fault_calls("pwritev"), 2u);
    rv_fault_arm("preadv", 1, EINTR);
    EXPECT_EQ(rv_file_preadv(fd_, &part_, 1, 12), 2);
    EXPECT_EQ(rv_fault_calls("preadv"), 2u);
}

TEST_F(FileTest, ErrorsAreNegative)
{
    EXPECT_EQ(rv_file_open((dir_ / "none").c_str(), O_RDONLY, 0), -ENOENT);
    EXPECT_EQ(rv_file_preadv(-1, &part_, 1, 0), -EBADF);
    EXPECT_EQ(rv_file_pwritev(-1, &part_, 1, 0), -EBADF);
    EXPECT_EQ(rv_file_preadv_cached(-1, &part_, 1, 0), -EBADF);
    EXPECT_EQ(rv_file_preadv_cached(fd_, &part_, 1, -1), -EINVAL);
    EXPECT_EQ(rv_file_sync(-1), -EBADF);
    EXPECT_EQ(rv_file_sync_data(-1), -EBADF);
    EXPECT_EQ(rv_file_truncate(fd_, -1), -EINVAL);
    EXPECT_FALSE(rv_file_is_direct(fd_));
    EXPECT_FALSE(rv_file_is_direct(-1));
}

TEST_F(FileTest, DirectoriesEnd)
{
    rv_dir_reader reader;
    struct dirent *entry;
    EXPECT_EQ(rv_dir_open(&reader, (dir_ / "file").c_str()), -ENOTDIR);
    ASSERT_EQ(rv_dir_open(&reader, dir_.path().c_str()), 0);
    for (int i = 0; i < 3; i++) { // with "." and ".."
        EXPECT_EQ(rv_dir_next(&reader, &entry), 1);
    }
    errno = EBADF; // of an earlier call
    EXPECT_EQ(rv_dir_next(&reader, &entry), 0);
    rv_dir_close(&reader);
}

} // namespace
