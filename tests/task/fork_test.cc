// At stake: who runs a fork: its parent by a call, an idle worker, or the
// parent's worker while the parent waits. Always somebody, once.

#include "rove/fork.h"

#include <vector>

extern "C" {
#include "src/sched/worker.h"
}

#include "tests/support/with_runtime.h"

namespace
{

class ForkTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, ForkTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(ForkTest, AnIdleWorkerTakesTheForkOfABusyParent)
{
    if (!Steals()) {
        GTEST_SKIP() << "nobody else may run it";
    }
    InTask([] {
        std::atomic<int> child_on{-1};
        Body body = [&] {
            child_on = rove_worker_index();
            return 5;
        };
        rove_fork fork;
        rove_fork_start(&fork, CallBody, &body);
        for (rove_time end = rove_now() + 60 * ROVE_SEC;
             child_on < 0 && rove_now() < end;) {
        }
        EXPECT_GE(child_on, 0);
        EXPECT_NE(child_on, rove_worker_index());
        EXPECT_EQ(rove_fork_join(&fork), 5);
    });
}

TEST_P(ForkTest, TheForkOfAParentThatWaitsIsRun)
{
    InTask([] {
        rove_future *future = rove_future_new();
        Body body = [&] { return rove_future_set(future, 8) + 9; };
        rove_fork fork;
        rove_fork_start(&fork, CallBody, &body);
        int64_t result = 0;
        EXPECT_EQ(rove_future_wait(future, &result), 0);
        EXPECT_EQ(result, 8);
        EXPECT_EQ(rove_fork_join(&fork), 9);
        rove_future_unref(future);
    });
}

TEST_P(ForkTest, TheJoinWaitsForAForkThatWaits)
{
    InTask([] {
        std::atomic<bool> ended{false};
        Body body = [&] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            ended = true;
            return 4;
        };
        rove_fork fork;
        rove_fork_start(&fork, CallBody, &body);
        EXPECT_EQ(rove_sleep(100 * ROVE_US), 0); // taken by now, as a rule
        EXPECT_EQ(rove_fork_join(&fork), 4);
        EXPECT_TRUE(ended);
    });
}

TEST_P(ForkTest, ForksBeyondTheDequeRunAtTheirStart)
{
    static constexpr int kForks = RV_DEQUE_SLOTS + 50;
    InTask([this] {
        std::atomic<int> runs{0};
        Body body = [&] { return runs++; };
        std::vector<rove_fork> forks(kForks);
        for (rove_fork &fork : forks) {
            rove_fork_start(&fork, CallBody, &body);
        }
        if (!Steals()) {
            EXPECT_EQ(runs, kForks - RV_DEQUE_SLOTS);
        }
        int64_t sum = 0;
        for (size_t i = forks.size(); i-- > 0;) {
            sum += rove_fork_join(&forks[i]);
        }
        EXPECT_EQ(runs, kForks);
        EXPECT_EQ(sum, int64_t{kForks} * (kForks - 1) / 2);
    });
}

TEST_P(ForkTest, OnAPlainThreadTheChildHasRunWhenTheStartReturns)
{
    Body body = [] { return 6; };
    rove_fork fork;
    rove_fork_start(&fork, CallBody, &body);
    EXPECT_EQ(fork.result, 6);
    EXPECT_EQ(rove_fork_join(&fork), 6);
}

} // namespace
