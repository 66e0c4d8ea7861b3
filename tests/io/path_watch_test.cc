// At stake: every change is told once, with its name, to one of those who wait,
// and those who wait for nothing are told when there is nothing to come.
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/io/fds.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

// A directory, watched.
class PathWatchTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_NE(mkdtemp(path_), nullptr);
        fds_ = CountFds();
        ASSERT_EQ(rove_path_watch_new(&watch_), 0);
        id_ =
            rove_path_watch_add(watch_, path_, IN_CREATE | IN_DELETE | IN_MOVE);
        ASSERT_GT(id_, 0);
    }

    void TearDown() override
    {
        rove_path_watch_free(watch_);
        EXPECT_EQ(CountFds(), fds_);
        std::string command = "rm -r " + std::string(path_);
        EXPECT_EQ(system(command.c_str()), 0);
    }

    std::string In(const std::string &name) const
    {
        return std::string(path_) + "/" + name;
    }

    void Create(const std::string &name) const
    {
        close(open(In(name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    }

    rove_path_event Next()
    {
        rove_path_event event = {};
        EXPECT_EQ(rove_path_watch_next(watch_, &event), 0);
        return event;
    }

    char path_[32] = "/tmp/rove_path_XXXXXX";
    rove_path_watch *watch_ = nullptr;
    int id_ = 0;
    int fds_ = 0;
};

TEST_F(PathWatchTest, ChangesComeInOrderWithTheirNames)
{
    RunTasks(2, [&] {
        Task changer([&] {
            Create("first");
            EXPECT_EQ(rename(In("first").c_str(), In("second").c_str()), 0);
            EXPECT_EQ(unlink(In("second").c_str()), 0);
        });
        rove_path_event event = Next();
        EXPECT_EQ(event.id, id_);
        EXPECT_EQ(event.mask, static_cast<uint32_t>(IN_CREATE));
        EXPECT_STREQ(event.name, "first");
        EXPECT_EQ(event.cookie, 0u);
        rove_path_event from = Next();
        EXPECT_EQ(from.mask, static_cast<uint32_t>(IN_MOVED_FROM));
        rove_path_event to = Next();
        EXPECT_EQ(to.mask, static_cast<uint32_t>(IN_MOVED_TO));
        EXPECT_STREQ(to.name, "second");
        EXPECT_EQ(to.cookie, from.cookie);
        EXPECT_EQ(Next().mask, static_cast<uint32_t>(IN_DELETE));
    });
}

TEST_F(PathWatchTest, SeveralWaitersShareTheEvents)
{
    RunTasks(2, [&] {
        constexpr int count = 300;
        std::atomic<int> left{count};
        std::set<std::string> seen[2];
        auto collect = [&](int i) {
            while (left-- > 0) {
                seen[i].insert(Next().name);
            }
        };
        Task first([&] { collect(0); });
        Task second([&] { collect(1); });
        for (int i = 0; i < count; i++) {
            Create(std::to_string(i));
        }
        first.Join();
        second.Join();
        EXPECT_EQ(seen[0].size() + seen[1].size(), size_t{count});
        seen[0].insert(seen[1].begin(), seen[1].end());
        EXPECT_EQ(seen[0].size(), size_t{count});
    });
}

TEST_F(PathWatchTest, LongestNameIsWhole)
{
    std::string name(255, 'n');
    RunTasks(1, [&] {
        Create(name);
        EXPECT_EQ(Next().name, name);
    });
}

TEST_F(PathWatchTest, ClosingEndsWaits)
{
    RunTasks(2, [&] {
        auto wait = [&] {
            rove_path_event event;
            EXPECT_EQ(rove_path_watch_next(watch_, &event), -EPIPE);
        };
        Task first(wait);
        Task second(wait);
        (void)rove_yield();
        rove_path_watch_close(watch_);
        first.Join();
        second.Join();
        wait();
        rove_path_watch_close(watch_);
    });
}

TEST_F(PathWatchTest, CancelledWaitTakesNothing)
{
    RunTasks(1, [&] {
        Task waiter([&] {
            rove_path_event event;
            EXPECT_EQ(rove_path_watch_next(watch_, &event), -ECANCELED);
            Create("file");
            EXPECT_EQ(rove_path_watch_next(watch_, &event), -ECANCELED);
        });
        EXPECT_TRUE(YieldUntil([] { return true; }));
        waiter.Cancel();
        waiter.Join();
        EXPECT_STREQ(Next().name, "file");
    });
}

TEST_F(PathWatchTest, WatchThatIsOverSaysSo)
{
    RunTasks(1, [&] {
        EXPECT_EQ(rove_path_watch_remove(watch_, id_), 0);
        EXPECT_EQ(rove_path_watch_remove(watch_, id_), -EINVAL);
        rove_path_event event = Next();
        EXPECT_EQ(event.id, id_);
        EXPECT_EQ(event.mask, static_cast<uint32_t>(IN_IGNORED));
        EXPECT_STREQ(event.name, "");
    });
}

// The kernel keeps so many events, and then says that it has lost some.
TEST_F(PathWatchTest, OverflowIsReported)
{
    int kept = 16384;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    if (file != nullptr) {
        EXPECT_EQ(fscanf(file, "%d", &kept), 1);
        fclose(file);
    }
    if (kept > 100000) {
        GTEST_SKIP() << kept << " events would have to be made";
    }
    Create("a");
    Create("b");
    ASSERT_GT(rove_path_watch_add(watch_, path_, IN_ATTRIB), 0);
    // Each differs from the one before, or the kernel would merge them.
    for (int i = 0; i <= kept; i++) {
        ASSERT_EQ(chmod(In(i % 2 == 0 ? "a" : "b").c_str(), 0600), 0);
    }
    RunTasks(1, [&] {
        rove_path_event event = Next();
        for (int i = 0; i <= kept + 2 && event.mask != IN_Q_OVERFLOW; i++) {
            event = Next();
        }
        EXPECT_EQ(event.mask, static_cast<uint32_t>(IN_Q_OVERFLOW));
        EXPECT_EQ(event.id, -1);
    });
}

TEST_F(PathWatchTest, WhatCannotBeWatchedSaysWhy)
{
    EXPECT_EQ(rove_path_watch_add(watch_, "/no/such/path", IN_CREATE), -ENOENT);
    EXPECT_EQ(rove_path_watch_add(watch_, path_, 0), -EINVAL);
    rove_path_watch *none = nullptr;
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_path_watch_new(&none), -ENOMEM);
    rv_fault_arm("rv_inotify_open", 1, EMFILE);
    EXPECT_EQ(rove_path_watch_new(&none), -EMFILE);
    rv_fault_disarm();
    rove_path_watch_free(none);
}

} // namespace
