// At stake: a request to cancel meets every wait that it concerns and no other,
// also where somebody stands in between: a shield of the host of the task that
// waits, a plain thread that is about to wait, a source that asks by itself.

#include <cerrno>

#include "rove/select.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr rove_time kLong = 3600 * ROVE_SEC;
constexpr int kRounds = kUnderSanitizer ? 500 : 3000;

class RequestStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Stealing, RequestStress,
                         ::testing::ValuesIn(kStealing), NameOf);

TEST_P(RequestStress, AShieldHidesTheGuestsOfWhoOpenedIt)
{
    InTask([] {
        Random random(1);
        for (int i = 0; i < kRounds && !HasFailure(); i++) {
            rove_scope scope;
            rove_scope_open(&scope, ROVE_FOREVER);
            uint32_t pauses = random.Below(800);
            rove_task *canceller = Spawn([&scope, pauses] {
                Spin(pauses);
                rove_scope_cancel(&scope);
                return 0;
            });
            random.Spin(400);
            ROVE_SHIELD(ROVE_FOREVER)
            {
                rove_task *guest =
                    Spawn([] { return rove_sleep(20 * ROVE_US); });
                EXPECT_EQ(rove_join(guest), 0);
            }
            EXPECT_EQ(rove_join(canceller), 0);
            EXPECT_EQ(rove_sleep(kLong), -ECANCELED);
            EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        }
    });
}

// A deadline so near that it often passes while the join begins.
TEST_P(RequestStress, AThreadsJoinPassesOnADeadlineWheneverItPasses)
{
    Runtime runtime(options_);
    Random random(2);
    for (int i = 0; i < kRounds && !HasFailure(); i++) {
        rove_task *task =
            SpawnIn(runtime.get(), [] { return rove_sleep(kLong); });
        int status = 0;
        ROVE_TIMEOUT(random.Below(1500), &status)
        {
            EXPECT_EQ(rove_join(task), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    }
}

// A thread's wait is cut short by a scope that has ended, and by no other.
TEST_P(RequestStress, AThreadsDeadlineIsMovedAwayAsItPasses)
{
    Runtime runtime(options_);
    Random random(4);
    int moved = 0;
    for (int i = 0; i < kRounds && !HasFailure(); i++) {
        rove_event event = ROVE_EVENT_INIT;
        rove_scope scope;
        rove_time deadline = rove_now() + 150 * ROVE_US;
        rove_scope_open(&scope, deadline);
        rove_time at = deadline + random.Below(40) * ROVE_US - 20 * ROVE_US;
        rove_task *mover = SpawnIn(runtime.get(), [&, at] {
            while (rove_now() < at) {
            }
            rove_scope_set_deadline(&scope, rove_now() + kLong);
            Spin(200);
            rove_event_set(&event);
            return 0;
        });
        int result = rove_event_wait(&event);
        EXPECT_EQ(rove_join(mover), 0);
        EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
        int status = rove_scope_close(&scope);
        if (result != 0) {
            EXPECT_EQ(status, -ETIMEDOUT);
        }
        moved += result == 0;
    }
    EXPECT_GT(moved, 0);
}

// Never ready. While it is armed it hears of the request, and does nothing.
struct Curious : rove_source {
    Curious()
    {
        rove_source::ready = [](rove_source *, int64_t *) { return false; };
        rove_source::arm = [](rove_source *, rove_waker) {
            (void)rove_cancelled();
            return 0;
        };
        rove_source::disarm = [](rove_source *, rove_waker) {};
    }
};

TEST_P(RequestStress, ASourceThatAsksDoesNotTakeTheRequestAway)
{
    InTask([] {
        Random random(3);
        for (int i = 0; i < kRounds && !HasFailure(); i++) {
            rove_scope scope;
            rove_scope_open(&scope, ROVE_FOREVER);
            uint32_t pauses = random.Below(200);
            rove_task *canceller = Spawn([&scope, pauses] {
                Spin(pauses);
                rove_scope_cancel(&scope);
                return 0;
            });
            random.Spin(200);
            Curious source;
            EXPECT_EQ(rove_source_wait(&source, nullptr), -ECANCELED);
            EXPECT_EQ(rove_join(canceller), 0);
            EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        }
    });
}

} // namespace
