// At stake: a call that need not ask the kernel must not ask, one that must ask
// must never be told that it need not, and waiters go in the order in which
// they came. Shown on a bare side, with wakes that are only noted.
extern "C" {
#include "src/sched/poll_side.h"

#include "src/base/rng.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "tests/sched/fake_wake.h"
}

#include <cstdio>
#include <deque>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace
{

class PollSideTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        rv_poll_side_init(&side_);
        fake_wakes_clear();
    }

    // Queues a node for wait `ref` with that place.
    void Queue(rv_poll_node *node, rv_ref ref, uint32_t place,
               bool again = false)
    {
        node->ref = ref;
        node->place = place;
        node->doorbell = -1;
        if (again) {
            rv_poll_side_queue_again(&side_, node);
        } else {
            rv_poll_side_queue(&side_, node);
        }
    }

    uint64_t State() const
    {
        return rv_poll_side_state(&side_);
    }

    bool IsIdle() const
    {
        return rv_poll_side_is_idle(&side_, State());
    }

    rv_poll_side side_;
};

TEST_F(PollSideTest, NewSideIsWorthAsking)
{
    EXPECT_FALSE(IsIdle());
    EXPECT_FALSE(rv_poll_side_has_waiters(&side_));
    EXPECT_EQ(rv_poll_side_take(&side_), 0u);
}

TEST_F(PollSideTest, DrainedSideIsIdleUntilSomethingHappens)
{
    ASSERT_TRUE(rv_poll_side_drain(&side_, State()));
    EXPECT_TRUE(IsIdle());

    rv_poll_side_tick(&side_, false);

    EXPECT_FALSE(IsIdle());
}

TEST_F(PollSideTest, DrainSeenBeforeAnEventIsVoid)
{
    uint64_t seen = State();
    rv_poll_side_tick(&side_, false);

    ASSERT_TRUE(rv_poll_side_drain(&side_, seen));

    EXPECT_FALSE(IsIdle());
}

TEST_F(PollSideTest, SideThatHasEndedIsAlwaysWorthAsking)
{
    rv_poll_side_tick(&side_, true);
    EXPECT_FALSE(rv_poll_side_drain(&side_, State()));
    EXPECT_FALSE(IsIdle());

    rv_poll_side_tick(&side_, false);

    EXPECT_FALSE(rv_poll_side_drain(&side_, State()));
    EXPECT_FALSE(IsIdle());
}

TEST_F(PollSideTest, WaitersMakeItIdleToAsk)
{
    rv_poll_node node;
    Queue(&node, 1, 0);
    EXPECT_TRUE(IsIdle());
    EXPECT_TRUE(rv_poll_side_has_waiters(&side_));

    rv_poll_side_unqueue(&side_, &node);

    EXPECT_FALSE(IsIdle());
    EXPECT_FALSE(rv_poll_side_has_waiters(&side_));
}

TEST_F(PollSideTest, DrainSeenAmongWaitersCountsWhenTheyAreGone)
{
    rv_poll_node node;
    Queue(&node, 1, 0);
    ASSERT_TRUE(rv_poll_side_drain(&side_, State()));

    rv_poll_side_unqueue(&side_, &node);

    EXPECT_TRUE(IsIdle());
}

TEST_F(PollSideTest, WhoAskedBeforeAnEventMustAskAgain)
{
    uint64_t seen = State();
    EXPECT_TRUE(rv_poll_side_may_queue(&side_, seen, true));

    rv_poll_side_tick(&side_, false);

    EXPECT_FALSE(rv_poll_side_may_queue(&side_, seen, true));
}

TEST_F(PollSideTest, WaitersThatCameMeanwhileAreNoReasonToAskAgain)
{
    uint64_t seen = State();
    rv_poll_node node;
    Queue(&node, 1, 0);

    EXPECT_TRUE(rv_poll_side_may_queue(&side_, seen, true));
    rv_poll_side_unqueue(&side_, &node);
}

TEST_F(PollSideTest, WhoDidNotAskBecauseOthersWaitedMustAskWhenTheyAreGone)
{
    rv_poll_node node;
    Queue(&node, 1, 0);
    uint64_t seen = State();
    EXPECT_TRUE(rv_poll_side_may_queue(&side_, seen, false));

    rv_poll_side_unqueue(&side_, &node);

    EXPECT_FALSE(rv_poll_side_may_queue(&side_, seen, false));
}

TEST_F(PollSideTest, ResetForgetsWhatWasKnownAndKeepsTheQueue)
{
    rv_poll_node node;
    rv_poll_side_tick(&side_, true);
    Queue(&node, 1, 0);
    uint64_t seen = State();

    rv_poll_side_reset(&side_);

    EXPECT_TRUE(rv_poll_side_has_waiters(&side_));
    EXPECT_FALSE(rv_poll_side_may_queue(&side_, seen, true));
    EXPECT_EQ(rv_poll_side_take(&side_), 1u);
    EXPECT_FALSE(IsIdle());
    EXPECT_TRUE(rv_poll_side_drain(&side_, State())); // not sticky any more
}

TEST_F(PollSideTest, ResetMakesADrainVoid)
{
    ASSERT_TRUE(rv_poll_side_drain(&side_, State()));

    rv_poll_side_reset(&side_);

    EXPECT_FALSE(IsIdle());
}

TEST_F(PollSideTest, WaitersAreTakenInTheOrderTheyCame)
{
    rv_poll_node nodes[3];
    for (uint32_t i = 0; i < 3; i++) {
        Queue(&nodes[i], 10 + i, i);
    }

    EXPECT_EQ(rv_poll_side_take(&side_), 10u);
    EXPECT_EQ(rv_poll_side_take(&side_), 11u);
    EXPECT_EQ(rv_poll_side_take(&side_), 12u);
    EXPECT_EQ(rv_poll_side_take(&side_), 0u);
}

TEST_F(PollSideTest, WaiterInTheMiddleLeaves)
{
    rv_poll_node nodes[3];
    for (uint32_t i = 0; i < 3; i++) {
        Queue(&nodes[i], 10 + i, i);
    }

    rv_poll_side_unqueue(&side_, &nodes[1]);

    EXPECT_FALSE(rv_node_is_linked(&nodes[1].link));
    EXPECT_EQ(rv_poll_side_take(&side_), 10u);
    EXPECT_EQ(rv_poll_side_take(&side_), 12u);
}

TEST_F(PollSideTest, WhoComesBackGetsItsOldPlace)
{
    const uint32_t first = UINT32_MAX - 1; // places wrap on the way
    rv_poll_node nodes[4];
    for (uint32_t i = 0; i < 4; i++) {
        Queue(&nodes[i], 10 + i, first + i);
    }
    ASSERT_EQ(rv_poll_side_take(&side_), 10u);
    ASSERT_EQ(rv_poll_side_take(&side_), 11u);

    Queue(&nodes[1], 11, first + 1, true);
    Queue(&nodes[0], 10, first, true);

    EXPECT_EQ(rv_poll_side_take(&side_), 10u);
    EXPECT_EQ(rv_poll_side_take(&side_), 11u);
    EXPECT_EQ(rv_poll_side_take(&side_), 12u);
    EXPECT_EQ(rv_poll_side_take(&side_), 13u);
}

TEST_F(PollSideTest, TakingAllClaimsEverybodyInOrder)
{
    rv_poll_node nodes[3];
    for (uint32_t i = 0; i < 3; i++) {
        Queue(&nodes[i], 10 + i, i);
    }

    rv_poll_side_take_all(&side_, RV_CAUSE_CLOSED);

    ASSERT_EQ(fake_wakes_count(), 3u);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(fake_wakes_at(i).ref, 10u + i);
        EXPECT_EQ(fake_wakes_at(i).cause, RV_CAUSE_CLOSED);
    }
    EXPECT_FALSE(rv_poll_side_has_waiters(&side_));
}

TEST_F(PollSideTest, TakingAllRingsTheDoorbellsOfThreads)
{
    int bell = rv_event_fd_open();
    ASSERT_GE(bell, 0);
    rv_poll_node node = {{nullptr, nullptr}, 0, 0, bell};
    rv_poll_side_queue(&side_, &node);

    rv_poll_side_take_all(&side_, RV_CAUSE_SOURCE);

    EXPECT_EQ(fake_wakes_count(), 0u);
    struct pollfd fd = {bell, POLLIN, 0};
    EXPECT_EQ(rv_fd_poll(&fd, 1, 0), 1);
    rv_fd_close(bell);
}

// A queue that gives out places, takes from the front, lets waiters leave and
// come back, against a list sorted by place.
TEST_F(PollSideTest, QueueAgreesWithASortedList)
{
    constexpr unsigned waiters = 24;
    std::vector<rv_poll_node> nodes(waiters);
    std::vector<bool> is_in(waiters), is_placed(waiters);
    std::deque<unsigned> model;
    uint32_t places = UINT32_MAX - 500;
    rv_rng rng;
    rv_rng_seed(&rng, 20240607);

    for (int step = 0; step < 20000; step++) {
        unsigned i = rv_rng_below(&rng, waiters);
        switch (rv_rng_below(&rng, 4)) {
        case 0: { // arrives, or comes back
            if (is_in[i]) {
                break;
            }
            bool again = is_placed[i];
            Queue(&nodes[i], i + 1, again ? nodes[i].place : places++, again);
            is_in[i] = is_placed[i] = true;
            auto at = model.begin();
            while (at != model.end() &&
                   static_cast<int32_t>(nodes[*at].place - nodes[i].place) <
                       0) {
                ++at;
            }
            model.insert(at, i);
            break;
        }
        case 1: // is taken, and may come back
        case 2: {
            rv_ref ref = rv_poll_side_take(&side_);
            ASSERT_EQ(ref, model.empty() ? 0 : model.front() + 1);
            if (!model.empty()) {
                is_in[model.front()] = false;
                model.pop_front();
            }
            break;
        }
        default: // its call ends
            if (is_in[i]) {
                rv_poll_side_unqueue(&side_, &nodes[i]);
                for (auto at = model.begin(); at != model.end(); ++at) {
                    if (*at == i) {
                        model.erase(at);
                        break;
                    }
                }
            }
            is_in[i] = is_placed[i] = false;
        }
        ASSERT_EQ(rv_poll_side_has_waiters(&side_), !model.empty());
    }
}

} // namespace
