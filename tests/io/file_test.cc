// At stake: bytes of a file land where they belong and are all there are; a
// call that was cancelled in time has changed nothing; closing and a call on
// the pool never meet on a number that means another file.
extern "C" {
#include "src/platform/file.h"

#include "src/sched/pollable.h"
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rove/rove.h"

#include "tests/io/fds.h"
#include "tests/io/pool_holder.h"
#include "tests/support/temp_dir.h"

#include "gtest/gtest.h"

namespace
{

constexpr int kNew = O_RDWR | O_CREAT | O_EXCL;

std::string ReadAt(int fd, size_t size, off_t offset)
{
    std::string text(size, '?');
    ssize_t count = rove_pread(fd, text.data(), size, offset);
    EXPECT_GE(count, 0);
    text.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return text;
}

class FileTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    TempDir dir_;
};

void UseFile(const std::string &path)
{
    int fd = rove_open(path.c_str(), kNew, 0640);
    EXPECT_GE(fd, 0);
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(rove_pwrite(fd, "world", 5, 6), 5);
    char hello[] = "hello", space[] = " ";
    struct iovec parts[] = {{hello, 5}, {space, 1}};
    EXPECT_EQ(rove_pwritev(fd, parts, 2, 0), 6);
    EXPECT_EQ(rove_fdatasync(fd), 0);
    EXPECT_EQ(ReadAt(fd, 11, 0), "hello world");
    EXPECT_EQ(ReadAt(fd, 100, 6), "world");
    EXPECT_EQ(ReadAt(fd, 100, 11), "");
    EXPECT_EQ(ReadAt(fd, 100, 1000), "");
    EXPECT_EQ(rove_preadv(fd, parts, 2, 5), 6);
    EXPECT_EQ(std::string(hello, 5) + space, " worl" + std::string("d"));
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
    EXPECT_EQ(rove_ftruncate(fd, 3), 0);
    struct stat about;
    EXPECT_EQ(rove_fstat(fd, &about), 0);
    EXPECT_EQ(about.st_size, 3);
    EXPECT_EQ(rove_fsync(fd), 0);
    EXPECT_EQ(rove_file_close(fd), 0);
    EXPECT_EQ(fcntl(fd, F_GETFD), -1);
    EXPECT_EQ(Contents(path), "hel");
}

TEST_F(FileTest, ReadsAndWritesAtOffsets)
{
    RunTasks(1, [&] { UseFile(dir_ / "task"); });
    UseFile(dir_ / "thread");
    RunTasks(1, [&] {
        std::string path = dir_ / "pool";
        EXPECT_EQ(rove_offload(
                      [](void *arg) -> int64_t {
                          UseFile(*static_cast<std::string *>(arg));
                          return 0;
                      },
                      &path),
                  0);
    });
}

TEST_F(FileTest, ErrorsAreTheSystemCalls)
{
    RunTasks(1, [&] {
        char byte;
        struct stat about;
        EXPECT_EQ(rove_open((dir_ / "none").c_str(), O_RDONLY, 0), -ENOENT);
        EXPECT_EQ(rove_open(dir_.path().c_str(), O_WRONLY, 0), -EISDIR);
        for (int fd : {-1, 1000}) {
            EXPECT_EQ(rove_pread(fd, &byte, 1, 0), -EBADF);
            EXPECT_EQ(rove_pwrite(fd, &byte, 1, 0), -EBADF);
            EXPECT_EQ(rove_fsync(fd), -EBADF);
            EXPECT_EQ(rove_fstat(fd, &about), -EBADF);
            EXPECT_EQ(rove_file_close(fd), -EBADF);
        }
        Pipe pipe;
        EXPECT_EQ(rove_pread(pipe.out, &byte, 1, 0), -ESPIPE);
        EXPECT_EQ(rove_pwrite(pipe.in, &byte, 1, 0), -ESPIPE);
        EXPECT_EQ(rove_ftruncate(pipe.in, 0), -EINVAL);
        int fd = rove_open((dir_ / "file").c_str(), kNew, 0600);
        EXPECT_EQ(rove_pread(fd, &byte, 1, -1), -EINVAL);
        EXPECT_EQ(rove_pwrite(fd, &byte, 1, -1), -EINVAL);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

// Whatever the page cache answers, the count tells where the file ends.
TEST_F(FileTest, ShortOrAbsentAnswersOfTheCacheAreCompleted)
{
    Store(dir_ / "file", "0123456789");
    RunTasks(1, [&] {
        int fd = rove_open((dir_ / "file").c_str(), O_RDONLY, 0);
        for (int error : {RV_FAULT_SHORT, EAGAIN, EOPNOTSUPP}) {
            rv_fault_arm("rv_file_preadv_cached", 1, error);
            EXPECT_EQ(ReadAt(fd, 20, 0), "0123456789") << error;
            rv_fault_arm_every("rv_file_preadv_cached", 1, error);
            EXPECT_EQ(ReadAt(fd, 20, 0), "0123456789") << error;
            EXPECT_EQ(ReadAt(fd, 20, 10), "") << error;
        }
        rv_fault_arm("rv_file_preadv_cached", 1, EIO);
        char byte;
        EXPECT_EQ(rove_pread(fd, &byte, 1, 0), -EIO);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

TEST_F(FileTest, CachedReadsNeedNoThread)
{
    Store(dir_ / "file", "0123456789");
    int probe = open((dir_ / "file").c_str(), O_RDONLY | O_CLOEXEC);
    char byte;
    struct iovec part = {&byte, 1};
    ssize_t cached = rv_file_preadv_cached(probe, &part, 1, 0);
    if (cached != 1) {
        close(probe);
        GTEST_SKIP() << "no such reads in this file system: " << cached;
    }
    RunTasks(1, [&] {
        EXPECT_EQ(ReadAt(probe, 20, 0), "0123456789");
        rove_stats stats = {};
        stats.size = sizeof stats;
        EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
        EXPECT_EQ(stats.offload_threads, 0u);
    });
    close(probe);
}

TEST_F(FileTest, LongAndDirectReadsLeaveTheCacheAlone)
{
    std::string text(100000, 'x');
    Store(dir_ / "file", text);
    RunTasks(1, [&] {
        int fd = rove_open((dir_ / "file").c_str(), O_RDONLY, 0);
        rv_fault_arm("rv_file_preadv_cached", 1, EIO);
        EXPECT_EQ(ReadAt(fd, text.size(), 0), text);
        EXPECT_EQ(rv_fault_calls("rv_file_preadv_cached"), 0u);
        EXPECT_EQ(rove_close(fd), 0);
        fd = rove_open((dir_ / "file").c_str(), O_RDONLY | O_DIRECT, 0);
        if (fd < 0) {
            return; // no such files in this file system
        }
        void *block = aligned_alloc(4096, 4096);
        EXPECT_EQ(rove_pread(fd, block, 4096, 0), 4096);
        EXPECT_EQ(rv_fault_calls("rv_file_preadv_cached"), 0u);
        free(block);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

TEST_F(FileTest, CancelledInTheQueueHasNoEffect)
{
    Store(dir_ / "file", "old");
    RunWithPool(1, [&] {
        int fd = open((dir_ / "file").c_str(), O_RDWR | O_CLOEXEC);
        HeldThread held;
        std::atomic<int> calls{0};
        Task writer([&] {
            calls++;
            EXPECT_EQ(rove_pwrite(fd, "new", 3, 0), -ECANCELED);
        });
        Task opener([&] {
            calls++;
            EXPECT_EQ(rove_open((dir_ / "new").c_str(), kNew, 0600),
                      -ECANCELED);
        });
        EXPECT_TRUE(YieldUntil([&] { return calls == 2; }));
        writer.Cancel();
        opener.Cancel();
        writer.Join();
        opener.Join();
        held.Release();
        EXPECT_EQ(ReadAt(fd, 3, 0), "old");
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(dir_.Count(), 1u);
    });
}

// A FIFO opens when somebody opens its other end.
TEST_F(FileTest, CancelledOpenLeavesAtOnceAndLeaksNothing)
{
    std::string path = dir_ / "fifo";
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    int fds = CountFds();
    int other = -1;
    RunTasks(2, [&] {
        rv_fault_arm("rv_file_open", 1000, EIO); // counts
        Task opener([&] {
            EXPECT_EQ(rove_open(path.c_str(), O_RDONLY, 0), -ECANCELED);
        });
        EXPECT_TRUE(
            YieldUntil([] { return rv_fault_calls("rv_file_open") == 1; }));
        opener.Cancel();
        opener.Join();
        other = open(path.c_str(), O_RDWR | O_CLOEXEC); // lets it go on
        EXPECT_GE(other, 0);
    });
    close(other);
    EXPECT_EQ(CountFds(), fds);
}

TEST_F(FileTest, ClosingWaitsForCallsInFlight)
{
    Store(dir_ / "file", "old");
    RunWithPool(1, [&] {
        int fd = open((dir_ / "file").c_str(), O_RDWR | O_CLOEXEC);
        HeldThread held;
        std::atomic<bool> has_closed{false};
        rv_pollable *file;
        EXPECT_EQ(rv_pollable_of(fd, &file), 0);
        Task writer([&] { EXPECT_EQ(rove_pwrite(fd, "new", 3, 0), 3); });
        EXPECT_TRUE(YieldUntil([&] { return rv_pollable_has_calls(file); }));
        Task closer([&] {
            EXPECT_EQ(rove_close(fd), 0);
            has_closed = true;
        });
        EXPECT_TRUE(YieldUntil([&] { return rv_pollable_is_closing(file); }));
        char byte;
        EXPECT_EQ(rove_pread(fd, &byte, 1, 0), -EBADF);
        EXPECT_EQ(rove_fsync(fd), -EBADF);
        EXPECT_FALSE(has_closed);
        EXPECT_GE(fcntl(fd, F_GETFD), 0);
        held.Release();
    });
    EXPECT_EQ(Contents(dir_ / "file"), "new");
}

// With one thread: closing must not hold it while it waits for the write.
TEST_F(FileTest, ClosingOnThePoolLeavesItToTheCallsInFlight)
{
    Store(dir_ / "file", "old");
    RunWithPool(1, [&] {
        int fd = open((dir_ / "file").c_str(), O_RDWR | O_CLOEXEC);
        rv_pollable *file;
        EXPECT_EQ(rv_pollable_of(fd, &file), 0);
        (void)rv_pollable_enter(file); // a call that is not queued yet
        Task closer([&] { EXPECT_EQ(rove_file_close(fd), 0); });
        EXPECT_TRUE(YieldUntil([&] { return rv_pollable_is_closing(file); }));
        EXPECT_EQ(rove_offload([](void *) -> int64_t { return 1; }, nullptr),
                  1);
        rv_pollable_leave(file);
        closer.Join();
        EXPECT_EQ(fcntl(fd, F_GETFD), -1);
    });
}

TEST_F(FileTest, CancelledTaskClosesItsFile)
{
    RunTasks(1, [&] {
        int fd = rove_open((dir_ / "file").c_str(), kNew, 0600);
        ROVE_TIMEOUT(0, nullptr)
        {
            EXPECT_EQ(rove_fsync(fd), -ECANCELED);
            EXPECT_EQ(rove_file_close(fd), 0);
        }
        EXPECT_EQ(fcntl(fd, F_GETFD), -1);
    });
}

TEST_F(FileTest, FullDisksAreReported)
{
    RunTasks(1, [&] {
        int full = rove_open("/dev/full", O_WRONLY, 0);
        EXPECT_EQ(rove_pwrite(full, "x", 1, 0), -ENOSPC);
        EXPECT_EQ(rove_close(full), 0);
        std::signal(SIGXFSZ, SIG_IGN);
        struct rlimit before;
        EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
        struct rlimit small = {4096, before.rlim_max};
        int fd = rove_open((dir_ / "file").c_str(), kNew, 0600);
        EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
        EXPECT_EQ(rove_pwrite(fd, "0123456789", 10, 4090), 6);
        EXPECT_EQ(rove_pwrite(fd, "6789", 4, 4096), -EFBIG);
        EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

} // namespace
