// At stake: a scope that ends refuses and interrupts what is inside it and
// nothing else; a shield hides what is outside of it; one timer serves a scope,
// wherever its deadline is moved from. Shown step by step on bare descriptors
// and two workers without threads, with noted wake-ups; the races are in
// tests/stress/scope_stress.cc.

#include <cerrno>
#include <poll.h>
#include <vector>

extern "C" {
#include "src/base/clock.h"
#include "src/platform/fd_io.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/scope.h"
#include "tests/sched/fake_wake.h"
}

#include "tests/sched/two_workers.h"

namespace
{

constexpr int64_t kHour = INT64_C(3600) * 1000000000;
constexpr int64_t kTick = INT64_C(1) << RV_TIMER_WHEEL_TICK_BITS;

class ScopeTest : public TwoWorkers
{
  protected:
    void SetUp() override
    {
        TwoWorkers::SetUp();
        fake_wakes_clear();
        task_ = NewTask();
        start_ = rv_clock_now();
    }

    void TearDown() override
    {
        BeOn(nullptr, nullptr);
        for (const rv_task *task : tasks_) {
            EXPECT_EQ(task->scope, nullptr);
            EXPECT_EQ(rv_u32_load_relaxed(&task->guard), 0U);
        }
        EXPECT_EQ(rv_current_get()->scope, nullptr);
        TwoWorkers::TearDown();
    }

    // From here on the calling thread is this worker and runs this task.
    void BeOn(rv_worker *w, rv_task *current)
    {
        for (rv_worker *one : workers_) {
            one->current = nullptr;
        }
        if (w != nullptr) {
            w->current = current;
            w->now = start_;
        }
        rv_current_get()->worker = w;
    }

    // The task waits; what names the wait.
    static rv_ref Wait(rv_task *task, bool deaf = false)
    {
        return rv_ref_make(task, rv_claim_begin(&task->claim, deaf));
    }

    // A task that runs on another one's stack, and waits.
    rv_task *NewGuest(rv_task *host)
    {
        rv_task *guest = NewTask();
        rv_ptr_store_relaxed(&guest->host, host);
        rv_cancel_show_guest(guest);
        return guest;
    }

    static rv_scope_state StateOf(const rv_scope *scope)
    {
        return static_cast<rv_scope_state>(rv_u32_load_relaxed(&scope->state));
    }

    static bool Cancel(rv_scope *scope)
    {
        return rv_scope_end(scope, nullptr, RV_SCOPE_CANCELLED);
    }

    static bool HasAlarm(const rv_task *task)
    {
        return (rv_u32_load_relaxed(&task->guard) & RV_GUARD_ALARM) != 0;
    }

    static unsigned ShieldOf(const rv_task *task)
    {
        return rv_guard_shield(rv_u32_load_relaxed(&task->guard));
    }

    static void ExpectWoken(unsigned i, rv_ref ref)
    {
        ASSERT_GT(fake_wakes_count(), i);
        EXPECT_EQ(fake_wakes_at(i).ref, ref);
        EXPECT_EQ(fake_wakes_at(i).cause, unsigned{RV_CAUSE_CANCEL});
    }

    // Fires what is due by then; how many.
    unsigned FireAt(unsigned worker, int64_t now)
    {
        return rv_timer_fire(workers_[0], &workers_[worker]->timers, now);
    }

    rv_task *task_ = nullptr;
    int64_t start_ = 0;
};

using ScopeDeathTest = ScopeTest;

TEST_F(ScopeTest, ScopesAreAChainOfDepths)
{
    rv_scope outer;
    rv_scope inner;
    rv_scope_push(&outer, task_, INT64_MAX);
    rv_scope_push(&inner, task_, INT64_MAX);
    EXPECT_EQ(task_->scope, &inner);
    EXPECT_EQ(outer.depth, 1);
    EXPECT_EQ(inner.depth, 2);
    EXPECT_EQ(rv_scope_pop(&inner), 0);
    EXPECT_EQ(task_->scope, &outer);
    EXPECT_EQ(rv_scope_pop(&outer), 0);
}

TEST_F(ScopeDeathTest, OnlyTheInnermostIsClosed)
{
    rv_scope outer;
    rv_scope inner;
    rv_scope_push(&outer, task_, INT64_MAX);
    rv_scope_push(&inner, task_, INT64_MAX);
    EXPECT_DEATH(rv_scope_pop(&outer), "the innermost scope, or group");
    EXPECT_EQ(rv_scope_pop(&inner), 0);
    EXPECT_DEATH(rv_scope_pop(&inner), "the innermost scope, or group");
    EXPECT_EQ(rv_scope_pop(&outer), 0);
}

TEST_F(ScopeDeathTest, ADepthFitsIntoTheGuard)
{
    std::vector<rv_scope> scopes(UINT16_MAX);
    for (rv_scope &scope : scopes) {
        rv_scope_shield(&scope, task_);
    }
    EXPECT_EQ(ShieldOf(task_), unsigned{UINT16_MAX});
    EXPECT_FALSE(HasAlarm(task_));
    rv_scope more;
    EXPECT_DEATH(rv_scope_push(&more, task_, INT64_MAX), "nest too deep");
    while (task_->scope != nullptr) {
        (void)rv_scope_pop(task_->scope);
    }
}

TEST_F(ScopeTest, TheFirstEndCounts)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    EXPECT_TRUE(Cancel(&scope));
    EXPECT_FALSE(rv_scope_end(&scope, nullptr, RV_SCOPE_EXPIRED));
    EXPECT_FALSE(Cancel(&scope));
    EXPECT_EQ(StateOf(&scope), RV_SCOPE_CANCELLED);
    EXPECT_EQ(rv_scope_look(&scope, INT64_MAX), RV_SCOPE_CANCELLED);
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, AStatusIsOfARefusedWaitOnly)
{
    struct {
        rv_scope_state state;
        int status;
    } const cases[] = {{RV_SCOPE_EXPIRED, -ETIMEDOUT},
                       {RV_SCOPE_CANCELLED, -ECANCELED}};
    for (const auto &one : cases) {
        rv_scope scope;
        rv_scope_push(&scope, task_, INT64_MAX);
        rv_scope_end(&scope, nullptr, one.state);
        EXPECT_EQ(rv_cancel_cause(task_), one.status);
        EXPECT_EQ(rv_scope_pop(&scope), 0); // nobody has been told
        rv_scope_push(&scope, task_, INT64_MAX);
        rv_scope_end(&scope, nullptr, one.state);
        rv_cancel_note(task_);
        EXPECT_EQ(rv_scope_pop(&scope), one.status);
        EXPECT_EQ(rv_cancel_cause(task_), 0);
    }
}

// The scope that ended and those inside it; not those around it.
TEST_F(ScopeTest, ARefusalIsNotedUpToTheScopeThatEnded)
{
    rv_scope scopes[3];
    for (rv_scope &scope : scopes) {
        rv_scope_push(&scope, task_, INT64_MAX);
    }
    rv_scope_end(&scopes[1], nullptr, RV_SCOPE_EXPIRED);
    rv_cancel_note(task_);
    EXPECT_EQ(rv_scope_pop(&scopes[2]), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&scopes[1]), -ETIMEDOUT);
    EXPECT_EQ(rv_scope_pop(&scopes[0]), 0);
}

TEST_F(ScopeTest, AnEndInterruptsTheWaitInside)
{
    rv_scope outer;
    rv_scope inner;
    rv_scope_push(&outer, task_, INT64_MAX);
    rv_scope_push(&inner, task_, INT64_MAX);
    rv_ref ref = Wait(task_);
    Cancel(&outer);
    EXPECT_EQ(fake_wakes_count(), 1U);
    ExpectWoken(0, ref);
    EXPECT_TRUE(HasAlarm(task_));
    Cancel(&outer); // harmless
    EXPECT_EQ(fake_wakes_count(), 1U);
    (void)rv_scope_pop(&inner);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, ADeafWaitIsLeftAlone)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    Wait(task_, true);
    Cancel(&scope);
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_TRUE(HasAlarm(task_));
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
    (void)rv_scope_pop(&scope);
}

// Who parks the task looks at descriptors only: the alarm stands for scopes.
TEST_F(ScopeTest, AnAlarmTellsWhoParksTheTaskUntilItLooks)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    EXPECT_FALSE(rv_cancel_came_late(&scheduler_, task_));
    Cancel(&scope);
    EXPECT_TRUE(rv_cancel_came_late(&scheduler_, task_));
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED); // a look
    EXPECT_FALSE(rv_cancel_came_late(&scheduler_, task_));
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED); // and it is a level
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, ClosingForgetsTheAlarmButNotTheEndOfAScopeThatStays)
{
    rv_scope outer;
    rv_scope inner;
    rv_scope_push(&outer, task_, INT64_MAX);
    rv_scope_push(&inner, task_, INT64_MAX);
    Cancel(&inner);
    Cancel(&outer);
    (void)rv_scope_pop(&inner);
    EXPECT_FALSE(HasAlarm(task_));
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
    (void)rv_scope_pop(&outer);
    EXPECT_EQ(rv_cancel_cause(task_), 0);
}

TEST_F(ScopeTest, AShieldHidesWhatIsOutside)
{
    rv_scope outer;
    rv_scope shield;
    rv_scope_push(&outer, task_, INT64_MAX);
    rv_scope_shield(&shield, task_);
    EXPECT_EQ(ShieldOf(task_), 2U);
    Wait(task_);
    Cancel(&outer);
    rv_task_cancel(nullptr, task_, Count(&task_->id));
    EXPECT_EQ(fake_wakes_count(), 0U);
    EXPECT_FALSE(HasAlarm(task_));
    EXPECT_FALSE(rv_cancel_came_late(&scheduler_, task_));
    EXPECT_EQ(rv_cancel_cause(task_), 0);
    rv_cancel_note(task_);
    (void)rv_scope_pop(&shield);
    EXPECT_EQ(ShieldOf(task_), 0U);
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&outer),
              0); // no wait outside the shield was refused
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
}

TEST_F(ScopeTest, AShieldHidesNeitherItselfNorWhatIsInside)
{
    for (int ended = 0; ended < 2; ended++) {
        rv_scope scopes[2];
        rv_scope_shield(&scopes[0], task_);
        rv_scope_push(&scopes[1], task_, INT64_MAX);
        fake_wakes_clear();
        rv_ref ref = Wait(task_);
        Cancel(&scopes[ended]);
        ExpectWoken(0, ref);
        EXPECT_TRUE(rv_cancel_came_late(&scheduler_, task_));
        EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
        (void)rv_scope_pop(&scopes[1]);
        (void)rv_scope_pop(&scopes[0]);
    }
}

TEST_F(ScopeTest, ClosingAShieldPutsTheOneAroundItBack)
{
    rv_scope outer;
    rv_scope between;
    rv_scope inner;
    rv_scope_shield(&outer, task_);
    rv_scope_push(&between, task_, INT64_MAX);
    rv_scope_shield(&inner, task_);
    EXPECT_EQ(ShieldOf(task_), 3U);
    Cancel(&between);
    EXPECT_EQ(rv_cancel_cause(task_), 0);
    (void)rv_scope_pop(&inner);
    EXPECT_EQ(ShieldOf(task_), 1U);
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
    (void)rv_scope_pop(&between);
    EXPECT_EQ(ShieldOf(task_), 1U);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, ClosingAScopeInsideAShieldForgetsTheAlarmOnly)
{
    rv_scope shield;
    rv_scope inner;
    rv_scope_shield(&shield, task_);
    rv_scope_push(&inner, task_, INT64_MAX);
    Cancel(&inner);
    ASSERT_TRUE(HasAlarm(task_));
    (void)rv_scope_pop(&inner);
    EXPECT_FALSE(HasAlarm(task_));
    EXPECT_EQ(ShieldOf(task_), 1U);
    EXPECT_EQ(rv_cancel_cause(task_), 0);
    (void)rv_scope_pop(&shield);
}

TEST_F(ScopeTest, AShieldOpenedWithAnAlarmPutsNoneBack)
{
    rv_scope outer;
    rv_scope shield;
    rv_scope_push(&outer, task_, INT64_MAX);
    Cancel(&outer);
    ASSERT_TRUE(HasAlarm(task_));
    rv_scope_shield(&shield, task_);
    EXPECT_FALSE(HasAlarm(task_)); // it was of what is hidden now
    (void)rv_scope_pop(&shield);
    EXPECT_EQ(rv_u32_load_relaxed(&task_->guard), 0U);
    EXPECT_EQ(rv_cancel_cause(task_), -ECANCELED);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, ALookNoticesADeadlineThatHasPassed)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, 1000);
    EXPECT_EQ(rv_scope_look(&scope, 999), RV_SCOPE_LIVE);
    EXPECT_EQ(rv_scope_look(&scope, 1000), RV_SCOPE_EXPIRED);
    rv_scope_set_deadline(&scope, INT64_MAX); // too late
    EXPECT_EQ(rv_scope_look(&scope, 0), RV_SCOPE_EXPIRED);
    (void)rv_scope_pop(&scope);
}

// The worker's clock of the last turn tells, also where nothing waits.
TEST_F(ScopeTest, WithoutATimerTheWorkersClockTells)
{
    BeOn(workers_[0], task_);
    rv_scope scope;
    rv_scope_push(&scope, task_, start_ + 1000);
    EXPECT_EQ(rv_cancel_cause(task_), 0);
    workers_[0]->now = start_ + 1000;
    EXPECT_EQ(rv_cancel_cause(task_), -ETIMEDOUT);
    EXPECT_EQ(rv_timer_wheel_next(&workers_[0]->timers), INT64_MAX);
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, AWaitSetsOneTimerAScopeWithADeadline)
{
    rv_scope scopes[3];
    rv_scope_push(&scopes[0], task_, start_ + 2 * kHour);
    rv_scope_push(&scopes[1], task_, INT64_MAX);
    rv_scope_push(&scopes[2], task_, start_ + kHour);
    rv_scope_arm(workers_[0], task_);
    rv_scope_arm(workers_[1], task_);
    EXPECT_EQ(rv_u32_load_relaxed(&scopes[1].is_armed), 0U);
    EXPECT_EQ(FireAt(1, start_ + 4 * kHour), 0U);
    EXPECT_EQ(FireAt(0, start_ + kHour - 1), 0U);
    rv_ref ref = Wait(task_);
    EXPECT_EQ(FireAt(0, start_ + kHour + 64 * kTick), 1U);
    EXPECT_EQ(StateOf(&scopes[2]), RV_SCOPE_EXPIRED);
    EXPECT_EQ(StateOf(&scopes[0]), RV_SCOPE_LIVE);
    ExpectWoken(0, ref);
    EXPECT_EQ(FireAt(0, start_ + 3 * kHour), 1U);
    EXPECT_EQ(StateOf(&scopes[0]), RV_SCOPE_EXPIRED);
    for (int i = 2; i >= 0; i--) {
        (void)rv_scope_pop(&scopes[i]);
    }
}

TEST_F(ScopeTest, WhatAShieldHidesIsNotTimed)
{
    rv_scope outer;
    rv_scope shield;
    rv_scope_push(&outer, task_, start_ + kHour);
    rv_scope_shield(&shield, task_);
    rv_scope_set_deadline(&shield, start_ + 2 * kHour);
    rv_timer_stop(&shield.timer);
    rv_u32_store_relaxed(&shield.is_armed, 0);
    rv_scope_arm(workers_[0], task_);
    EXPECT_EQ(rv_u32_load_relaxed(&outer.is_armed), 0U);
    EXPECT_EQ(rv_u32_load_relaxed(&shield.is_armed), 1U);
    (void)rv_scope_pop(&shield);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, ClosingTakesTheTimerBack)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, start_ + kHour);
    rv_scope_arm(workers_[0], task_);
    (void)rv_scope_pop(&scope);
    EXPECT_EQ(FireAt(0, start_ + 2 * kHour), 0U);
}

TEST_F(ScopeTest, AGuestsWaitIsTimedByItsHostsScopesToo)
{
    rv_task *guest = NewGuest(task_);
    rv_scope outer;
    rv_scope own;
    rv_scope_push(&outer, task_, start_ + kHour);
    rv_scope_push(&own, guest, start_ + 2 * kHour);
    EXPECT_EQ(rv_scope_nearest(guest), start_ + kHour);
    rv_scope_arm(workers_[0], guest);
    rv_ref ref = Wait(guest);
    EXPECT_EQ(FireAt(0, start_ + kHour + 64 * kTick), 1U);
    EXPECT_EQ(StateOf(&outer), RV_SCOPE_EXPIRED);
    ASSERT_GE(fake_wakes_count(), 1U);
    ExpectWoken(fake_wakes_count() - 1, ref);
    EXPECT_EQ(rv_cancel_cause(guest), -ETIMEDOUT);
    rv_cancel_note(guest);
    EXPECT_EQ(rv_scope_pop(&own), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&outer), -ETIMEDOUT);
}

TEST_F(ScopeTest, AGuestsShieldHidesItsHostsScopes)
{
    rv_task *guest = NewGuest(task_);
    rv_scope outer;
    rv_scope shield;
    rv_scope_push(&outer, task_, start_ + kHour);
    rv_scope_shield(&shield, guest);
    EXPECT_EQ(rv_scope_nearest(guest), INT64_MAX);
    rv_scope_arm(workers_[0], guest);
    EXPECT_EQ(rv_u32_load_relaxed(&outer.is_armed), 0U);
    rv_ref ref = Wait(guest);
    Cancel(&outer);
    for (unsigned i = 0; i < fake_wakes_count(); i++) {
        EXPECT_NE(fake_wakes_at(i).ref, ref);
    }
    EXPECT_EQ(rv_cancel_cause(guest), 0);
    (void)rv_scope_pop(&shield);
    EXPECT_EQ(rv_cancel_cause(guest), -ECANCELED);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, TheNearestDeadlineIsOfTheScopesThatCount)
{
    EXPECT_EQ(rv_scope_nearest(task_), INT64_MAX);
    rv_scope scopes[4];
    rv_scope_push(&scopes[0], task_, 100);
    EXPECT_EQ(rv_scope_nearest(task_), 100);
    rv_scope_shield(&scopes[1], task_);
    EXPECT_EQ(rv_scope_nearest(task_), INT64_MAX);
    rv_scope_set_deadline(&scopes[1], 300);
    EXPECT_EQ(rv_scope_nearest(task_), 300);
    rv_scope_push(&scopes[2], task_, 200);
    rv_scope_push(&scopes[3], task_, INT64_MAX);
    EXPECT_EQ(rv_scope_nearest(task_), 200);
    for (int i = 3; i >= 0; i--) {
        (void)rv_scope_pop(&scopes[i]);
    }
}

TEST_F(ScopeTest, TheTaskItselfMovesADeadlineWithoutATimer)
{
    BeOn(workers_[0], task_);
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    rv_scope_set_deadline(&scope, start_ + kHour);
    EXPECT_EQ(rv_scope_nearest(task_), start_ + kHour);
    EXPECT_EQ(FireAt(0, start_ + 2 * kHour), 0U); // its next wait sets it
    rv_scope_arm(workers_[0], task_);
    rv_scope_set_deadline(&scope, start_ + 4 * kHour);
    EXPECT_EQ(FireAt(0, start_ + 3 * kHour), 0U); // moved, timer and all
    EXPECT_EQ(FireAt(0, start_ + 5 * kHour), 1U);
    EXPECT_EQ(StateOf(&scope), RV_SCOPE_EXPIRED);
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, AnotherTaskMovesItOnItsOwnWorker)
{
    BeOn(workers_[1], NewTask());
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    rv_ref ref = Wait(task_);
    rv_scope_set_deadline(&scope, start_ + kHour);
    EXPECT_EQ(FireAt(0, start_ + 2 * kHour), 0U);
    EXPECT_EQ(FireAt(1, start_ + 2 * kHour), 1U);
    ExpectWoken(0, ref);
    BeOn(nullptr, nullptr);
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, ADeadlineMovedAwayDoesNotExpire)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, start_ + kHour);
    rv_scope_arm(workers_[1], task_);
    rv_scope_set_deadline(&scope, INT64_MAX);
    EXPECT_EQ(FireAt(1, start_ + 2 * kHour), 0U);
    EXPECT_EQ(FireAt(0, start_ + 2 * kHour), 0U);
    EXPECT_EQ(scope.timer.timer.node.next, nullptr); // in no wheel
    EXPECT_EQ(StateOf(&scope), RV_SCOPE_LIVE);
    (void)rv_scope_pop(&scope);
}

// Where it sleeps the first worker sleeps shorter then.
TEST_F(ScopeTest, AThreadFromOutsideMovesItOnTheFirstWorker)
{
    rv_scope scope;
    rv_scope_push(&scope, task_, INT64_MAX);
    auto roused = [&] {
        struct pollfd fd = {workers_[0]->poller.epoll, POLLIN, 0};
        return rv_fd_poll(&fd, 1, 0) == 1;
    };
    rv_scope_set_deadline(&scope, start_ + 2 * kHour);
    EXPECT_FALSE(roused());
    rv_idle_enter(&scheduler_.idle, 0);
    rv_scope_set_deadline(&scope, start_ + kHour);
    EXPECT_TRUE(roused());
    EXPECT_EQ(FireAt(0, start_ + kHour + 64 * kTick), 1U);
    EXPECT_EQ(StateOf(&scope), RV_SCOPE_EXPIRED);
    (void)rv_scope_pop(&scope);
}

TEST_F(ScopeTest, APlainThreadHasAChainOfItsOwn)
{
    rv_scope outer;
    rv_scope inner;
    rv_scope_push(&outer, nullptr, INT64_MAX);
    rv_scope_push(&inner, nullptr, INT64_MAX);
    EXPECT_EQ(rv_current_get()->scope, &inner);
    EXPECT_EQ(rv_scope_thread_cause(true), 0);
    Cancel(&outer);
    EXPECT_EQ(fake_wakes_count(), 0U); // it does not wait
    EXPECT_EQ(rv_scope_thread_cause(true), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&inner), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&outer), -ECANCELED);
    EXPECT_EQ(rv_scope_thread_cause(true), 0);
}

TEST_F(ScopeTest, OfAThreadARefusalIsNotedUpToTheScopeThatEnded)
{
    rv_scope scopes[3];
    rv_scope_push(&scopes[0], nullptr, INT64_MAX);
    rv_scope_push(&scopes[1], nullptr, start_ - 1);
    rv_scope_push(&scopes[2], nullptr, INT64_MAX);
    EXPECT_EQ(rv_scope_thread_cause(false), -ETIMEDOUT);
    EXPECT_FALSE(scopes[2].was_refused);
    EXPECT_EQ(rv_scope_thread_cause(true), -ETIMEDOUT);
    EXPECT_EQ(rv_scope_pop(&scopes[2]), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&scopes[1]), -ETIMEDOUT);
    EXPECT_EQ(rv_scope_pop(&scopes[0]), 0);
}

TEST_F(ScopeTest, AShieldOnAThreadHidesWhatIsOutside)
{
    rv_scope outer;
    rv_scope shield;
    rv_scope_push(&outer, nullptr, start_ - 1);
    rv_scope_shield(&shield, nullptr);
    EXPECT_EQ(rv_scope_thread_cause(true), 0);
    EXPECT_EQ(rv_scope_nearest(nullptr), INT64_MAX);
    Cancel(&shield);
    EXPECT_EQ(rv_scope_thread_cause(true), -ECANCELED);
    EXPECT_EQ(rv_scope_pop(&shield), -ECANCELED);
    EXPECT_EQ(rv_scope_nearest(nullptr), start_ - 1);
    EXPECT_EQ(rv_scope_thread_cause(false), -ETIMEDOUT);
    EXPECT_EQ(rv_scope_pop(&outer), 0);
}

TEST_F(ScopeTest, AThreadShowsItsWaitInTheScopesThatCount)
{
    rv_scope outer;
    rv_scope shield;
    rv_scope inner;
    rv_scope_push(&outer, nullptr, INT64_MAX);
    rv_scope_shield(&shield, nullptr);
    rv_scope_push(&inner, nullptr, INT64_MAX);
    rv_ref ref = Wait(task_); // the thread's descriptor
    rv_scope_thread_show(ref);
    Cancel(&outer);
    EXPECT_EQ(fake_wakes_count(), 0U);
    Cancel(&inner);
    ExpectWoken(0, ref);
    Cancel(&shield);
    ExpectWoken(1, ref);
    rv_scope_thread_show(0);
    EXPECT_EQ(rv_u64_load_relaxed(&inner.waiting), 0U);
    EXPECT_EQ(rv_u64_load_relaxed(&shield.waiting), 0U);
    (void)rv_scope_pop(&inner);
    (void)rv_scope_pop(&shield);
    (void)rv_scope_pop(&outer);
}

TEST_F(ScopeTest, AThreadThatWaitsIsToldOfAMovedDeadline)
{
    rv_scope scope;
    rv_scope_push(&scope, nullptr, INT64_MAX);
    rv_u32_store_relaxed(&task_->wake_word, 0);
    rv_scope_set_deadline(&scope, start_ + kHour); // nobody waits
    EXPECT_EQ(rv_u32_load_relaxed(&task_->wake_word), 0U);
    rv_scope_thread_show(Wait(task_));
    rv_scope_set_deadline(&scope, start_ + 2 * kHour);
    EXPECT_EQ(rv_u32_load_relaxed(&task_->wake_word), 1U);
    EXPECT_EQ(rv_scope_nearest(nullptr), start_ + 2 * kHour);
    EXPECT_EQ(fake_wakes_count(), 0U); // it looks for itself
    rv_scope_thread_show(0);
    (void)rv_scope_pop(&scope);
}

} // namespace
