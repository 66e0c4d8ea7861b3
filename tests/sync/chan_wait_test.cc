// At stake: the calls of a channel that wait: what they return, and that a wait
// that ended otherwise has left nothing behind.

#include <cerrno>
#include <thread>

extern "C" {
#include "src/sync/chan.h"
#include "src/task/await.h"
}

#include "tests/support/with_runtime.h"

namespace
{

bool SomebodyWaits(rove_chan *chan)
{
    rv_lock_acquire(&chan->lock);
    bool waits = !rv_waitq_is_empty(&chan->senders) ||
                 !rv_waitq_is_empty(&chan->receivers);
    rv_lock_release(&chan->lock);
    return waits;
}

class ChanWaitTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        chan_ = rove_chan_new(sizeof(uint64_t), 0, nullptr);
        ASSERT_NE(chan_, nullptr);
    }

    void TearDown() override
    {
        EXPECT_FALSE(SomebodyWaits(chan_));
        rove_chan_unref(chan_);
        WithRuntime::TearDown();
    }

    rove_chan *chan_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Designs, ChanWaitTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(ChanWaitTest, ACancelledWaiterLeavesTheQueue)
{
    InTask([this] {
        for (bool sends : {true, false}) {
            uint64_t item = 3;
            rove_task *waiter = Spawn([&] {
                return sends ? rove_chan_send(chan_, &item)
                             : rove_chan_recv(chan_, &item);
            });
            EXPECT_TRUE(Eventually([this] { return SomebodyWaits(chan_); }));
            rove_cancel(waiter);
            EXPECT_EQ(rove_join(waiter), -ECANCELED);
            EXPECT_FALSE(SomebodyWaits(chan_));
            EXPECT_EQ(item, 3U);
            uint64_t other = 4;
            EXPECT_EQ(rove_chan_try_send(chan_, &other), -EAGAIN);
            EXPECT_EQ(rove_chan_try_recv(chan_, &other), -EAGAIN);
        }
    });
}

TEST_P(ChanWaitTest, ACancelledTaskHasNoEffectEvenAtOnce)
{
    InTask([] {
        rove_chan *chan = rove_chan_new(sizeof(uint64_t), 2, nullptr);
        uint64_t item = 1;
        EXPECT_EQ(rove_chan_send(chan, &item), 0);
        rove_task *task = Spawn([chan] {
            while (rove_yield() == 0) {
            }
            uint64_t mine = 2;
            EXPECT_EQ(rove_chan_send(chan, &mine), -ECANCELED);
            EXPECT_EQ(rove_chan_recv(chan, &mine), -ECANCELED);
            EXPECT_EQ(mine, 2U);
            EXPECT_EQ(rove_chan_count(chan), 1U);
            EXPECT_EQ(rove_chan_try_recv(chan, &mine), 0);
            return static_cast<int64_t>(mine);
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 1);
        rove_chan_unref(chan);
    });
}

TEST_P(ChanWaitTest, CloseEndsAllWaits)
{
    constexpr int kWaiters = 100;
    for (bool sends : {true, false}) {
        rove_chan *chan = rove_chan_new(sizeof(uint64_t), 0, nullptr);
        InTask([&] {
            std::vector<rove_task *> tasks;
            std::atomic<int> begun{0};
            for (int i = 0; i < kWaiters; i++) {
                tasks.push_back(Spawn([&, sends] {
                    uint64_t item = 1;
                    begun++;
                    return sends ? rove_chan_send(chan, &item)
                                 : rove_chan_recv(chan, &item);
                }));
            }
            EXPECT_TRUE(Eventually([&] { return begun == kWaiters; }));
            rove_chan_close(chan);
            rove_chan_close(chan);
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), -EPIPE);
            }
        });
        EXPECT_FALSE(SomebodyWaits(chan));
        rove_chan_unref(chan);
    }
}

TEST_P(ChanWaitTest, AThreadTakesWhatIsThere)
{
    rove_chan *chan = rove_chan_new(sizeof(uint64_t), 1, nullptr);
    std::thread([chan] {
        uint64_t item = 1;
        EXPECT_EQ(rove_chan_send(chan, &item), 0);
        EXPECT_EQ(rove_chan_recv(chan, &item), 0);
    }).join();
    rove_chan_unref(chan);
}

// Woken before it has parked, and before the copy is made: it waits for the
// outcome (the lock stands for the counterpart that still copies).
TEST_P(ChanWaitTest, WhoIsClaimedEarlyReadsLate)
{
    std::atomic<bool> is_listed{false};
    uint64_t got = 0;
    std::thread receiver([&] {
        rv_wait wait;
        rv_chan_waiter self;
        EXPECT_EQ(rv_wait_begin(&wait), 0);
        rv_lock_acquire(&chan_->lock);
        rv_chan_enlist(&chan_->receivers, &self, wait.ref, RV_CAUSE_SOURCE,
                       &got);
        rv_lock_release(&chan_->lock);
        is_listed = true;
        EXPECT_EQ(rv_wait_suspend(&wait), unsigned{RV_CAUSE_SOURCE});
        EXPECT_EQ(rv_chan_outcome(chan_, &self), 0);
        EXPECT_EQ(got, 9U);
    });
    while (!is_listed) {
        std::this_thread::yield();
    }
    rv_lock_acquire(&chan_->lock);
    rv_woken woken = {0, RV_CLAIM_LOST};
    rv_chan_waiter *claimed = rv_chan_claim(&chan_->receivers, &woken);
    ASSERT_NE(claimed, nullptr);
    rv_waitq_finish(nullptr, woken);
    for (int i = 0; i < 1000; i++) {
        std::this_thread::yield();
    }
    uint64_t item = 9;
    rv_chan_copy(chan_, claimed->item, &item);
    rv_chan_settle(claimed, 0);
    rv_lock_release(&chan_->lock);
    receiver.join();
}

} // namespace
