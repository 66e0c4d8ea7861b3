// At stake: the ring of a broadcast: what a subscriber that lags is told, and
// where it goes on.

#include <cerrno>
#include <cstring>
#include <string>

extern "C" {
#include "src/base/rng.h"
#include "tests/support/fault.h"
}

#include "rove/channel.h"

#include "tests/support/with_runtime.h"

namespace
{

TEST(BroadcastTest, SizesOutOfRangeAreRefused)
{
    EXPECT_EQ(rove_broadcast_new(8, 0), nullptr);
    EXPECT_EQ(rove_broadcast_new(65537, 1), nullptr);
    EXPECT_EQ(rove_broadcast_new(8, SIZE_MAX / 8), nullptr);
    EXPECT_EQ(rove_broadcast_new(8, SIZE_MAX), nullptr);
    rove_broadcast_unref(nullptr);
    rove_subscriber_free(nullptr);
}

TEST(BroadcastTest, NoMemoryLeavesNothing)
{
    uint64_t blocks = rv_fault_live_blocks();
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_broadcast_new(8, 2), nullptr);
    rove_broadcast *broadcast = rove_broadcast_new(8, 2);
    ASSERT_NE(broadcast, nullptr);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rove_broadcast_subscribe(broadcast), nullptr);
    rv_fault_disarm();
    rove_broadcast_unref(broadcast);
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

// Any number of items is kept, sent and missed, of any size.
TEST(BroadcastTest, ASubscriberGetsWhatItDidNotMiss)
{
    rv_rng rng;
    rv_rng_seed(&rng, 3);
    for (size_t size : {0, 1, 8, 13, 4096}) {
        for (size_t capacity : {1, 2, 3, 8}) {
            rove_broadcast *broadcast = rove_broadcast_new(size, capacity);
            rove_subscriber *subscriber = rove_broadcast_subscribe(broadcast);
            uint64_t sent = 0;
            uint64_t wanted = 0;
            for (int round = 0; round < 100; round++) {
                for (uint32_t n = rv_rng_below(&rng, 12); n > 0; n--) {
                    std::string item(size, static_cast<char>(sent++));
                    EXPECT_EQ(rove_broadcast_send(broadcast, item.data()), 0);
                }
                if (sent - wanted > capacity) {
                    std::string got(size, 'x');
                    int64_t missed = rove_subscriber_recv(subscriber, &got[0]);
                    EXPECT_EQ(missed,
                              static_cast<int64_t>(sent - wanted - capacity));
                    EXPECT_EQ(got, std::string(size, 'x'));
                    wanted = sent - capacity;
                }
                for (uint32_t n = rv_rng_below(&rng, 12);
                     n > 0 && wanted < sent; n--) {
                    std::string got(size, 'x');
                    EXPECT_EQ(rove_subscriber_recv(subscriber, &got[0]), 0);
                    EXPECT_EQ(got,
                              std::string(size, static_cast<char>(wanted++)));
                }
            }
            rove_broadcast_unref(broadcast);
            rove_subscriber_free(subscriber);
        }
    }
}

TEST(BroadcastTest, CloseLetsDrainAndIsFinal)
{
    rove_broadcast *broadcast = rove_broadcast_new(8, 4);
    rove_subscriber *subscriber = rove_broadcast_subscribe(broadcast);
    uint64_t item = 4;
    EXPECT_EQ(rove_broadcast_send(broadcast, &item), 0);
    rove_broadcast_close(broadcast);
    rove_broadcast_close(broadcast);
    EXPECT_EQ(rove_broadcast_send(broadcast, &item), -EPIPE);
    rove_subscriber *late = rove_broadcast_subscribe(broadcast);
    uint64_t got = 0;
    EXPECT_EQ(rove_subscriber_recv(subscriber, &got), 0);
    EXPECT_EQ(got, 4U);
    EXPECT_EQ(rove_subscriber_recv(subscriber, &got), -EPIPE);
    EXPECT_EQ(rove_subscriber_recv(late, &got), -EPIPE);
    rove_subscriber_free(subscriber);
    rove_broadcast_unref(broadcast);
    rove_subscriber_free(late); // the last reference
}

class BroadcastWaitTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, BroadcastWaitTest,
                         ::testing::ValuesIn(kDesigns), NameOf);

TEST_P(BroadcastWaitTest, ASubscriberWaitsForTheNext)
{
    InTask([] {
        rove_broadcast *broadcast = rove_broadcast_new(8, 4);
        std::atomic<int> subscribed{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(Spawn([&] {
                rove_subscriber *mine = rove_broadcast_subscribe(broadcast);
                subscribed++;
                uint64_t got = 0;
                EXPECT_EQ(rove_subscriber_recv(mine, &got), 0);
                EXPECT_EQ(got, 1U);
                EXPECT_EQ(rove_subscriber_recv(mine, &got), -EPIPE);
                rove_subscriber_free(mine);
                return 0;
            }));
        }
        EXPECT_TRUE(Eventually([&] { return subscribed == 20; }));
        uint64_t item = 1;
        EXPECT_EQ(rove_broadcast_send(broadcast, &item), 0);
        (void)rove_yield();
        rove_broadcast_close(broadcast);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        rove_broadcast_unref(broadcast);
    });
}

TEST_P(BroadcastWaitTest, ACancelledSubscriberMissesNothing)
{
    InTask([] {
        rove_broadcast *broadcast = rove_broadcast_new(8, 4);
        rove_subscriber *subscriber = rove_broadcast_subscribe(broadcast);
        std::atomic<bool> begun{false};
        rove_task *task = Spawn([&] {
            uint64_t got = 0;
            begun = true;
            return rove_subscriber_recv(subscriber, &got);
        });
        EXPECT_TRUE(Eventually([&] { return begun.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        uint64_t item = 1;
        EXPECT_EQ(rove_broadcast_send(broadcast, &item), 0);
        uint64_t got = 0;
        EXPECT_EQ(rove_subscriber_recv(subscriber, &got), 0);
        EXPECT_EQ(got, 1U);
        rove_subscriber_free(subscriber);
        rove_broadcast_unref(broadcast);
    });
}

} // namespace
