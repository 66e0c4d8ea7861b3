// At stake: a watch in a join word is told from everything else that may be
// there, and the end of its task calls it once.

extern "C" {
#include "src/sched/join_watch.h"

#include "src/sched/run.h"
}

#include "tests/sched/two_workers.h"

namespace
{

struct Seen {
    rv_join_watch watch;
    int calls;
    rv_worker *by;
    rv_task *task;
    int64_t result;
};

void Note(rv_join_watch *watch, rv_worker *by, rv_task *task, int64_t result)
{
    Seen *seen = rv_container_of(watch, Seen, watch);
    *seen = {{Note}, seen->calls + 1, by, task, result};
}

class JoinWatchTest : public TwoWorkers
{
};

TEST_F(JoinWatchTest, AWordLeadsBackToItsWatch)
{
    Seen seen = {{Note}, 0, nullptr, nullptr, 0};
    uint64_t word = rv_join_watch_word(&seen.watch);
    EXPECT_TRUE(rv_join_watch_is(word));
    EXPECT_EQ(rv_join_watch_of(word), &seen.watch);
    EXPECT_FALSE(rv_ref_is(word));
    EXPECT_FALSE(rv_join_is_over(word));
}

TEST_F(JoinWatchTest, NothingElseIsTakenForAWatch)
{
    rv_task *task = NewTask();
    EXPECT_FALSE(rv_join_watch_is(RV_JOIN_EMPTY));
    EXPECT_FALSE(rv_join_watch_is(RV_JOIN_DONE));
    EXPECT_FALSE(rv_join_watch_is(RV_JOIN_DETACHED));
    EXPECT_FALSE(rv_join_watch_is(RV_JOIN_FREE));
    for (uint64_t epoch : {UINT64_C(0), UINT64_C(1), RV_EPOCH_MASK}) {
        EXPECT_FALSE(rv_join_watch_is(rv_ref_make(task, epoch)));
    }
}

TEST_F(JoinWatchTest, TheEndCallsTheWatchOnceWithTheResult)
{
    Seen seen = {{Note}, 0, nullptr, nullptr, 0};
    rv_task *task = NewTask();
    rv_u64_store_relaxed(&task->join, rv_join_watch_word(&seen.watch));
    rv_run_finish(workers_[1], task, -5);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.by, workers_[1]);
    EXPECT_EQ(seen.task, task);
    EXPECT_EQ(seen.result, -5);
    EXPECT_EQ(task->result, -5);
    EXPECT_EQ(rv_u64_load_relaxed(&task->join), RV_JOIN_DONE);
    EXPECT_EQ(workers_[1]->tasks.count, 0U); // the descriptor is the owner's
}

} // namespace
