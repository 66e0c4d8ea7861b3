// At stake: the ring of a channel, who gets an item when somebody waits, and
// what becomes of items that nobody receives.

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

extern "C" {
#include "src/base/rng.h"
#include "src/sync/chan.h"
#include "src/task/await.h"
#include "tests/support/fault.h"
}

#include "gtest/gtest.h"

namespace
{

class ChanTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        blocks_ = rv_fault_live_blocks();
    }

    void TearDown() override
    {
        rv_fault_disarm();
        EXPECT_EQ(rv_fault_live_blocks(), blocks_);
    }

    uint64_t blocks_ = 0;
};

// A wait of the calling thread that a counterpart can claim.
struct Waiter {
    explicit Waiter(rv_waitq *queue, void *item = nullptr)
    {
        EXPECT_EQ(rv_wait_begin(&wait), 0);
        rv_chan_enlist(queue, &node, wait.ref, RV_CAUSE_SOURCE, item);
    }

    rv_wait wait;
    rv_chan_waiter node;
};

int Offer(rove_chan *chan, const void *item)
{
    rv_woken woken;
    int status = rv_chan_offer(chan, item, &woken);
    rv_waitq_finish(nullptr, woken);
    return status;
}

int Accept(rove_chan *chan, void *item)
{
    rv_woken woken;
    int status = rv_chan_accept(chan, item, &woken);
    rv_waitq_finish(nullptr, woken);
    return status;
}

TEST_F(ChanTest, ItemsOfAnySizeComeOutAsTheyWentIn)
{
    rv_rng rng;
    rv_rng_seed(&rng, 1);
    for (size_t size : {0, 1, 4, 7, 8, 9, 24, 300, 65536}) {
        for (size_t capacity : {size_t{1}, size_t{2}, size_t{3}, size_t{7},
                                size_t{ROVE_UNBOUNDED}}) {
            rove_chan *chan = rove_chan_new(size, capacity, nullptr);
            ASSERT_NE(chan, nullptr);
            std::deque<std::string> model;
            for (int i = 0; i < 200; i++) {
                std::string item(size, static_cast<char>(i));
                if (rv_rng_below(&rng, 5) < 3) {
                    int status = rove_chan_try_send(chan, item.data());
                    EXPECT_EQ(status, model.size() < capacity ? 0 : -EAGAIN);
                    if (status == 0) {
                        model.push_back(item);
                    }
                } else {
                    std::string got(size, 'x');
                    int status = rove_chan_try_recv(chan, &got[0]);
                    EXPECT_EQ(status, model.empty() ? -EAGAIN : 0);
                    if (status == 0) {
                        EXPECT_EQ(got, model.front());
                        model.pop_front();
                    }
                }
                EXPECT_EQ(rove_chan_count(chan), model.size());
            }
            rove_chan_unref(chan);
        }
    }
}

TEST_F(ChanTest, NothingButAnItemIsWritten)
{
    rove_chan *chan = rove_chan_new(5, 2, nullptr);
    EXPECT_EQ(rove_chan_try_send(chan, "12345"), 0);
    char got[8] = "zzzzzzz";
    EXPECT_EQ(rove_chan_try_recv(chan, got), 0);
    EXPECT_STREQ(got, "12345zz");
    EXPECT_EQ(rove_chan_try_recv(chan, got), -EAGAIN);
    EXPECT_STREQ(got, "12345zz");
    rove_chan_unref(chan);
}

TEST_F(ChanTest, OptionsOutOfRangeAreRefused)
{
    rove_chan_options options;
    rove_chan_options_init(&options);
    EXPECT_EQ(options.size, sizeof options);
    EXPECT_EQ(options.overflow, ROVE_OVERFLOW_WAIT);
    EXPECT_EQ(options.destroy, nullptr);
    EXPECT_EQ(rove_chan_new(65537, 1, nullptr), nullptr);
    EXPECT_EQ(rove_chan_new(8, SIZE_MAX - 1, nullptr), nullptr);
    EXPECT_EQ(rove_chan_new(8, SIZE_MAX / 8, nullptr), nullptr);
    options.overflow = ROVE_OVERFLOW_DROP_OLDEST;
    EXPECT_EQ(rove_chan_new(8, 0, &options), nullptr);
    options.overflow = static_cast<rove_overflow>(3);
    EXPECT_EQ(rove_chan_new(8, 1, &options), nullptr);
    rove_chan_options_init(&options);
    options.size--;
    EXPECT_EQ(rove_chan_new(8, 1, &options), nullptr);
}

TEST_F(ChanTest, NewWithoutMemoryLeavesNothing)
{
    rv_fault_arm("rv_mem_alloc_aligned", 1, ENOMEM);
    EXPECT_EQ(rove_chan_new(8, 4, nullptr), nullptr);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rove_chan_new(8, 4, nullptr), nullptr);
    EXPECT_EQ(rv_fault_calls("rv_mem_alloc"), 1U);
}

TEST_F(ChanTest, WhatCannotGrowKeepsWhatItHas)
{
    for (uint64_t nth = 1;; nth++) {
        rove_chan *chan = rove_chan_new(8, ROVE_UNBOUNDED, nullptr);
        ASSERT_NE(chan, nullptr);
        rv_fault_arm("rv_mem_alloc", nth, ENOMEM);
        uint64_t next = 0;
        uint64_t expected = 0;
        uint64_t got = 0;
        int refused = 0;
        for (uint64_t i = 0; i < 300; i++) {
            int status = rove_chan_try_send(chan, &next);
            EXPECT_TRUE(status == 0 || status == -ENOMEM);
            refused += status != 0;
            next += status == 0;
            if (i % 3 == 0) { // so that the ring grows where it wraps
                EXPECT_EQ(rove_chan_try_recv(chan, &got), next ? 0 : -EAGAIN);
                EXPECT_EQ(got, expected);
                expected += next != 0;
            }
        }
        bool reached = rv_fault_calls("rv_mem_alloc") >= nth;
        EXPECT_EQ(refused, reached ? 1 : 0);
        rv_fault_disarm();
        while (rove_chan_try_recv(chan, &got) == 0) {
            EXPECT_EQ(got, expected++);
        }
        EXPECT_EQ(expected, next);
        rove_chan_unref(chan);
        if (!reached) {
            EXPECT_GT(nth, 3U);
            return;
        }
    }
}

TEST_F(ChanTest, ASendGoesToTheFirstReceiver)
{
    rove_chan *chan = rove_chan_new(8, 2, nullptr);
    uint64_t got[2] = {0, 0};
    Waiter first(&chan->receivers, &got[0]);
    Waiter second(&chan->receivers, &got[1]);
    uint64_t item = 7;
    EXPECT_EQ(Offer(chan, &item), 0);
    EXPECT_EQ(got[0], 7U);
    EXPECT_EQ(got[1], 0U);
    EXPECT_EQ(rv_chan_outcome(chan, &first.node), 0);
    EXPECT_EQ(chan->count, 0U);
    EXPECT_EQ(rv_wait_suspend(&first.wait), unsigned{RV_CAUSE_SOURCE});
    item = 8;
    EXPECT_EQ(Offer(chan, &item), 0);
    EXPECT_EQ(got[1], 8U);
    EXPECT_EQ(rv_wait_abort(&second.wait), unsigned{RV_CAUSE_SOURCE});
    rove_chan_unref(chan);
}

TEST_F(ChanTest, AReceiveFromAFullRingTakesTheOldestAndLetsASenderIn)
{
    rove_chan *chan = rove_chan_new(8, 2, nullptr);
    uint64_t items[] = {1, 2, 3};
    EXPECT_EQ(Offer(chan, &items[0]), 0);
    EXPECT_EQ(Offer(chan, &items[1]), 0);
    EXPECT_EQ(Offer(chan, &items[2]), -EAGAIN);
    Waiter sender(&chan->senders, &items[2]);
    uint64_t got = 0;
    for (uint64_t expected = 1; expected <= 3; expected++) {
        EXPECT_EQ(Accept(chan, &got), 0);
        EXPECT_EQ(got, expected);
    }
    EXPECT_EQ(rv_wait_suspend(&sender.wait), unsigned{RV_CAUSE_SOURCE});
    EXPECT_EQ(rv_chan_outcome(chan, &sender.node), 0);
    EXPECT_EQ(Accept(chan, &got), -EAGAIN);
    rove_chan_unref(chan);
}

TEST_F(ChanTest, ARendezvousTakesFromTheSender)
{
    rove_chan *chan = rove_chan_new(8, 0, nullptr);
    uint64_t item = 5;
    EXPECT_EQ(Offer(chan, &item), -EAGAIN);
    Waiter sender(&chan->senders, &item);
    uint64_t got = 0;
    EXPECT_EQ(Accept(chan, &got), 0);
    EXPECT_EQ(got, 5U);
    EXPECT_EQ(rv_wait_suspend(&sender.wait), unsigned{RV_CAUSE_SOURCE});
    EXPECT_EQ(Accept(chan, &got), -EAGAIN);
    rove_chan_unref(chan);
}

// Cancelled waiters that have not left yet: nothing is written to them, and who
// comes behind is served.
TEST_F(ChanTest, ALostClaimHasNoEffect)
{
    rove_chan *chan = rove_chan_new(8, 1, nullptr);
    uint64_t got[2] = {0, 0};
    Waiter cancelled(&chan->receivers, &got[0]);
    Waiter other(&chan->receivers, &got[1]);
    EXPECT_TRUE(rv_wake(nullptr, cancelled.wait.ref, RV_CAUSE_CANCEL));
    uint64_t item = 7;
    EXPECT_EQ(Offer(chan, &item), 0);
    EXPECT_EQ(got[0], 0U);
    EXPECT_EQ(got[1], 7U);
    EXPECT_EQ(rv_wait_suspend(&cancelled.wait), unsigned{RV_CAUSE_CANCEL});
    EXPECT_EQ(rv_wait_suspend(&other.wait), unsigned{RV_CAUSE_SOURCE});
    rv_chan_leave(chan, &chan->receivers, &cancelled.node);

    Waiter alone(&chan->receivers, &got[0]);
    EXPECT_TRUE(rv_wake(nullptr, alone.wait.ref, RV_CAUSE_CANCEL));
    EXPECT_EQ(Offer(chan, &item), 0);
    EXPECT_EQ(got[0], 0U);
    EXPECT_EQ(chan->count, 1U);
    EXPECT_EQ(rv_wait_suspend(&alone.wait), unsigned{RV_CAUSE_CANCEL});

    Waiter sender(&chan->senders, &item);
    EXPECT_TRUE(rv_wake(nullptr, sender.wait.ref, RV_CAUSE_CANCEL));
    EXPECT_EQ(Accept(chan, &got[0]), 0);
    EXPECT_EQ(got[0], 7U);
    EXPECT_EQ(chan->count, 0U);
    EXPECT_EQ(rv_wait_suspend(&sender.wait), unsigned{RV_CAUSE_CANCEL});
    rove_chan_unref(chan);
}

TEST_F(ChanTest, AWaiterLeavesFromAnywhere)
{
    rove_chan *chan = rove_chan_new(8, 0, nullptr);
    uint64_t item = 1;
    {
        Waiter a(&chan->senders, &item);
        Waiter b(&chan->senders, &item);
        Waiter c(&chan->senders, &item);
        for (Waiter *waiter : {&b, &c, &a}) {
            EXPECT_EQ(rv_wait_abort(&waiter->wait), unsigned{RV_CAUSE_NONE});
            rv_chan_leave(chan, &chan->senders, &waiter->node);
        }
    }
    EXPECT_TRUE(rv_waitq_is_empty(&chan->senders));
    uint64_t got = 0;
    EXPECT_EQ(Accept(chan, &got), -EAGAIN);
    rove_chan_unref(chan);
}

// Counts what is destroyed, by the number in an item's first bytes.
std::map<uint32_t, int> destroyed;

void Destroy(void *item)
{
    uint32_t number;
    memcpy(&number, item, sizeof number);
    destroyed[number]++;
}

class DroppingTest : public ChanTest,
                     public ::testing::WithParamInterface<size_t>
{
  protected:
    void SetUp() override
    {
        ChanTest::SetUp();
        destroyed.clear();
        rove_chan_options_init(&options_);
        options_.destroy = Destroy;
    }

    std::vector<char> Item(uint32_t number)
    {
        std::vector<char> item(GetParam());
        memcpy(item.data(), &number, sizeof number);
        return item;
    }

    rove_chan_options options_;
};

INSTANTIATE_TEST_SUITE_P(Sizes, DroppingTest,
                         ::testing::Values(4, 8, 256, 257, 65536));

TEST_P(DroppingTest, TheOldestMakesRoom)
{
    options_.overflow = ROVE_OVERFLOW_DROP_OLDEST;
    rove_chan *chan = rove_chan_new(GetParam(), 3, &options_);
    for (uint32_t i = 0; i < 10; i++) {
        EXPECT_EQ(rove_chan_try_send(chan, Item(i).data()), 0);
    }
    EXPECT_EQ(rove_chan_dropped(chan), 7U);
    EXPECT_EQ(rove_chan_count(chan), 3U);
    std::vector<char> got = Item(99);
    EXPECT_EQ(rove_chan_try_recv(chan, got.data()), 0);
    EXPECT_EQ(got, Item(7));
    rove_chan_unref(chan);
    EXPECT_EQ(destroyed.count(7), 0U);
    destroyed[7]++;
    EXPECT_EQ(destroyed.size(), 10U);
    for (const auto &entry : destroyed) {
        EXPECT_EQ(entry.second, 1) << entry.first;
    }
}

TEST_P(DroppingTest, TheNewestIsDropped)
{
    options_.overflow = ROVE_OVERFLOW_DROP_NEWEST;
    rove_chan *chan = rove_chan_new(GetParam(), 3, &options_);
    for (uint32_t i = 0; i < 10; i++) {
        EXPECT_EQ(rove_chan_try_send(chan, Item(i).data()), 0);
    }
    EXPECT_EQ(rove_chan_dropped(chan), 7U);
    EXPECT_EQ(destroyed.size(), 7U);
    std::vector<char> got = Item(99);
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(rove_chan_try_recv(chan, got.data()), 0);
        EXPECT_EQ(got, Item(i));
        EXPECT_EQ(destroyed.count(i), 0U);
    }
    rove_chan_close(chan);
    EXPECT_EQ(rove_chan_try_send(chan, got.data()), -EPIPE);
    rove_chan_unref(chan);
    EXPECT_EQ(destroyed.size(), 7U);
}

TEST_P(DroppingTest, WhatIsLeftIsDestroyedOnce)
{
    rove_chan *chan = rove_chan_new(GetParam(), ROVE_UNBOUNDED, &options_);
    for (uint32_t i = 0; i < 40; i++) {
        EXPECT_EQ(rove_chan_try_send(chan, Item(i).data()), 0);
    }
    std::vector<char> got = Item(99);
    for (uint32_t i = 0; i < 5; i++) {
        EXPECT_EQ(rove_chan_try_recv(chan, got.data()), 0);
    }
    rove_chan_close(chan);
    EXPECT_TRUE(destroyed.empty());
    rove_chan_ref(chan);
    rove_chan_unref(chan);
    EXPECT_TRUE(destroyed.empty());
    rove_chan_unref(chan);
    EXPECT_EQ(destroyed.size(), 35U);
    EXPECT_EQ(destroyed[5], 1);
    EXPECT_EQ(destroyed[39], 1);
}

TEST_P(DroppingTest, ADropWithoutMemoryIsRefusedWhole)
{
    options_.overflow = ROVE_OVERFLOW_DROP_OLDEST;
    rove_chan *chan = rove_chan_new(GetParam(), 1, &options_);
    EXPECT_EQ(rove_chan_try_send(chan, Item(1).data()), 0);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    int status = rove_chan_try_send(chan, Item(2).data());
    EXPECT_EQ(status, GetParam() > 256 ? -ENOMEM : 0);
    rv_fault_disarm();
    std::vector<char> got = Item(99);
    EXPECT_EQ(rove_chan_try_recv(chan, got.data()), 0);
    EXPECT_EQ(got, Item(status == 0 ? 2 : 1));
    EXPECT_EQ(destroyed.size(), status == 0 ? 1U : 0U);
    rove_chan_unref(chan);
}

// The destructor is called without the lock, so it may use the channel.
rove_chan *used_in_destructor;

TEST_F(ChanTest, TheDestructorMayUseTheChannel)
{
    rove_chan_options options;
    rove_chan_options_init(&options);
    options.overflow = ROVE_OVERFLOW_DROP_OLDEST;
    options.destroy = [](void *item) {
        uint64_t other = 0;
        if (*static_cast<uint64_t *>(item) == 1) {
            EXPECT_EQ(rove_chan_count(used_in_destructor), 1U);
            EXPECT_EQ(rove_chan_try_recv(used_in_destructor, &other), 0);
            EXPECT_EQ(other, 2U);
        }
    };
    used_in_destructor = rove_chan_new(8, 1, &options);
    uint64_t item = 1;
    EXPECT_EQ(rove_chan_try_send(used_in_destructor, &item), 0);
    item = 2;
    EXPECT_EQ(rove_chan_try_send(used_in_destructor, &item), 0);
    EXPECT_EQ(rove_chan_count(used_in_destructor), 0U);
    rove_chan_unref(used_in_destructor);
}

} // namespace
