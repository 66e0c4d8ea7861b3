// At stake: versions of a watch, and that nobody sleeps through one.

#include <cerrno>
#include <string>
#include <thread>

#include "rove/channel.h"

extern "C" {
#include "tests/support/fault.h"
}

#include "tests/support/with_runtime.h"

namespace
{

TEST(WatchTest, ItHoldsTheLatestValueOfAnySize)
{
    for (size_t size : {0, 1, 8, 1000}) {
        std::string value(size, 'a');
        rove_watch *watch = rove_watch_new(size, value.data());
        ASSERT_NE(watch, nullptr);
        std::string got(size, 'x');
        EXPECT_EQ(rove_watch_get(watch, &got[0]), 1U);
        EXPECT_EQ(got, value);
        for (uint64_t version = 2; version < 9; version++) {
            value.assign(size, static_cast<char>(version));
            rove_watch_set(watch, value.data());
            EXPECT_EQ(rove_watch_get(watch, &got[0]), version);
            EXPECT_EQ(got, value);
        }
        EXPECT_EQ(rove_watch_ref(watch), watch);
        rove_watch_unref(watch);
        rove_watch_unref(watch);
    }
    rove_watch_unref(nullptr);
    EXPECT_EQ(rove_watch_new(SIZE_MAX, nullptr), nullptr);
}

TEST(WatchTest, NoMemoryIsNull)
{
    uint64_t blocks = rv_fault_live_blocks();
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_watch_new(8, "abcdefg"), nullptr);
    rv_fault_disarm();
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

TEST(WatchTest, NextReturnsWhatIsNewerAtOnce)
{
    int value = 5;
    rove_watch *watch = rove_watch_new(sizeof value, &value);
    uint64_t seen = 0;
    int got = 0;
    EXPECT_EQ(rove_watch_next(watch, &seen, &got), 0);
    EXPECT_EQ(seen, 1U);
    EXPECT_EQ(got, 5);
    value = 6;
    rove_watch_set(watch, &value);
    value = 7;
    rove_watch_set(watch, &value);
    EXPECT_EQ(rove_watch_next(watch, &seen, &got), 0);
    EXPECT_EQ(seen, 3U);
    EXPECT_EQ(got, 7);
    rove_watch_unref(watch);
}

TEST(WatchTest, ClosedItStillTellsTheLatest)
{
    int value = 5;
    rove_watch *watch = rove_watch_new(sizeof value, &value);
    rove_watch_close(watch);
    rove_watch_close(watch);
    value = 6;
    rove_watch_set(watch, &value);
    uint64_t seen = 0;
    int got = 0;
    EXPECT_EQ(rove_watch_next(watch, &seen, &got), 0);
    EXPECT_EQ(got, 5);
    EXPECT_EQ(rove_watch_next(watch, &seen, &got), -EPIPE);
    EXPECT_EQ(seen, 1U);
    rove_watch_unref(watch);
}

class WatchWaitTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, WatchWaitTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

// Each waiter may see fewer versions than there are, in order, and the last.
TEST_P(WatchWaitTest, NobodySleepsThroughTheLast)
{
    constexpr uint64_t kVersions = 300;
    InTask([] {
        uint64_t value = 1;
        rove_watch *watch = rove_watch_new(sizeof value, &value);
        auto follow = [watch] {
            uint64_t seen = 0;
            while (seen < kVersions) {
                uint64_t before = seen;
                uint64_t got = 0;
                EXPECT_EQ(rove_watch_next(watch, &seen, &got), 0);
                EXPECT_GT(seen, before);
                EXPECT_EQ(got, seen);
            }
            return 0;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(Spawn(follow));
        }
        std::thread thread(follow);
        for (value = 2; value <= kVersions; value++) {
            rove_watch_set(watch, &value);
            if (value % 4 == 0) {
                (void)rove_yield();
            }
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        thread.join();
        rove_watch_unref(watch);
    });
}

TEST_P(WatchWaitTest, CloseAndCancelEndTheWait)
{
    InTask([] {
        int value = 1;
        rove_watch *watch = rove_watch_new(sizeof value, &value);
        std::atomic<int> begun{0};
        auto wait = [&] {
            uint64_t seen = 1;
            int got = 9;
            begun++;
            int error = rove_watch_next(watch, &seen, &got);
            EXPECT_EQ(seen, 1U);
            EXPECT_EQ(got, 9);
            return error;
        };
        rove_task *cancelled = Spawn(wait);
        rove_task *other = Spawn(wait);
        EXPECT_TRUE(Eventually([&] { return begun == 2; }));
        rove_cancel(cancelled);
        EXPECT_EQ(rove_join(cancelled), -ECANCELED);
        rove_watch_close(watch);
        EXPECT_EQ(rove_join(other), -EPIPE);
        rove_watch_unref(watch);
    });
}

} // namespace
