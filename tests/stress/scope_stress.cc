// At stake: a request to cancel a scope meets the wait it concerns, whenever it
// comes, and no other. Scopes are cancelled, expire and are shielded while
// their task begins and ends waits; each race has one winner, and both have
// been seen.

#include <array>
#include <cerrno>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr rove_time kLong = 3600 * ROVE_SEC;
constexpr int kRaces = 100000 / 3; // for each of three setups

class ScopeStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Stealing, ScopeStress, ::testing::ValuesIn(kStealing),
                         NameOf);

struct Outcome {
    int won = 0;
    int cancelled = 0;
};

// A child that the owner joins before it closes the scope cancels it, another
// completes what the owner waits for.
void RaceCancelAgainstCompletion(Random *random, Outcome *outcome)
{
    rove_future *future = rove_future_new();
    rove_scope scope;
    rove_scope_open(&scope, ROVE_FOREVER);
    uint32_t pauses[2] = {random->Below(300), random->Below(300)};
    Body children[2] = {[&] {
                            Spin(pauses[0]);
                            rove_scope_cancel(&scope);
                            return 0;
                        },
                        [&] {
                            Spin(pauses[1]);
                            return (int64_t)rove_future_set(future, 9);
                        }};
    // On one worker the last to be spawned runs first.
    if (random->Below(2) == 0) {
        std::swap(children[0], children[1]);
    }
    rove_task *first = Spawn(children[0]);
    rove_task *second = Spawn(children[1]);
    if (random->Below(2) == 0) {
        std::swap(first, second);
    }
    int64_t value = 1;
    int result = rove_future_wait(future, &value);
    ASSERT_EQ(rove_join(first), 0);
    ASSERT_EQ(rove_join(second), 0);
    int status = rove_scope_close(&scope);
    if (result == 0) {
        ASSERT_EQ(value, 9);
        ASSERT_TRUE(status == 0 || status == -ECANCELED); // joins pass it on
        outcome->won++;
    } else {
        ASSERT_EQ(result, -ECANCELED);
        ASSERT_EQ(value, 1);
        ASSERT_EQ(status, -ECANCELED);
        outcome->cancelled++;
    }
    ASSERT_EQ(rove_cancel_cause(), 0);
    rove_future_unref(future);
}

TEST_P(ScopeStress, CancelAgainstCompletion)
{
    InTask([] {
        Random random(1);
        Outcome outcome;
        for (int i = 0; i < kRaces && !HasFatalFailure(); i++) {
            RaceCancelAgainstCompletion(&random, &outcome);
        }
        EXPECT_GT(outcome.won, 0);
        EXPECT_GT(outcome.cancelled, 0);
    });
}

// Requests keep coming while the owner goes in and out of shields: inside no
// wait is refused, outside every one is, sooner or later.
void RaceCancelAgainstShield(Random *random, Outcome *outcome)
{
    rove_scope scope;
    rove_scope_open(&scope, ROVE_FOREVER);
    uint32_t pauses = random->Below(400);
    rove_task *canceller = Spawn([&] {
        Spin(pauses);
        rove_scope_cancel(&scope);
        return 0;
    });
    bool is_refused = false;
    for (int turn = 0; turn < 1000000 && !is_refused; turn++) {
        ROVE_SHIELD(ROVE_FOREVER)
        {
            ASSERT_EQ(rove_yield(), 0);
            ASSERT_EQ(rove_sleep(0), 0);
        }
        rove_scope inner;
        rove_scope_open(&inner, ROVE_FOREVER);
        is_refused = rove_yield() != 0;
        ASSERT_EQ(rove_scope_close(&inner), is_refused ? -ECANCELED : 0);
        outcome->won += !is_refused;
    }
    outcome->cancelled += is_refused;
    ASSERT_EQ(rove_join(canceller), 0);
    ASSERT_EQ(rove_scope_close(&scope), -ECANCELED);
    ASSERT_EQ(rove_yield(), 0);
}

TEST_P(ScopeStress, CancelAgainstShields)
{
    InTask([] {
        Random random(2);
        Outcome outcome;
        for (int i = 0; i < kRaces / 4 && !HasFatalFailure(); i++) {
            RaceCancelAgainstShield(&random, &outcome);
        }
        EXPECT_EQ(outcome.cancelled, kRaces / 4);
    });
}

// Many tasks at once, since timers tick every 65 us. The setter aims at the
// deadline.
int64_t RaceDeadlines(uint32_t stream, Outcome *outcome)
{
    Random random(stream);
    for (int i = 0; i < kRaces / 64 && !::testing::Test::HasFatalFailure();
         i++) {
        rove_future *future = rove_future_new();
        rove_time at = rove_now() + 100 * ROVE_US;
        rove_time shift = (rove_time)random.Below(200) * ROVE_US;
        rove_task *setter = Spawn([=] {
            (void)rove_sleep_until(at - 50 * ROVE_US + shift);
            return (int64_t)rove_future_set(future, 9);
        });
        int status = 0;
        int result = 0;
        int64_t value = 1;
        rove_scope scope;
        rove_scope_open(&scope, at);
        result = rove_future_wait(future, &value);
        status = rove_scope_close(&scope);
        if (result == 0) {
            EXPECT_EQ(value, 9);
            EXPECT_EQ(status, 0);
            outcome->won++;
        } else {
            EXPECT_EQ(result, -ECANCELED);
            EXPECT_EQ(value, 1);
            EXPECT_EQ(status, -ETIMEDOUT);
            outcome->cancelled++;
        }
        EXPECT_EQ(rove_join(setter), 0);
        rove_future_unref(future);
    }
    return 0;
}

TEST_P(ScopeStress, TimeoutAgainstWake)
{
    InTask([] {
        std::array<Outcome, 64> outcomes;
        std::vector<rove_task *> tasks;
        for (uint32_t t = 0; t < outcomes.size(); t++) {
            tasks.push_back(
                Spawn([&, t] { return RaceDeadlines(10 + t, &outcomes[t]); }));
        }
        Outcome sum;
        for (size_t t = 0; t < tasks.size(); t++) {
            EXPECT_EQ(rove_join(tasks[t]), 0);
            sum.won += outcomes[t].won;
            sum.cancelled += outcomes[t].cancelled;
        }
        EXPECT_GT(sum.won, 0);
        EXPECT_GT(sum.cancelled, 0);
    });
}

// The deadline is moved, to and fro, by a task while the owner waits.
TEST_P(ScopeStress, DeadlinesMoveWhileTheyPass)
{
    InTask([] {
        Random random(3);
        for (int i = 0; i < 300; i++) {
            rove_scope scope;
            rove_scope_open(&scope, rove_now() + 50 * ROVE_US);
            uint32_t pauses = random.Below(10000);
            rove_task *mover = Spawn([&] {
                for (int move = 0; move < 4; move++) {
                    Spin(pauses);
                    rove_scope_set_deadline(&scope, rove_now() + kLong);
                    Spin(pauses);
                    rove_scope_set_deadline(&scope, rove_now() + 20 * ROVE_US);
                }
                return 0;
            });
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            EXPECT_EQ(rove_join(mover), 0);
            EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
        }
    });
}

// The deadline is taken away while the owner is about to set its timer.
TEST_P(ScopeStress, ADeadlineIsTakenAwayWhileAWaitBegins)
{
    InTask([] {
        Random random(4);
        for (int i = 0; i < kRaces / 4; i++) {
            rove_scope scope;
            rove_scope_open(&scope, rove_now() + kLong);
            rove_event moved = ROVE_EVENT_INIT;
            uint32_t pauses = random.Below(100);
            rove_task *mover = Spawn([&] {
                Spin(pauses);
                rove_scope_set_deadline(&scope, ROVE_FOREVER);
                rove_event_set(&moved);
                return 0;
            });
            random.Spin(200);
            EXPECT_EQ(rove_event_wait(&moved), 0);
            EXPECT_EQ(rove_join(mover), 0);
            EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
            EXPECT_EQ(rove_scope_close(&scope), 0);
        }
    });
}

} // namespace
