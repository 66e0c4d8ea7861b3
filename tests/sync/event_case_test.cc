// At stake: an event as a case: ready while it is set, armed while it is not,
// and decided by who sets it.

extern "C" {
#include "src/task/await.h"
#include "src/task/source.h"
}

#include "tests/sync/in_line.h"

namespace
{

constexpr unsigned kCause = RV_CAUSE_SOURCE + 3;

class EventCaseTest : public ::testing::Test
{
  protected:
    bool IsReady()
    {
        case_.result = 1;
        return case_.ops->ready(&case_);
    }

    rove_event event_ = ROVE_EVENT_INIT;
    rove_case case_ = rove_on_event(&event_);
};

TEST_F(EventCaseTest, NoEventIsNeverReady)
{
    rove_event *none = nullptr;
    EXPECT_EQ(rove_on_event(none).ops, nullptr);
}

TEST_F(EventCaseTest, ItIsReadyWhileTheEventIsSet)
{
    EXPECT_FALSE(IsReady());
    rove_event_set(&event_);
    EXPECT_TRUE(IsReady());
    EXPECT_EQ(case_.result, 0);
    rove_event_clear(&event_);
    EXPECT_FALSE(IsReady());
}

TEST_F(EventCaseTest, ASetDecidesForTheCaseAlsoWhenClearedAtOnce)
{
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_EQ(case_.ops->arm(&case_, wait.ref, kCause), 0);
    EXPECT_EQ(InLine(event_), 1);
    rove_event_set(&event_);
    rove_event_clear(&event_);
    EXPECT_EQ(rv_wait_suspend(&wait), kCause);
    case_.result = 1;
    case_.ops->disarm(&case_, true);
    EXPECT_EQ(case_.result, 0);
    EXPECT_EQ(InLine(event_), 0);
}

TEST_F(EventCaseTest, ASetEventIsNotArmed)
{
    rove_event_set(&event_);
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_EQ(case_.ops->arm(&case_, wait.ref, kCause), RV_CASE_READY);
    EXPECT_EQ(InLine(event_), 0);
    EXPECT_EQ(rv_wait_abort(&wait), unsigned{RV_CAUSE_NONE});
}

TEST_F(EventCaseTest, WhoLosesLeavesTheLine)
{
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    EXPECT_EQ(case_.ops->arm(&case_, wait.ref, kCause), 0);
    EXPECT_EQ(rv_wait_abort(&wait), unsigned{RV_CAUSE_NONE});
    case_.ops->disarm(&case_, false);
    EXPECT_EQ(InLine(event_), 0);
}

} // namespace
