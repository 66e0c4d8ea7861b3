// At stake: what a case of a task, a future or a time leaves behind in its
// object when another case was chosen: nothing.

#include <cerrno>
#include <thread>
#include <vector>

extern "C" {
#include "src/sched/task.h"
#include "src/task/cases.h"
#include "src/task/future.h"
#include "src/task/join.h"
#include "tests/support/fault.h"
}

#include "tests/support/with_runtime.h"

namespace
{

class CasesTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        future_ = rove_future_new();
        ASSERT_NE(future_, nullptr);
    }

    void TearDown() override
    {
        rove_future_unref(future_);
        WithRuntime::TearDown();
    }

    rove_future *future_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Workers, CasesTest, ::testing::ValuesIn(kStealing),
                         NameOf);

TEST(TimeCaseTest, OnlyTimeCasesHaveATime)
{
    rove_case time = rove_on_time(5);
    EXPECT_EQ(rv_cases_time(&time), 5);
    rove_case never = rove_on_time(ROVE_FOREVER);
    EXPECT_EQ(rv_cases_time(&never), ROVE_FOREVER);
    rove_case task = rove_on_task(nullptr);
    EXPECT_EQ(rv_cases_time(&task), ROVE_FOREVER);
    rove_case none{};
    EXPECT_EQ(rv_cases_time(&none), ROVE_FOREVER);
}

TEST(TimeCaseTest, TheNearestTimeEndsTheWaitAndNotEarly)
{
    const rove_time when = rove_now() + 2 * ROVE_MS;
    rove_case cases[] = {rove_on_time(ROVE_FOREVER),
                         rove_on_time(when + ROVE_SEC), rove_on_time(when)};
    EXPECT_EQ(rove_select(cases, 3, 0), 2);
    EXPECT_GE(rove_now(), when);
    cases[1] = rove_on_time(INT64_MIN);
    EXPECT_EQ(rove_select(cases, 3, ROVE_FIRST_LISTED | ROVE_TRY), 1);
}

TEST_P(CasesTest, TheJoinWordIsFreeAfterALostCase)
{
    InTask([&] {
        rove_task *task =
            Spawn([&] { return rove_future_wait(future_, nullptr); });
        for (int i = 0; i < 50; i++) {
            rove_case cases[] = {
                rove_on_task(task), rove_on_task(task),
                rove_on_time(rove_now() + (i % 2) * 100 * ROVE_US)};
            EXPECT_EQ(rove_select(cases, 3, 0), 2);
            /* relaxed: nobody else uses it */
            EXPECT_EQ(rv_u64_load_relaxed(&task->join), RV_JOIN_EMPTY);
        }
        EXPECT_EQ(rove_future_set(future_, 0), 0);
        rove_case last[] = {rove_on_task(task), rove_on_task(task)};
        EXPECT_GE(rove_select(last, 2, 0), 0);
        EXPECT_TRUE(rv_join_has_ended(task));
        EXPECT_EQ(rove_join(task), 0);
    });
}

TEST_P(CasesTest, ARefusedSpawnIsReadyAtOnce)
{
    rove_case one = rove_on_task(nullptr);
    EXPECT_EQ(rove_select(&one, 1, 0), 0);
    EXPECT_EQ(one.result, 0);
}

// Cases that lose against a time again and again: the future's list must not
// grow with them, and its one patient waiter must not be lost.
TEST_P(CasesTest, LostCasesOfAFutureAreTakenOutOfItsList)
{
    InTask([&] {
        std::atomic<bool> waits{false};
        rove_task *patient = Spawn([&] {
            waits = true;
            return rove_future_wait(future_, nullptr);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        (void)rove_sleep(ROVE_MS);
        rv_fault_arm("rv_mem_alloc", UINT64_MAX, ENOMEM); // counts only
        for (int i = 0; i < 100; i++) {
            rove_case cases[] = {rove_on_future(future_),
                                 rove_on_future(future_),
                                 rove_on_time(rove_now() + 10 * ROVE_US)};
            EXPECT_EQ(rove_select(cases, 3, 0), 2);
        }
        EXPECT_LE(rv_fault_calls("rv_mem_alloc"), 1U);
        rv_fault_disarm();
        EXPECT_EQ(rove_future_set(future_, 0), 0);
        EXPECT_EQ(rove_join(patient), 0);
    });
}

// Drives the first record of a second waiter, and all later ones, into -ENOMEM.
TEST_P(CasesTest, NoMemoryForAWaiterFailsTheSelect)
{
    rv_fault_arm_every("rv_mem_alloc", UINT64_MAX, ENOMEM);
    InTask([&] {
        std::vector<rove_future *> futures;
        std::vector<rove_case> cases;
        for (int i = 0; i < 2000; i++) {
            cases.push_back(rove_on_future(future_));
        }
        cases.push_back(rove_on_time(rove_now() + ROVE_MS));
        rv_fault_arm_every("rv_mem_alloc", 1, ENOMEM);
        int error = rove_select(cases.data(), cases.size(), 0);
        rv_fault_disarm();
        EXPECT_TRUE(error == -ENOMEM || error == 2000) << error;
        cases.back() = rove_on_time(rove_now() + ROVE_MS);
        EXPECT_EQ(rove_select(cases.data(), cases.size(), 0), 2000);
        EXPECT_EQ(rove_future_set(future_, 3), 0);
        EXPECT_LT(rove_select(cases.data(), 2000, 0), 2000);
    });
    rv_fault_disarm();
}

TEST(CasesDeathTest, ATaskThatWaitsForItselfIsStopped)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    rove_options options = OptionsFor({1, ROVE_SINGLE});
    Body body = [] {
        rove_case one = rove_on_task(rove_self());
        return rove_select(&one, 1, 0);
    };
    EXPECT_DEATH(rove_run(&options, CallBody, &body), "wait for itself");
    EXPECT_DEATH((void)rove_on_future(nullptr), "there is no future");
}

} // namespace
