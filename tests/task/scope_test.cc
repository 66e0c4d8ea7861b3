// At stake: opening, closing and asking as the caller sees them: at the edges
// of time, on tasks and threads, in blocks left by any way, and misused. What
// scopes do to waits is in tests/api/scope_test.cc.

#include "rove/scope.h"

#include <cerrno>
#include <string>

extern "C" {
#include "src/sched/scope.h"
}

#include "tests/support/with_runtime.h"

namespace
{

constexpr rove_time kLong = 3600 * ROVE_SEC;

uint32_t StateOf(rove_scope *scope)
{
    return rv_u32_load_relaxed(&rv_scope_of(scope)->state);
}

rove_time DeadlineOf(rove_scope *scope)
{
    return static_cast<rove_time>(
        rv_u64_load_relaxed(&rv_scope_of(scope)->deadline));
}

class TaskScopeTest : public WithRuntime
{
  protected:
    // The same in a task and on a plain thread.
    void InBoth(const std::function<void()> &body)
    {
        InTask(body);
        body();
    }
};

INSTANTIATE_TEST_SUITE_P(Few, TaskScopeTest,
                         ::testing::Values(Setup{1, ROVE_SINGLE},
                                           Setup{2, ROVE_STEALING}),
                         NameOf);

// Though a worker's clock may be older than the deadline.
TEST_P(TaskScopeTest, AScopeOpenedTooLateHasEndedAtOnce)
{
    InBoth([] {
        rove_scope scope;
        for (rove_time deadline : {INT64_MIN, rove_time{0}, rove_now()}) {
            rove_scope_open(&scope, deadline);
            EXPECT_EQ(StateOf(&scope), RV_SCOPE_EXPIRED);
            EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
            EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
        }
        for (rove_time deadline : {rove_now() + kLong, ROVE_FOREVER}) {
            rove_scope_open(&scope, deadline);
            EXPECT_EQ(StateOf(&scope), RV_SCOPE_LIVE);
            EXPECT_EQ(rove_cancel_cause(), 0);
            EXPECT_EQ(rove_scope_close(&scope), 0);
        }
    });
}

TEST_P(TaskScopeTest, AShieldsBoundCountsFromNow)
{
    InBoth([] {
        rove_scope shield;
        rove_time before = rove_now();
        rove_shield_open(&shield, kLong);
        EXPECT_GE(DeadlineOf(&shield), before + kLong);
        EXPECT_LE(DeadlineOf(&shield), rove_now() + kLong);
        EXPECT_EQ(rove_scope_close(&shield), 0);
        for (rove_time span : {ROVE_FOREVER, ROVE_FOREVER - 1}) {
            rove_shield_open(&shield, span);
            EXPECT_EQ(DeadlineOf(&shield), ROVE_FOREVER);
            EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
            EXPECT_EQ(rove_scope_close(&shield), 0);
        }
        for (rove_time span : {INT64_MIN, rove_time{-1}, rove_time{0}}) {
            rove_shield_open(&shield, span);
            EXPECT_EQ(StateOf(&shield), RV_SCOPE_EXPIRED);
            EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
            EXPECT_EQ(rove_scope_close(&shield), -ETIMEDOUT);
        }
    });
}

TEST_P(TaskScopeTest, ATimeoutsSpanCountsFromItsEntry)
{
    InBoth([] {
        int status = 1;
        ROVE_TIMEOUT(0, &status)
        {
            EXPECT_EQ(rove_sleep(0), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        for (rove_time span : {ROVE_FOREVER, ROVE_FOREVER - 1}) {
            ROVE_TIMEOUT(span, &status)
            {
                EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
            }
            EXPECT_EQ(status, 0);
        }
        ROVE_TIMEOUT(kLong, &status)
        {
            EXPECT_LE(rove_time_left(), kLong);
            EXPECT_GT(rove_time_left(), 0);
        }
    });
}

// It reads the clock itself: a loop that asks has no turns.
TEST_P(TaskScopeTest, WhoAsksLearnsWhatTheTimeIs)
{
    using Ask = bool (*)();
    const Ask asks[] = {rove_cancelled, [] { return rove_cancel_cause() != 0; },
                        [] { return rove_time_left() == 0; }};
    for (Ask ask : asks) {
        InBoth([ask] {
            rove_scope scope;
            rove_time deadline = rove_now() + 20 * ROVE_US;
            rove_scope_open(&scope, deadline);
            while (rove_now() <= deadline) {
            }
            EXPECT_TRUE(ask());
            EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT); // it was told
            rove_scope_open(&scope, rove_now() + kLong);
            EXPECT_FALSE(ask());
            EXPECT_EQ(rove_scope_close(&scope), 0);
        });
    }
}

TEST_P(TaskScopeTest, TheCauseIsThatOfTheInnermostScopeThatEnded)
{
    InBoth([] {
        rove_scope outer;
        rove_scope inner;
        rove_scope_open(&outer, rove_now() - 1);
        rove_scope_open(&inner, ROVE_FOREVER);
        EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
        rove_scope_cancel(&inner);
        EXPECT_EQ(rove_cancel_cause(), -ECANCELED);
        EXPECT_EQ(rove_time_left(), 0);
        EXPECT_EQ(rove_scope_close(&inner), -ECANCELED);
        EXPECT_EQ(rove_cancel_cause(), -ETIMEDOUT);
        EXPECT_EQ(rove_scope_close(&outer), -ETIMEDOUT);
        EXPECT_EQ(rove_cancel_cause(), 0);
    });
}

TEST_P(TaskScopeTest, ADeadlineThatWasNoticedIsNotTakenBack)
{
    InBoth([] {
        rove_scope scope;
        rove_scope_open(&scope, rove_now() - 1);
        rove_scope_set_deadline(&scope, ROVE_FOREVER);
        EXPECT_TRUE(rove_cancelled());
        rove_scope_cancel(&scope); // nor is it a request any more
        EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    });
}

// Unless it is joined: the deadline is its joiner's, not its spawner's.
TEST_P(TaskScopeTest, ATaskSeesNothingOfTheScopesOfItsSpawner)
{
    InTask([] {
        rove_scope scope;
        rove_scope_open(&scope, rove_now() + kLong);
        std::atomic<rove_time> left{0};
        rove_task *child = Spawn([&] { return left = rove_time_left(); });
        EXPECT_EQ(rove_scope_close(&scope), 0);
        EXPECT_EQ(rove_join(child), ROVE_FOREVER);
        EXPECT_EQ(left, ROVE_FOREVER);
    });
}

// A block is stepped into once and out of once, by whichever way.
TEST_P(TaskScopeTest, ABlockIsLeftOnce)
{
    InBoth([] {
        for (int is_shield = 0; is_shield < 2; is_shield++) {
            int status = 5;
            rove_scope_block block = {{{0}}, 0, &status, 0, is_shield};
            rove_scope_block_leave(&block); // never entered
            EXPECT_EQ(status, 5);
            EXPECT_TRUE(rove_scope_block_step(&block));
            EXPECT_TRUE(rove_cancelled());
            EXPECT_FALSE(rove_scope_block_step(&block));
            EXPECT_EQ(status, -ETIMEDOUT);
            EXPECT_FALSE(rove_cancelled());
            status = 5;
            rove_scope_block_leave(&block); // left already
            EXPECT_EQ(status, 5);
        }
    });
}

TEST_P(TaskScopeTest, ABlocksStatusNeedNotBeAskedFor)
{
    InBoth([] {
        int passes = 0;
        ROVE_TIMEOUT(0, nullptr)
        {
            passes++;
            EXPECT_TRUE(rove_cancelled());
        }
        EXPECT_EQ(passes, 1);
        EXPECT_FALSE(rove_cancelled());
    });
}

TEST_P(TaskScopeTest, AShieldBlockIsAShieldAndATimeoutIsNone)
{
    InBoth([] {
        rove_scope scope;
        rove_scope_open(&scope, rove_now() - 1);
        ROVE_TIMEOUT(kLong, nullptr)
        {
            EXPECT_TRUE(rove_cancelled());
        }
        ROVE_SHIELD(kLong)
        {
            EXPECT_FALSE(rove_cancelled());
        }
        EXPECT_EQ(rove_scope_close(&scope), -ETIMEDOUT);
    });
}

TEST_P(TaskScopeTest, BlocksNestAndAreLeftByContinue)
{
    InBoth([] {
        int passes = 0;
        for (int i = 0; i < 3; i++) {
            ROVE_TIMEOUT(kLong, nullptr)
            {
                ROVE_SHIELD(kLong)
                {
                    passes++;
                    continue; // out of the shield only
                }
                passes += 10;
            }
        }
        EXPECT_EQ(passes, 33);
        EXPECT_EQ(rove_time_left(), ROVE_FOREVER);
    });
}

TEST(TaskScopeDeathTest, NoScopeIsNamed)
{
    static rove_scope *nothing;
    const std::string rule = ": there is no scope";
    EXPECT_DEATH(rove_scope_open(nothing, 0), "rove: rove_scope_open" + rule);
    EXPECT_DEATH((void)rove_scope_close(nothing),
                 "rove: rove_scope_close" + rule);
    EXPECT_DEATH(rove_scope_cancel(nothing), "rove: rove_scope_cancel" + rule);
    EXPECT_DEATH(rove_scope_set_deadline(nothing, 0),
                 "rove: rove_scope_set_deadline" + rule);
    EXPECT_DEATH(rove_shield_open(nothing, 0), "rove: rove_shield_open" + rule);
}

TEST(TaskScopeDeathTest, AScopeLeftOpenIsNamed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    static rove_scope left;
    rove_fn *leave = [](void *) -> int64_t {
        rove_scope_open(&left, ROVE_FOREVER);
        return 0;
    };
    EXPECT_DEATH((void)rove_run(nullptr, leave, nullptr),
                 "rove_scope_close: a task closes its scopes");
    rove_fn *offload = [](void *fn) {
        return rove_offload(reinterpret_cast<rove_fn *>(fn), nullptr);
    };
    EXPECT_DEATH(
        (void)rove_run(nullptr, offload, reinterpret_cast<void *>(leave)),
        "rove_scope_close: an offloaded function closes its scopes");
    rove_fn *group = [](void *) -> int64_t {
        static rove_group unclosed;
        rove_group_open(&unclosed, 0);
        return 0;
    };
    EXPECT_DEATH((void)rove_run(nullptr, group, nullptr),
                 "rove_scope_close: a task closes its scopes");
}

} // namespace
