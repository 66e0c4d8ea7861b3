// At stake: a change to a watched file makes the instance readable.
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

extern "C" {
#include "src/platform/fd_io.h"
#include "src/platform/inotify.h"
}

#include "gtest/gtest.h"

namespace
{

TEST(InotifyTest, ChangesAreReportedUntilTheWatchIsRemoved)
{
    char path[] = "/tmp/rove_inotify_XXXXXX";
    int file = mkstemp(path);
    ASSERT_GE(file, 0);
    int fd = rv_inotify_open();
    ASSERT_GE(fd, 0);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    alignas(struct inotify_event) char buffer[512];
    EXPECT_EQ(rv_inotify_add(fd, "/no/such/path", IN_MODIFY), -ENOENT);
    int watch = rv_inotify_add(fd, path, IN_MODIFY);
    EXPECT_GT(watch, 0);
    EXPECT_EQ(rv_fd_read(fd, buffer, sizeof buffer), -EAGAIN);
    EXPECT_EQ(write(file, "x", 1), 1);
    EXPECT_GT(rv_fd_read(fd, buffer, sizeof buffer), 0);
    EXPECT_EQ(rv_inotify_remove(fd, watch), 0);
    EXPECT_EQ(rv_inotify_remove(fd, watch), -EINVAL);
    EXPECT_EQ(rv_fd_close(fd), 0);
    close(file);
    unlink(path);
}

} // namespace
