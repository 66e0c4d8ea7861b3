// At stake: one object per number, found by any thread; a closer that goes on
// only when no call is in flight and lets none in; waiters of a number that is
// gone are told. Shown with wakes that are only noted, and with threads that
// call while another closes and reopens.
extern "C" {
#include "src/sched/pollable.h"

#include "src/platform/epoll.h"
#include "src/platform/os_thread.h"
#include "src/sched/poll_wait.h"
#include "tests/sched/fake_wake.h"
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace
{

// Numbers far beyond those the test's own descriptors have.
constexpr int kNumber = 70000;

class PollableTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_pollable_of(kNumber, &file_), 0);
        fake_wakes_clear();
    }

    // Makes the number as new, whatever a test did to it.
    void TearDown() override
    {
        rv_fault_disarm();
        rv_pollable_close_begin(file_);
        rv_pollable_close_end(file_, -1);
        EXPECT_FALSE(rv_pollable_has_calls(file_));
    }

    // Queues a wait that nothing but closing and alerts end.
    void Queue(rv_poll_wait *wait, unsigned sides, rv_ref ref)
    {
        *wait = rv_poll_wait{};
        wait->sides = sides;
        ASSERT_EQ(rv_poll_wait_queue(file_, kNumber, nullptr, wait, ref), 0);
    }

    rv_pollable *file_ = nullptr;
};

TEST_F(PollableTest, NegativeNumberIsNoDescriptor)
{
    rv_pollable *file;
    EXPECT_EQ(rv_pollable_of(-1, &file), -EBADF);
    EXPECT_EQ(rv_pollable_of(INT32_MIN, &file), -EBADF);
}

TEST_F(PollableTest, NumberBeyondTheTableIsRefused)
{
    rv_pollable *file;
    EXPECT_EQ(rv_pollable_of(RV_POLLABLE_MAX, &file), -EMFILE);
    EXPECT_EQ(rv_pollable_of(INT32_MAX, &file), -EMFILE);
    EXPECT_EQ(rv_pollable_of(RV_POLLABLE_MAX - 1, &file), 0);
}

TEST_F(PollableTest, EachNumberHasItsOwnObject)
{
    rv_pollable *same;
    rv_pollable *next;
    ASSERT_EQ(rv_pollable_of(kNumber, &same), 0);
    ASSERT_EQ(rv_pollable_of(kNumber + 1, &next), 0);
    EXPECT_EQ(same, file_);
    EXPECT_NE(next, file_);
}

TEST_F(PollableTest, NoMemoryForAPageIsReportedAndPasses)
{
    rv_pollable *file;
    rv_fault_arm("rv_mem_alloc_aligned", 1, ENOMEM);
    EXPECT_EQ(rv_pollable_of(900000, &file), -ENOMEM);
    EXPECT_EQ(rv_pollable_of(900000, &file), 0);
}

TEST_F(PollableTest, ThreadsThatMeetAtANewPageFindTheSameObject)
{
    constexpr int threads = 4;
    for (int page = 0; page < 50; page++) {
        int number = 800000 + page * RV_POLLABLE_PAGE;
        std::atomic<int> ready{0};
        rv_pollable *found[threads];
        std::vector<std::thread> crew;
        for (int t = 0; t < threads; t++) {
            crew.emplace_back([&, t] {
                ready++;
                while (ready < threads) {
                    rv_thread_yield();
                }
                ASSERT_EQ(rv_pollable_of(number, &found[t]), 0);
            });
        }
        for (auto &thread : crew) {
            thread.join();
        }
        for (auto *file : found) {
            ASSERT_EQ(file, found[0]);
        }
    }
}

TEST_F(PollableTest, CallsAreCounted)
{
    EXPECT_EQ(rv_pollable_enter(file_), 0u);
    EXPECT_EQ(rv_pollable_enter(file_), 0u);
    EXPECT_TRUE(rv_pollable_has_calls(file_));
    rv_pollable_leave(file_);
    EXPECT_TRUE(rv_pollable_has_calls(file_));
    rv_pollable_leave(file_);
    EXPECT_FALSE(rv_pollable_has_calls(file_));
}

TEST_F(PollableTest, AdoptedDescriptorSaysWhatItIs)
{
    rv_pollable_adopt(file_, RV_CALLS_STREAM);
    EXPECT_EQ(rv_pollable_enter(file_),
              static_cast<uint32_t>(RV_CALLS_MANAGED | RV_CALLS_STREAM));
    rv_pollable_leave(file_);

    rv_pollable_adopt(file_, 0);

    EXPECT_EQ(rv_pollable_enter(file_),
              static_cast<uint32_t>(RV_CALLS_MANAGED));
    rv_pollable_leave(file_);
}

TEST_F(PollableTest, CallsAreRefusedWhileClosing)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    EXPECT_TRUE(rv_pollable_enter(file_) & RV_CALLS_CLOSING);
    EXPECT_FALSE(rv_pollable_has_calls(file_));

    rv_pollable_close_end(file_, -1);

    EXPECT_EQ(rv_pollable_enter(file_), 0u);
    rv_pollable_leave(file_);
}

TEST_F(PollableTest, SecondCloserIsRefused)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    EXPECT_EQ(rv_pollable_close_begin(file_), -EBADF);
}

TEST_F(PollableTest, CloserNeedNotWaitWithoutCalls)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    EXPECT_FALSE(rv_pollable_close_await(file_, 77));
    EXPECT_EQ(fake_wakes_count(), 0u);
}

TEST_F(PollableTest, LastCallInFlightWakesTheCloser)
{
    rv_pollable_enter(file_);
    rv_pollable_enter(file_);
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    ASSERT_TRUE(rv_pollable_close_await(file_, 77));

    rv_pollable_leave(file_);
    EXPECT_EQ(fake_wakes_count(), 0u);
    rv_pollable_leave(file_);

    ASSERT_EQ(fake_wakes_count(), 1u);
    EXPECT_EQ(fake_wakes_at(0).ref, 77u);
}

TEST_F(PollableTest, LeavingWithoutACloserWakesNobody)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    rv_pollable_close_await(file_, 77);
    rv_pollable_close_end(file_, -1);

    rv_pollable_enter(file_);
    rv_pollable_leave(file_);

    EXPECT_EQ(fake_wakes_count(), 0u);
}

TEST_F(PollableTest, ClosingClaimsTheWaitsOfAllSides)
{
    rv_poll_wait waits[RV_SIDES];
    for (unsigned s = 0; s < RV_SIDES; s++) {
        Queue(&waits[s], 1u << s, 50 + s);
    }

    ASSERT_EQ(rv_pollable_close_begin(file_), 0);

    ASSERT_EQ(fake_wakes_count(), 3u);
    for (unsigned s = 0; s < RV_SIDES; s++) {
        EXPECT_EQ(fake_wakes_at(s).ref, 50 + s);
        EXPECT_EQ(fake_wakes_at(s).cause, RV_CAUSE_CLOSED);
    }
    rv_poll_wait late = {};
    late.sides = 1;
    EXPECT_EQ(rv_poll_wait_queue(file_, kNumber, nullptr, &late, 60), -EBADF);
}

TEST_F(PollableTest, NextLifeKnowsNothingOfTheOneBefore)
{
    rv_pollable_adopt(file_, RV_CALLS_STREAM);
    rv_poll_side *side = &file_->side[RV_SIDE_READ];
    ASSERT_TRUE(rv_poll_side_drain(side, rv_poll_side_state(side)));
    uint32_t sequence = file_->sequence;

    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    uint32_t life = rv_pollable_close_end(file_, -1);

    EXPECT_NE(life, sequence);
    EXPECT_FALSE(rv_poll_side_is_idle(side, rv_poll_side_state(side)));
    EXPECT_EQ(rv_pollable_enter(file_), 0u);
    rv_pollable_leave(file_);
}

TEST_F(PollableTest, WhoSlippedInWhileTheNumberWasReleasedLooksAgain)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    uint32_t life = rv_pollable_close_end(file_, -1);
    rv_poll_wait wait;
    Queue(&wait, 1u << RV_SIDE_READ, 50);

    rv_pollable_close_done(file_, life);

    ASSERT_EQ(fake_wakes_count(), 1u);
    EXPECT_EQ(fake_wakes_at(0).cause, RV_CAUSE_SOURCE);
}

TEST_F(PollableTest, CloserLeavesTheNextLifeAlone)
{
    ASSERT_EQ(rv_pollable_close_begin(file_), 0);
    uint32_t life = rv_pollable_close_end(file_, -1);
    rv_pollable_adopt(file_, 0);
    rv_poll_wait wait;
    Queue(&wait, 1u << RV_SIDE_READ, 50);

    rv_pollable_close_done(file_, life);

    EXPECT_EQ(fake_wakes_count(), 0u);
    rv_poll_wait_unqueue(file_, &wait, false);
}

TEST_F(PollableTest, WaitersOfANumberThatWasClosedElsewhereAreTold)
{
    rv_poll_wait wait;
    Queue(&wait, 1u << RV_SIDE_WRITE, 50);

    rv_pollable_adopt(file_, 0);

    ASSERT_EQ(fake_wakes_count(), 1u);
    EXPECT_EQ(fake_wakes_at(0).cause, RV_CAUSE_CLOSED);
}

TEST_F(PollableTest, ForgottenPollerIsNobodysHome)
{
    static rv_poller poller; // only its address counts
    static rv_poller other;
    rv_ptr_store_relaxed(&file_->home, &poller);
    rv_poll_wait wait;
    Queue(&wait, 1u << RV_SIDE_READ, 50);

    rv_pollable_forget(&other);
    EXPECT_EQ(rv_pollable_home(file_), &poller);
    EXPECT_EQ(fake_wakes_count(), 0u);
    rv_pollable_forget(&poller);

    EXPECT_EQ(rv_pollable_home(file_), nullptr);
    ASSERT_EQ(fake_wakes_count(), 1u);
    EXPECT_EQ(fake_wakes_at(0).cause, RV_CAUSE_SOURCE);
}

// Calls enter and leave while a closer closes and reopens. `open` is plain
// memory: a call that overlapped the closed phase would be a race for TSan, and
// a false value for everybody.
TEST_F(PollableTest, NoCallIsInFlightWhenTheNumberIsReleased)
{
    static bool is_open;
    is_open = true;
    std::atomic<bool> stop{false};
    std::atomic<unsigned> calls{0};
    std::atomic<unsigned> violations{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 3; t++) {
        callers.emplace_back([&] {
            while (!stop) {
                if (rv_pollable_enter(file_) & RV_CALLS_CLOSING) {
                    rv_thread_yield();
                    continue;
                }
                violations += !is_open;
                calls++;
                rv_pollable_leave(file_);
            }
        });
    }

    for (int round = 0; round < 200; round++) {
        ASSERT_EQ(rv_pollable_close_begin(file_), 0);
        while (rv_pollable_close_await(file_, 77)) {
            rv_thread_yield();
        }
        is_open = false;
        is_open = true;
        uint32_t life = rv_pollable_close_end(file_, -1);
        rv_pollable_close_done(file_, life);
        if (round % 16 == 0) {
            rv_thread_yield();
        }
    }
    stop = true;
    for (auto &caller : callers) {
        caller.join();
    }
    EXPECT_EQ(violations, 0u);
}

} // namespace
