// At stake: each entry once, whole, and no memory lost when the directory or
// the memory fails half way.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <dirent.h>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "rove/rove.h"

#include "tests/support/tasks.h"
#include "tests/support/temp_dir.h"

#include "gtest/gtest.h"

namespace
{

class DirTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    TempDir dir_;
};

TEST_F(DirTest, AnEmptyDirectoryHasNoEntries)
{
    RunTasks(1, [&] {
        rove_dir *dir = nullptr;
        EXPECT_EQ(rove_dir_read(dir_.path().c_str(), &dir), 0);
        EXPECT_EQ(dir->count, 0u);
        rove_dir_free(dir);
        rove_dir_free(nullptr);
    });
}

TEST_F(DirTest, EveryEntryIsThereOnce)
{
    std::set<std::string> names;
    for (int i = 0; i < 100; i++) { // more than first fit
        names.insert(std::to_string(i) + std::string(i % 200, 'n'));
    }
    for (const std::string &name : names) {
        Store(dir_ / name, "");
    }
    names.insert("sub");
    names.insert(".hidden");
    Store(dir_ / ".hidden", "");
    ASSERT_EQ(mkdir((dir_ / "sub").c_str(), 0700), 0);
    rove_dir *dir = nullptr;
    RunTasks(1,
             [&] { EXPECT_EQ(rove_dir_read(dir_.path().c_str(), &dir), 0); });
    ASSERT_NE(dir, nullptr);
    EXPECT_EQ(dir->count, names.size());
    for (size_t i = 0; i < dir->count; i++) {
        const rove_dir_entry &entry = dir->entries[i];
        EXPECT_EQ(names.erase(entry.name), 1u) << entry.name;
        struct stat about;
        EXPECT_EQ(lstat((dir_ / entry.name).c_str(), &about), 0);
        EXPECT_EQ(entry.inode, about.st_ino);
        EXPECT_TRUE(entry.type == DT_UNKNOWN ||
                    entry.type == static_cast<int>(IFTODT(about.st_mode)));
    }
    rove_dir_free(dir);
}

TEST_F(DirTest, ErrorsAreReported)
{
    Store(dir_ / "file", "");
    RunTasks(1, [&] {
        rove_dir *dir = nullptr;
        EXPECT_EQ(rove_dir_read((dir_ / "none").c_str(), &dir), -ENOENT);
        EXPECT_EQ(rove_dir_read((dir_ / "file").c_str(), &dir), -ENOTDIR);
        rv_fault_arm("rv_dir_next", 2, EIO);
        EXPECT_EQ(rove_dir_read(dir_.path().c_str(), &dir), -EIO);
        EXPECT_EQ(dir, nullptr);
    });
}

TEST_F(DirTest, EveryLackOfMemoryIsReportedAndLeaksNothing)
{
    for (int i = 0; i < 60; i++) {
        Store(dir_ / (std::to_string(i) + std::string(200, 'n')), "");
    }
    const char *path = dir_.path().c_str();
    uint64_t blocks = rv_fault_live_blocks();
    rove_dir *dir = nullptr;
    int failures = 0;
    for (;;) {
        rv_fault_arm("rv_mem_alloc", static_cast<uint64_t>(failures) + 1,
                     ENOMEM);
        int error = rove_dir_read(path, &dir); // on this thread
        if (error == 0) {
            break;
        }
        EXPECT_EQ(error, -ENOMEM);
        EXPECT_EQ(rv_fault_live_blocks(), blocks);
        failures++;
        ASSERT_LT(failures, 100);
    }
    EXPECT_GE(failures, 5);
    EXPECT_EQ(dir->count, 60u);
    rove_dir_free(dir);
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

} // namespace
