// At stake: a cancellation meant for one life of a descriptor touches no other,
// nor the guests of another. Shown on bare descriptors, with noted wake-ups.

extern "C" {
#include "src/sched/cancel.h"

#include "tests/sched/fake_wake.h"
}

#include "gtest/gtest.h"

namespace
{

class CancelTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_task_table_open(), 0);
        fake_wakes_clear();
        host_ = NewTask();
        guest_ = NewTask();
    }

    void TearDown() override
    {
        rv_task_depot_put(guest_);
        rv_task_depot_put(host_);
    }

    static rv_task *NewTask()
    {
        rv_task *task = rv_task_depot_get();
        rv_task_init(task, nullptr, nullptr, nullptr, RV_STACK_16K);
        return task;
    }

    static uint64_t IdOf(const rv_task *task)
    {
        return rv_u64_load_relaxed(&task->id);
    }

    // As rove_join does it: the guest runs on the host's stack and waits.
    void WaitAsGuest()
    {
        rv_ptr_store_relaxed(&guest_->host, host_);
        rv_cancel_show_guest(guest_);
        rv_claim_begin(&guest_->claim, false);
    }

    rv_task *host_ = nullptr;
    rv_task *guest_ = nullptr;
};

TEST_F(CancelTest, CancelEndsTheWaitTheTaskIsIn)
{
    uint64_t epoch = rv_claim_begin(&host_->claim, false);
    rv_task_cancel(nullptr, host_, IdOf(host_));
    ASSERT_EQ(fake_wakes_count(), 1U);
    EXPECT_EQ(fake_wakes_at(0).ref, rv_ref_make(host_, epoch));
    EXPECT_EQ(fake_wakes_at(0).cause, unsigned{RV_CAUSE_CANCEL});
    EXPECT_TRUE(rv_task_is_cancelled(host_));
}

TEST_F(CancelTest, ADeafWaitIsLeftAlone)
{
    rv_claim_begin(&host_->claim, true);
    rv_task_cancel(nullptr, host_, IdOf(host_));
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_TRUE(rv_task_is_cancelled(host_));
}

TEST_F(CancelTest, GuestsOfACancelledHostAreInterrupted)
{
    WaitAsGuest();
    rv_task_cancel(nullptr, host_, IdOf(host_));
    /* The host does not wait; a claim of its own last wait would lose. */
    ASSERT_GE(fake_wakes_count(), 1U);
    EXPECT_EQ(rv_ref_task(fake_wakes_at(fake_wakes_count() - 1).ref), guest_);
    EXPECT_TRUE(rv_task_is_cancelled(guest_));
}

TEST_F(CancelTest, ALateCancelLeavesTheNextLifeAlone)
{
    uint64_t old = IdOf(host_);
    rv_task_fini(host_);
    rv_task_init(host_, nullptr, nullptr, nullptr, RV_STACK_16K);
    rv_claim_begin(&host_->claim, false);
    rv_task_cancel(nullptr, host_, old);
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_FALSE(rv_task_is_cancelled(host_));
}

TEST_F(CancelTest, ALateCancelLeavesGuestsOfTheNextLifeAlone)
{
    uint64_t old = IdOf(host_);
    rv_task_fini(host_);
    rv_task_init(host_, nullptr, nullptr, nullptr, RV_STACK_16K);
    WaitAsGuest();
    rv_task_cancel(nullptr, host_, old);
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_FALSE(rv_task_is_cancelled(guest_));
}

TEST_F(CancelTest, ALateCancelDoesNotTakeACancellationBack)
{
    uint64_t old = IdOf(host_);
    rv_task_fini(host_);
    rv_task_init(host_, nullptr, nullptr, nullptr, RV_STACK_16K);
    rv_task_cancel(nullptr, host_, IdOf(host_));
    rv_task_cancel(nullptr, host_, old);
    EXPECT_TRUE(rv_task_is_cancelled(host_));
}

} // namespace
