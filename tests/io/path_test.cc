// At stake: the right call for each name, with its arguments in order, and
// nothing done for a caller that was cancelled.
#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "rove/rove.h"

#include "tests/support/tasks.h"
#include "tests/support/temp_dir.h"

#include "gtest/gtest.h"

namespace
{

TEST(PathTest, EachCallDoesWhatItSays)
{
    TempDir dir;
    RunTasks(1, [&] {
        std::string sub = dir / "sub", one = sub + "/one", two = sub + "/two";
        struct stat about;
        EXPECT_EQ(rove_mkdir(sub.c_str(), 0700), 0);
        EXPECT_EQ(rove_stat(sub.c_str(), &about), 0);
        EXPECT_TRUE(S_ISDIR(about.st_mode));
        EXPECT_EQ(about.st_mode & 0777, 0700u);
        Store(one, "text");
        EXPECT_EQ(rove_rename(one.c_str(), two.c_str()), 0);
        EXPECT_EQ(Contents(two), "text");
        EXPECT_EQ(symlink("two", one.c_str()), 0);
        EXPECT_EQ(rove_stat(one.c_str(), &about), 0);
        EXPECT_TRUE(S_ISREG(about.st_mode));
        EXPECT_EQ(about.st_size, 4);
        EXPECT_EQ(rove_lstat(one.c_str(), &about), 0);
        EXPECT_TRUE(S_ISLNK(about.st_mode));
        EXPECT_EQ(rove_rmdir(sub.c_str()), -ENOTEMPTY);
        EXPECT_EQ(rove_unlink(one.c_str()), 0);
        EXPECT_EQ(rove_unlink(two.c_str()), 0);
        EXPECT_EQ(rove_rmdir(sub.c_str()), 0);
        EXPECT_EQ(dir.Count(), 0u);
    });
}

TEST(PathTest, ErrorsAreTheSystemCalls)
{
    TempDir dir;
    RunTasks(1, [&] {
        std::string none = dir / "none";
        struct stat about;
        EXPECT_EQ(rove_stat(none.c_str(), &about), -ENOENT);
        EXPECT_EQ(rove_lstat(none.c_str(), &about), -ENOENT);
        EXPECT_EQ(rove_rename(none.c_str(), none.c_str()), -ENOENT);
        EXPECT_EQ(rove_unlink(none.c_str()), -ENOENT);
        EXPECT_EQ(rove_rmdir(none.c_str()), -ENOENT);
        EXPECT_EQ(rove_unlink(dir.path().c_str()), -EISDIR);
        EXPECT_EQ(rove_mkdir(dir.path().c_str(), 0700), -EEXIST);
    });
}

TEST(PathTest, NothingIsDoneForACancelledCaller)
{
    TempDir dir;
    RunTasks(1, [&] {
        ROVE_TIMEOUT(0, nullptr)
        {
            EXPECT_EQ(rove_mkdir((dir / "sub").c_str(), 0700), -ECANCELED);
        }
    });
    EXPECT_EQ(dir.Count(), 0u);
}

} // namespace
