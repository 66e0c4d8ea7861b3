// At stake: a reader gets all of a file or an error; whoever opens a file that
// is being replaced finds the old one or the new one, and no failure leaves a
// temporary file behind.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rove/rove.h"

#include "tests/support/in_child.h"
#include "tests/support/tasks.h"
#include "tests/support/temp_dir.h"

#include "gtest/gtest.h"

namespace
{

int Write(const std::string &path, const std::string &text, mode_t mode = 0644)
{
    return rove_file_write(path.c_str(), text.data(), text.size(), mode);
}

std::string Read(const std::string &path, size_t limit = 0)
{
    void *data = nullptr;
    ssize_t size = rove_file_read(path.c_str(), limit, &data);
    if (size < 0) {
        EXPECT_EQ(data, nullptr);
        return "error " + std::to_string(size);
    }
    std::string text(static_cast<char *>(data), static_cast<size_t>(size));
    EXPECT_EQ(static_cast<char *>(data)[size], '\0');
    rove_file_free(data);
    return text;
}

class WholeFileTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    TempDir dir_;
};

TEST_F(WholeFileTest, WhatIsWrittenIsRead)
{
    RunTasks(1, [&] {
        for (size_t size : {0, 1, 4094, 4095, 4096, 4097, 300000}) {
            std::string text(size, 'x');
            EXPECT_EQ(Write(dir_ / "file", text), 0);
            EXPECT_EQ(Read(dir_ / "file"), text);
        }
        EXPECT_EQ(dir_.Count(), 1u);
    });
    EXPECT_EQ(Write(dir_ / "file", "by a thread"), 0);
    EXPECT_EQ(Read(dir_ / "file"), "by a thread");
}

TEST_F(WholeFileTest, FilesThatHideTheirSizeAreReadWhole)
{
    RunTasks(1, [] {
        std::string text = Read("/proc/self/status");
        EXPECT_EQ(text.compare(0, 5, "Name:"), 0) << text;
        EXPECT_EQ(text.back(), '\n');
    });
}

TEST_F(WholeFileTest, LimitsAreKept)
{
    Store(dir_ / "file", "0123456789");
    RunTasks(1, [&] {
        EXPECT_EQ(Read(dir_ / "file", 10), "0123456789");
        EXPECT_EQ(Read(dir_ / "file", 9), "error " + std::to_string(-EFBIG));
        EXPECT_EQ(Read("/dev/zero", 100000), "error " + std::to_string(-EFBIG));
        EXPECT_EQ(Read(dir_ / "none"), "error " + std::to_string(-ENOENT));
        EXPECT_EQ(Read(dir_.path()), "error " + std::to_string(-EISDIR));
    });
}

TEST_F(WholeFileTest, NewFileHasTheModeAndLinksAreReplaced)
{
    mode_t before = umask(022);
    std::string path = dir_ / "file";
    ASSERT_EQ(symlink("elsewhere", path.c_str()), 0);
    RunTasks(1, [&] { EXPECT_EQ(Write(path, "text", 0666), 0); });
    struct stat about;
    EXPECT_EQ(lstat(path.c_str(), &about), 0);
    EXPECT_TRUE(S_ISREG(about.st_mode));
    EXPECT_EQ(about.st_mode & 0777, 0644u);
    EXPECT_EQ(dir_.Count(), 1u);
    umask(before);
}

TEST_F(WholeFileTest, ShortWritesAreCompleted)
{
    RunTasks(1, [&] {
        rv_fault_arm("rv_file_pwritev", 1, RV_FAULT_SHORT);
        EXPECT_EQ(Write(dir_ / "file", "0123456789"), 0);
        EXPECT_EQ(Contents(dir_ / "file"), "0123456789");
    });
}

TEST_F(WholeFileTest, EveryFailureLeavesTheOldFileAlone)
{
    Store(dir_ / "file", "old");
    struct {
        const char *function;
        uint64_t nth;
        int error;
    } faults[] = {
        {"rv_mem_alloc", 1, ENOMEM}, {"rv_file_open", 1, EMFILE},
        {"rv_file_open", 2, EROFS},  {"rv_file_pwritev", 1, ENOSPC},
        {"rv_file_sync", 1, EIO},    {"rv_path_rename", 1, EPERM},
    };
    for (auto &fault : faults) {
        rv_fault_arm(fault.function, fault.nth, fault.error);
        EXPECT_EQ(Write(dir_ / "file", "new"), -fault.error) << fault.function;
        EXPECT_EQ(Contents(dir_ / "file"), "old") << fault.function;
        EXPECT_EQ(dir_.Count(), 1u) << fault.function;
    }
    rv_fault_arm_every("rv_file_open", 2, EEXIST);
    EXPECT_EQ(Write(dir_ / "file", "new"), -EEXIST);
    // The last sync is the directory's: the file is the new one by then.
    rv_fault_arm("rv_file_sync", 2, EIO);
    EXPECT_EQ(Write(dir_ / "file", "new"), -EIO);
    EXPECT_EQ(Contents(dir_ / "file"), "new");
    rv_fault_arm("rv_file_sync", 2, EINVAL);
    EXPECT_EQ(Write(dir_ / "file", "newer"), 0);
    EXPECT_EQ(dir_.Count(), 1u);
}

TEST_F(WholeFileTest, NamesAreTakenAsTheyAre)
{
    RunTasks(1, [&] {
        EXPECT_EQ(Write(dir_ / "none/file", "x"), -ENOENT);
        EXPECT_EQ(Write("", "x"), -ENOENT);
        EXPECT_EQ(Write(dir_ / std::string(240, 'n'), "x"), -ENAMETOOLONG);
        EXPECT_EQ(Write(dir_ / std::string(230, 'n'), "x"), 0);
        EXPECT_EQ(Write(dir_ / "", "x"), -ENOTDIR);
        EXPECT_EQ(dir_.Count(), 1u);
    });
}

TEST_F(WholeFileTest, MemoryThatIsMissingIsReported)
{
    Store(dir_ / "file", std::string(10000, 'x'));
    uint64_t blocks = rv_fault_live_blocks();
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(Read(dir_ / "file"), "error " + std::to_string(-ENOMEM));
    rv_fault_arm("rv_mem_alloc", 2, ENOMEM); // the first is 4 KiB
    EXPECT_EQ(Read("/dev/zero", 10000), "error " + std::to_string(-ENOMEM));
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

struct Full {
    bool is_mounted;
};

// In a mount namespace of its own, where that is to be had.
TEST_F(WholeFileTest, AFullDiskLosesNothing)
{
    std::string mount_point = dir_.path();
    Full full = InChild<Full>([&](Full *report) {
        if (unshare(CLONE_NEWNS) != 0 ||
            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("none", mount_point.c_str(), "tmpfs", 0, "size=64k") != 0) {
            return;
        }
        report->is_mounted = true;
        RunTasks(1, [&] {
            std::string path = dir_ / "file";
            EXPECT_EQ(Write(path, "old"), 0);
            EXPECT_EQ(Write(path, std::string(100000, 'x')), -ENOSPC);
            EXPECT_EQ(Read(path), "old");
            EXPECT_EQ(dir_.Count(), 1u);
            EXPECT_EQ(Write(path, std::string(50000, 'x')), 0);
            EXPECT_EQ(rove_unlink(path.c_str()), 0);
        });
    });
    if (!full.is_mounted) {
        GTEST_SKIP() << "nothing may be mounted here";
    }
}

} // namespace
