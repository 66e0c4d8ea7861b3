// At stake: the word of a future: waiters that leave take nobody with them,
// and the filter that takes them out starts nothing too early.

#include "rove/future.h"

#include <cerrno>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class FutureTest : public WithRuntime
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

    // More than the filter needs to run, one after the other.
    void WaitersComeAndAreCancelled(int count)
    {
        for (int i = 0; i < count; i++) {
            std::atomic<bool> begun{false};
            rove_task *waiter = Spawn([&] {
                begun = true;
                return rove_future_wait(future_, nullptr);
            });
            EXPECT_TRUE(Eventually([&] { return begun.load(); }));
            rove_cancel(waiter);
            EXPECT_EQ(rove_join(waiter), -ECANCELED);
        }
    }

    rove_future *future_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Designs, FutureTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(FutureTest, ARefusedSetLeavesTheResult)
{
    int64_t result = 1;
    EXPECT_EQ(rove_future_try(future_, &result), -EAGAIN);
    EXPECT_EQ(result, 1);
    EXPECT_EQ(rove_future_set(future_, INT64_MIN), 0);
    EXPECT_EQ(rove_future_set(future_, 2), -EALREADY);
    EXPECT_EQ(rove_future_try(future_, &result), 0);
    EXPECT_EQ(result, INT64_MIN);
    EXPECT_EQ(rove_future_try(future_, nullptr), 0);
    EXPECT_EQ(rove_future_wait(future_, nullptr), 0);
    rove_future_unref(nullptr);
}

TEST_P(FutureTest, WaitersOutlastManyThatLeave)
{
    InTask([this] {
        std::vector<rove_task *> waiters;
        for (int i = 0; i < 3; i++) {
            waiters.push_back(Spawn([this] {
                int64_t result = 0;
                EXPECT_EQ(rove_future_wait(future_, &result), 0);
                return result;
            }));
        }
        EXPECT_EQ(rove_sleep(ROVE_MS), 0); // they wait by now, as a rule
        WaitersComeAndAreCancelled(100);
        EXPECT_EQ(rove_future_set(future_, 11), 0);
        for (rove_task *waiter : waiters) {
            EXPECT_EQ(rove_join(waiter), 11);
        }
    });
}

TEST_P(FutureTest, TheFilterDoesNotStartWhatWaitsForTheResult)
{
    std::atomic<int> runs{0};
    std::atomic<int> early{0};
    Body body = [&] {
        early += rove_future_try(future_, nullptr) != 0;
        return runs++;
    };
    InTask([&] {
        EXPECT_EQ(rove_future_on_done(future_, CallBody, &body), 0);
        WaitersComeAndAreCancelled(100);
        EXPECT_EQ(runs, 0);
        EXPECT_EQ(rove_future_set(future_, 1), 0);
        EXPECT_EQ(rove_future_on_done(future_, CallBody, &body), 0);
        EXPECT_TRUE(Eventually([&] { return runs == 2; }));
    });
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(early, 0);
}

// The pool waits for a task and the task's joiner for the pool.
TEST_P(FutureTest, AJobMayWaitForWhatATaskCompletes)
{
    InTask([this] {
        Body wait = [this] {
            int64_t result = 0;
            EXPECT_EQ(rove_future_wait(future_, &result), 0);
            return result;
        };
        rove_task *setter = Spawn([this] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return rove_future_set(future_, 13);
        });
        EXPECT_EQ(rove_offload(CallBody, &wait), 13);
        EXPECT_EQ(rove_join(setter), 0);
    });
}

TEST_P(FutureTest, AFullPoolMayWaitForWhatATaskCompletes)
{
    options_.offload_threads_max = 1;
    InTask([this] {
        std::atomic<bool> begun{false};
        Body wait = [&] {
            begun = true;
            int64_t result = 0;
            EXPECT_EQ(rove_future_wait(future_, &result), 0);
            return result;
        };
        rove_task *first = rove_offload_spawn(CallBody, &wait);
        rove_task *second = rove_offload_spawn(CallBody, &wait);
        EXPECT_TRUE(Eventually([&] { return begun.load(); }));
        EXPECT_EQ(
            rove_join(Spawn([this] { return rove_future_set(future_, 17); })),
            0);
        EXPECT_EQ(rove_join(first), 17);
        EXPECT_EQ(rove_join(second), 17);
    });
}

} // namespace
