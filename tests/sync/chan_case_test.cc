// At stake: what a case of a select does to a channel: armed it can be carried
// out by a counterpart, and by nobody of the same select.

#include <cerrno>

extern "C" {
#include "src/sync/chan.h"
#include "src/task/await.h"
#include "src/task/source.h"
}

#include "gtest/gtest.h"

namespace
{

constexpr unsigned kRecv = RV_CAUSE_SOURCE + 1;
constexpr unsigned kSend = RV_CAUSE_SOURCE + 2;

class ChanCaseTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        chan_ = rove_chan_new(sizeof(uint64_t), 0, nullptr);
        recv_ = rove_on_recv(chan_, &got_);
        send_ = rove_on_send(chan_, &item_);
        ASSERT_EQ(rv_wait_begin(&wait_), 0);
    }

    void TearDown() override
    {
        EXPECT_TRUE(rv_waitq_is_empty(&chan_->receivers));
        EXPECT_TRUE(rv_waitq_is_empty(&chan_->senders));
        rove_chan_unref(chan_);
    }

    int Arm(rove_case *one, unsigned cause)
    {
        return one->ops->arm(one, wait_.ref, cause);
    }

    static void Disarm(rove_case *one, bool named)
    {
        one->ops->disarm(one, named);
    }

    rove_chan *chan_ = nullptr;
    uint64_t got_ = 0;
    uint64_t item_ = 5;
    rove_case recv_;
    rove_case send_;
    rv_wait wait_;
};

TEST_F(ChanCaseTest, AnArmedReceiveIsCarriedOutByASend)
{
    EXPECT_FALSE(recv_.ops->ready(&recv_));
    EXPECT_EQ(Arm(&recv_, kRecv), 0);
    uint64_t item = 8;
    EXPECT_EQ(rove_chan_try_send(chan_, &item), 0);
    EXPECT_EQ(rove_chan_try_send(chan_, &item), -EAGAIN);
    EXPECT_EQ(rv_wait_suspend(&wait_), kRecv);
    Disarm(&recv_, true);
    EXPECT_EQ(recv_.result, 0);
    EXPECT_EQ(got_, 8U);
}

TEST_F(ChanCaseTest, AnArmedSendIsCarriedOutByAReceive)
{
    EXPECT_FALSE(send_.ops->ready(&send_));
    EXPECT_EQ(Arm(&send_, kSend), 0);
    uint64_t got = 0;
    EXPECT_EQ(rove_chan_try_recv(chan_, &got), 0);
    EXPECT_EQ(got, 5U);
    EXPECT_EQ(rv_wait_suspend(&wait_), kSend);
    Disarm(&send_, true);
    EXPECT_EQ(send_.result, 0);
}

TEST_F(ChanCaseTest, CasesOfOneSelectDoNotMeet)
{
    EXPECT_EQ(Arm(&recv_, kRecv), 0);
    EXPECT_EQ(Arm(&send_, kSend), 0);
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
    Disarm(&recv_, false);
    Disarm(&send_, false);
    EXPECT_EQ(got_, 0U);
}

TEST_F(ChanCaseTest, OneClaimEndsAllCases)
{
    EXPECT_EQ(Arm(&recv_, kRecv), 0);
    EXPECT_EQ(Arm(&send_, kSend), 0);
    uint64_t item = 8;
    EXPECT_EQ(rove_chan_try_send(chan_, &item), 0);
    uint64_t got = 0;
    EXPECT_EQ(rove_chan_try_recv(chan_, &got), -EAGAIN);
    EXPECT_EQ(got, 0U);
    EXPECT_EQ(rv_wait_suspend(&wait_), kRecv);
    Disarm(&recv_, true);
    Disarm(&send_, false);
    EXPECT_EQ(got_, 8U);
}

TEST_F(ChanCaseTest, ArmingSaysWhenAnotherWaits)
{
    rv_wait other;
    rv_chan_waiter node;
    uint64_t item = 6;
    ASSERT_EQ(rv_wait_begin(&other), 0);
    rv_chan_enlist(&chan_->senders, &node, other.ref, RV_CAUSE_SOURCE, &item);
    EXPECT_EQ(Arm(&recv_, kRecv), RV_CASE_READY);
    EXPECT_EQ(got_, 0U);
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
    EXPECT_TRUE(recv_.ops->ready(&recv_));
    EXPECT_EQ(got_, 6U);
    EXPECT_EQ(recv_.result, 0);
    EXPECT_EQ(rv_wait_suspend(&other), unsigned{RV_CAUSE_SOURCE});
}

TEST_F(ChanCaseTest, ArmingSaysWhenThereIsAnItemOrRoom)
{
    rove_chan *chan = rove_chan_new(sizeof(uint64_t), 1, nullptr);
    rove_case recv = rove_on_recv(chan, &got_);
    rove_case send = rove_on_send(chan, &item_);
    EXPECT_EQ(Arm(&send, kSend), RV_CASE_READY);
    EXPECT_EQ(Arm(&recv, kRecv), 0);
    Disarm(&recv, false);
    EXPECT_EQ(rove_chan_try_send(chan, &item_), 0);
    EXPECT_EQ(Arm(&recv, kRecv), RV_CASE_READY);
    EXPECT_EQ(Arm(&send, kSend), 0);
    Disarm(&send, false);
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
    rove_chan_unref(chan);
}

TEST_F(ChanCaseTest, CloseIsAResult)
{
    EXPECT_EQ(Arm(&recv_, kRecv), 0);
    EXPECT_EQ(Arm(&send_, kSend), 0);
    rove_chan_close(chan_);
    unsigned cause = rv_wait_suspend(&wait_);
    EXPECT_EQ(cause, kRecv);
    Disarm(&recv_, true);
    Disarm(&send_, false);
    EXPECT_EQ(recv_.result, -EPIPE);
    EXPECT_TRUE(send_.ops->ready(&send_));
    EXPECT_EQ(send_.result, -EPIPE);
    EXPECT_TRUE(recv_.ops->ready(&recv_));
    EXPECT_EQ(recv_.result, -EPIPE);
    ASSERT_EQ(rv_wait_begin(&wait_), 0);
    EXPECT_EQ(Arm(&recv_, kRecv), RV_CASE_READY);
    EXPECT_EQ(Arm(&send_, kSend), RV_CASE_READY);
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
}

TEST_F(ChanCaseTest, NoChannelIsNeverReady)
{
    rove_case cases[] = {rove_on_recv(nullptr, &got_),
                         rove_on_send(nullptr, &item_)};
    for (rove_case &one : cases) {
        EXPECT_FALSE(one.ops->ready(&one));
        EXPECT_EQ(Arm(&one, kRecv), 0);
        Disarm(&one, false);
    }
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
}

TEST_F(ChanCaseTest, ADroppingChannelIsAlwaysReadyToSend)
{
    rove_chan_options options;
    rove_chan_options_init(&options);
    options.overflow = ROVE_OVERFLOW_DROP_NEWEST;
    rove_chan *chan = rove_chan_new(sizeof(uint64_t), 1, &options);
    rove_case send = rove_on_send(chan, &item_);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(Arm(&send, kSend), RV_CASE_READY);
        EXPECT_TRUE(send.ops->ready(&send));
        EXPECT_EQ(send.result, 0);
    }
    EXPECT_EQ(rove_chan_dropped(chan), 2U);
    EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
    rove_chan_unref(chan);
}

} // namespace
