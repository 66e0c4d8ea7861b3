// At stake: what channel.h promises to tasks and plain threads, of one runtime
// or several.

#include "rove/channel.h"

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

constexpr uint64_t kItems = kUnderSanitizer ? 2000 : 20000;

class ChannelTest : public WithRuntime
{
  protected:
    static rove_chan *New(size_t capacity)
    {
        rove_chan *chan = rove_chan_new(sizeof(uint64_t), capacity, nullptr);
        EXPECT_NE(chan, nullptr);
        return chan;
    }

    // Sends first, first + 1, ... until a send is refused; how many went.
    static uint64_t SendMany(rove_chan *chan, uint64_t first, uint64_t n)
    {
        for (uint64_t i = 0; i < n; i++) {
            uint64_t item = first + i;
            int status = rove_chan_send(chan, &item);
            if (status != 0) {
                EXPECT_EQ(status, -EPIPE);
                return i;
            }
        }
        return n;
    }

    // Receives until the end: the sum of all, and each sender's items in order
    // (a sender's items lie in a block of kItems).
    static int64_t SumUp(rove_chan *chan)
    {
        std::vector<uint64_t> last(16, 0);
        uint64_t item = 0;
        int64_t sum = 0;
        int status;
        while ((status = rove_chan_recv(chan, &item)) == 0) {
            uint64_t &before = last[item / kItems];
            EXPECT_TRUE(before == 0 || before < item) << before << item;
            before = item;
            sum += static_cast<int64_t>(item);
        }
        EXPECT_EQ(status, -EPIPE);
        return sum;
    }

    static int64_t SumOf(uint64_t n)
    {
        return static_cast<int64_t>(n * (n - 1) / 2);
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, ChannelTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(ChannelTest, ItemsComeInTheOrderSent)
{
    InTask([] {
        for (size_t capacity :
             {size_t{0}, size_t{1}, size_t{10}, size_t{ROVE_UNBOUNDED}}) {
            rove_chan *chan = New(capacity);
            rove_task *sender = Spawn([chan] {
                EXPECT_EQ(SendMany(chan, 0, kItems), kItems);
                rove_chan_close(chan);
                return 0;
            });
            for (uint64_t i = 0; i < kItems; i++) {
                uint64_t item = 0;
                EXPECT_EQ(rove_chan_recv(chan, &item), 0);
                EXPECT_EQ(item, i);
            }
            uint64_t item = 77;
            EXPECT_EQ(rove_chan_recv(chan, &item), -EPIPE);
            EXPECT_EQ(item, 77U);
            EXPECT_EQ(rove_join(sender), 0);
            rove_chan_unref(chan);
        }
    });
}

TEST_P(ChannelTest, NoItemIsLostOrDoubled)
{
    constexpr uint64_t kSenders = 4;
    for (size_t capacity :
         {size_t{0}, size_t{1}, size_t{128}, size_t{ROVE_UNBOUNDED}}) {
        rove_chan *chan = New(capacity);
        InTask([chan] {
            std::vector<rove_task *> senders;
            std::vector<rove_task *> receivers;
            for (uint64_t i = 0; i < kSenders; i++) {
                receivers.push_back(Spawn([chan] { return SumUp(chan); }));
                senders.push_back(Spawn([chan, i] {
                    return SendMany(chan, i * kItems, kItems) == kItems ? 0 : 1;
                }));
            }
            for (rove_task *sender : senders) {
                EXPECT_EQ(rove_join(sender), 0);
            }
            rove_chan_close(chan);
            int64_t sum = 0;
            for (rove_task *receiver : receivers) {
                sum += rove_join(receiver);
            }
            EXPECT_EQ(sum, SumOf(kSenders * kItems));
        });
        rove_chan_unref(chan);
    }
}

TEST_P(ChannelTest, PlainThreadsTakePart)
{
    constexpr uint64_t kMine = kItems / 10;
    for (size_t capacity : {size_t{0}, size_t{3}, size_t{ROVE_UNBOUNDED}}) {
        rove_chan *chan = New(capacity);
        std::vector<std::thread> threads;
        std::atomic<int64_t> sum{0};
        for (uint64_t i = 0; i < 2; i++) {
            threads.emplace_back([chan, i] {
                EXPECT_EQ(SendMany(chan, i * kItems, kMine), 0U + kMine);
            });
            threads.emplace_back([chan, &sum] { sum += SumUp(chan); });
        }
        InTask([chan, &sum, &threads] {
            rove_task *receiver = Spawn([chan] { return SumUp(chan); });
            rove_task *sender = Spawn([chan] {
                EXPECT_EQ(SendMany(chan, 2 * kItems, kMine), 0U + kMine);
                return 0;
            });
            EXPECT_EQ(rove_join(sender), 0);
            threads[0].join();
            threads[2].join();
            rove_chan_close(chan);
            sum += rove_join(receiver);
        });
        threads[1].join();
        threads[3].join();
        EXPECT_EQ(sum,
                  static_cast<int64_t>(3 * kItems * kMine) + 3 * SumOf(kMine));
        rove_chan_unref(chan);
    }
}

TEST_P(ChannelTest, PlainThreadsNeedNoRuntime)
{
    for (size_t capacity : {0, 2}) {
        rove_chan *there = New(capacity);
        rove_chan *back = New(capacity);
        std::thread echo([there, back] {
            uint64_t item = 0;
            while (rove_chan_recv(there, &item) == 0) {
                EXPECT_EQ(rove_chan_send(back, &item), 0);
            }
            rove_chan_close(back);
        });
        for (uint64_t i = 0; i < 300; i++) {
            uint64_t got = 0;
            EXPECT_EQ(rove_chan_send(there, &i), 0);
            EXPECT_EQ(rove_chan_recv(back, &got), 0);
            EXPECT_EQ(got, i);
        }
        rove_chan_close(there);
        uint64_t got = 0;
        EXPECT_EQ(rove_chan_recv(back, &got), -EPIPE);
        echo.join();
        rove_chan_unref(there);
        rove_chan_unref(back);
    }
}

TEST_P(ChannelTest, WaitersAreServedFirstComeFirstServed)
{
    InTask([] {
        rove_chan *chan = New(0);
        std::atomic<uint64_t> begun{0};
        std::vector<rove_task *> receivers;
        rove_pin(); // so that a yield lets the receivers run, in order
        for (uint64_t i = 0; i < 20; i++) {
            receivers.push_back(Spawn([&, i] {
                uint64_t item = 0;
                begun++;
                EXPECT_EQ(rove_chan_recv(chan, &item), 0);
                EXPECT_EQ(item, i);
                return 0;
            }));
            EXPECT_TRUE(Eventually([&] { return begun == i + 1; }));
            EXPECT_EQ(rove_sleep(100 * ROVE_US), 0); // it waits by now
        }
        rove_unpin();
        for (uint64_t i = 0; i < 20; i++) {
            EXPECT_EQ(rove_chan_send(chan, &i), 0);
        }
        for (rove_task *receiver : receivers) {
            EXPECT_EQ(rove_join(receiver), 0);
        }
        rove_chan_unref(chan);
    });
}

TEST_P(ChannelTest, TryNeverWaits)
{
    rove_chan *chan = New(1);
    uint64_t item = 1;
    auto use = [chan, &item] {
        EXPECT_EQ(rove_chan_try_recv(chan, &item), -EAGAIN);
        EXPECT_EQ(rove_chan_try_send(chan, &item), 0);
        EXPECT_EQ(rove_chan_try_send(chan, &item), -EAGAIN);
        EXPECT_EQ(rove_chan_count(chan), 1U);
        EXPECT_EQ(rove_chan_try_recv(chan, &item), 0);
    };
    use();
    InTask(use);
    rove_chan *meeting = New(0);
    EXPECT_EQ(rove_chan_try_send(meeting, &item), -EAGAIN);
    EXPECT_EQ(rove_chan_try_recv(meeting, &item), -EAGAIN);
    rove_chan_close(chan);
    EXPECT_EQ(rove_chan_try_recv(chan, &item), -EPIPE);
    EXPECT_EQ(rove_chan_try_send(chan, &item), -EPIPE);
    rove_chan_unref(chan);
    rove_chan_unref(meeting);
    rove_chan_unref(nullptr);
}

TEST_P(ChannelTest, AfterCloseTheRestIsReceived)
{
    InTask([] {
        rove_chan *chan = New(3);
        for (uint64_t i = 0; i < 3; i++) {
            EXPECT_EQ(rove_chan_send(chan, &i), 0);
        }
        rove_task *waiting = Spawn([chan] {
            uint64_t item = 9;
            return rove_chan_send(chan, &item);
        });
        EXPECT_EQ(rove_sleep(ROVE_MS), 0);
        rove_chan_close(chan);
        rove_chan_close(chan);
        EXPECT_EQ(rove_join(waiting), -EPIPE);
        uint64_t item = 9;
        EXPECT_EQ(rove_chan_send(chan, &item), -EPIPE);
        for (uint64_t i = 0; i < 3; i++) {
            EXPECT_EQ(rove_chan_recv(chan, &item), 0);
            EXPECT_EQ(item, i);
        }
        EXPECT_EQ(rove_chan_recv(chan, &item), -EPIPE);
        rove_chan_unref(chan);
    });
}

// What a sender wrote before is visible to who has the item.
TEST_P(ChannelTest, WhatTheItemPointsToIsThere)
{
    for (size_t capacity : {0, 4}) {
        rove_chan *chan =
            rove_chan_new(sizeof(std::string *), capacity, nullptr);
        InTask([chan] {
            rove_task *sender = Spawn([chan] {
                for (int i = 0; i < 1000; i++) {
                    auto *text = new std::string(std::to_string(i));
                    EXPECT_EQ(rove_chan_send(chan, &text), 0);
                }
                return 0;
            });
            for (int i = 0; i < 1000; i++) {
                std::string *text = nullptr;
                EXPECT_EQ(rove_chan_recv(chan, &text), 0);
                EXPECT_EQ(*text, std::to_string(i));
                delete text;
            }
            EXPECT_EQ(rove_join(sender), 0);
        });
        rove_chan_unref(chan);
    }
}

TEST_P(ChannelTest, TwoRuntimesShareAChannel)
{
    rove_chan *chan = New(5);
    {
        Runtime left(options_);
        Runtime right(options_);
        rove_task *receiver =
            SpawnIn(right.get(), [chan] { return SumUp(chan); });
        rove_task *sender = SpawnIn(left.get(), [chan] {
            EXPECT_EQ(SendMany(chan, 0, kItems), kItems);
            rove_chan_close(chan);
            return 0;
        });
        EXPECT_EQ(rove_join(sender), 0);
        EXPECT_EQ(rove_join(receiver), SumOf(kItems));
    }
    rove_chan_unref(chan);
}

TEST_P(ChannelTest, AWaitEndsWithTheRuntime)
{
    rove_chan *chan = New(0);
    std::atomic<int> results[2];
    InTask([chan, &results] {
        for (std::atomic<int> &result : results) {
            rove_detach(Spawn([chan, &result] {
                uint64_t item = 0;
                result = rove_chan_recv(chan, &item);
                return 0;
            }));
        }
        (void)rove_yield();
    });
    EXPECT_EQ(results[0], -ECANCELED);
    EXPECT_EQ(results[1], -ECANCELED);
    EXPECT_EQ(rove_chan_count(chan), 0U);
    rove_chan_unref(chan);
}

TEST_P(ChannelTest, EverySubscriberGetsEveryItem)
{
    constexpr uint64_t kSent = 200;
    InTask([] {
        rove_broadcast *news = rove_broadcast_new(sizeof(uint64_t), kSent);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            rove_subscriber *reader = rove_broadcast_subscribe(news);
            tasks.push_back(Spawn([reader] {
                uint64_t item = 0;
                for (uint64_t k = 0; k < kSent; k++) {
                    EXPECT_EQ(rove_subscriber_recv(reader, &item), 0);
                    EXPECT_EQ(item, k);
                }
                EXPECT_EQ(rove_subscriber_recv(reader, &item), -EPIPE);
                rove_subscriber_free(reader);
                return 0;
            }));
        }
        for (uint64_t k = 0; k < kSent; k++) {
            EXPECT_EQ(rove_broadcast_send(news, &k), 0);
            if (k % 8 == 0) {
                (void)rove_yield();
            }
        }
        rove_broadcast_close(news);
        rove_broadcast_unref(news);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

// What is received and what is missed make up all that was sent.
TEST_P(ChannelTest, WhoLagsIsToldHowMuch)
{
    rove_broadcast *news = rove_broadcast_new(sizeof(uint64_t), 4);
    rove_subscriber *reader = rove_broadcast_subscribe(news);
    std::thread sender([news] {
        for (uint64_t k = 0; k < kItems; k++) {
            EXPECT_EQ(rove_broadcast_send(news, &k), 0);
        }
        rove_broadcast_close(news);
    });
    InTask([reader] {
        uint64_t expected = 0;
        uint64_t item = 0;
        int64_t result;
        while ((result = rove_subscriber_recv(reader, &item)) >= 0) {
            if (result > 0) {
                expected += static_cast<uint64_t>(result);
            } else {
                EXPECT_EQ(item, expected);
                expected++;
            }
        }
        EXPECT_EQ(result, -EPIPE);
        EXPECT_EQ(expected, kItems);
    });
    sender.join();
    rove_subscriber_free(reader);
    rove_broadcast_unref(news);
}

TEST_P(ChannelTest, AWatchTellsTheLatest)
{
    uint64_t value = 0;
    rove_watch *watch = rove_watch_new(sizeof value, &value);
    InTask([watch] {
        rove_task *reader = Spawn([watch] {
            uint64_t seen = 0;
            uint64_t got = 0;
            while (rove_watch_next(watch, &seen, &got) == 0) {
                EXPECT_EQ(got, (seen - 1) * 3);
            }
            return static_cast<int64_t>(got);
        });
        for (uint64_t i = 1; i <= 1000; i++) {
            uint64_t next = 3 * i;
            rove_watch_set(watch, &next);
            if (i % 50 == 0) {
                (void)rove_yield();
            }
        }
        rove_watch_close(watch);
        EXPECT_EQ(rove_join(reader), 3000);
    });
    EXPECT_EQ(rove_watch_get(watch, &value), 1001U);
    rove_watch_unref(watch);
}

} // namespace
