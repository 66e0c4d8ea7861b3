// At stake: where a task goes that is made ready: the waker's next slot, its
// home's list, or an inbox; each once. Shown on workers without threads.

extern "C" {
#include "src/sched/wake.h"

#include "src/base/mem.h"
#include "src/sched/scheduler.h"
}

#include "gtest/gtest.h"

namespace
{

class WakeTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_task_table_open(), 0);
        for (unsigned i = 0; i < 2; i++) {
            workers_[i] = static_cast<rv_worker *>(
                rv_mem_alloc_aligned(alignof(rv_worker), sizeof(rv_worker)));
            ASSERT_NE(workers_[i], nullptr);
            ASSERT_EQ(rv_worker_init(workers_[i], &scheduler_, i, 2, 1), 0);
        }
        for (rv_task *&task : tasks_) {
            task = rv_task_depot_get();
            rv_task_init(task, &scheduler_, nullptr, nullptr, RV_STACK_16K);
        }
    }

    void TearDown() override
    {
        for (rv_task *task : tasks_) {
            rv_task_fini(task);
            rv_task_depot_put(task);
        }
        for (rv_worker *w : workers_) {
            rv_worker_fini(w);
            rv_mem_free(w);
        }
    }

    WakeTest()
    {
        scheduler_.workers = workers_;
        scheduler_.count = 2;
        scheduler_.stealing = true;
        scheduler_.idle.watch_fd = -1;
        scheduler_.idle.words = 1;
        scheduler_.idle.workers = 2;
    }

    // The task's wait, parked.
    static rv_ref Park(rv_task *task)
    {
        rv_ref ref = rv_ref_make(task, rv_claim_begin(&task->claim, false));
        uint64_t word;
        EXPECT_TRUE(rv_claim_commit(&task->claim, &word));
        return ref;
    }

    void Pin(rv_task *task, uint16_t home)
    {
        task->traits.pins = 1;
        task->traits.home = home;
    }

    static rv_task *TaskOf(rv_link *link)
    {
        return rv_container_of(link, rv_task, link);
    }

    rv_scheduler scheduler_ = {};
    rv_worker *workers_[2] = {};
    rv_task *tasks_[2] = {};
};

TEST_F(WakeTest, ATaskIsPushedOnceAWait)
{
    rv_ref ref = Park(tasks_[0]);
    EXPECT_TRUE(rv_wake(workers_[0], ref, 4));
    EXPECT_FALSE(rv_wake(workers_[0], ref, 4));
    EXPECT_FALSE(rv_wake(workers_[1], ref, 4));
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks_[0]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), nullptr);
}

TEST_F(WakeTest, ATaskThatIsNotOffItsStackIsNotPushed)
{
    rv_ref ref =
        rv_ref_make(tasks_[0], rv_claim_begin(&tasks_[0]->claim, false));
    EXPECT_TRUE(rv_wake(workers_[0], ref, 4));
    EXPECT_EQ(rv_worker_pick(workers_[0]), nullptr);
}

TEST_F(WakeTest, TheNextSlotGoesToTheNewestAndTheRingToTheRest)
{
    EXPECT_TRUE(rv_wake(workers_[0], Park(tasks_[0]), 4));
    EXPECT_TRUE(rv_wake(workers_[0], Park(tasks_[1]), 4));
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks_[1]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks_[0]);
}

TEST_F(WakeTest, PinnedTasksGoHome)
{
    Pin(tasks_[0], 0);
    Pin(tasks_[1], 1);
    EXPECT_TRUE(rv_wake(workers_[0], Park(tasks_[0]), 4));
    EXPECT_TRUE(rv_wake(workers_[0], Park(tasks_[1]), 4));
    EXPECT_EQ(TaskOf(workers_[0]->pinned.head), tasks_[0]);
    EXPECT_EQ(TaskOf(rv_inbox_take_all(&workers_[1]->pinned_inbox)), tasks_[1]);
    EXPECT_EQ(rv_ptr_load_relaxed(&workers_[0]->next_slot), nullptr);
}

TEST_F(WakeTest, FromOutsideASleepersInboxIsChosen)
{
    for (unsigned sleeper : {0U, 1U}) {
        rv_idle_enter(&scheduler_.idle, sleeper);
        EXPECT_TRUE(rv_wake(nullptr, Park(tasks_[0]), 4));
        EXPECT_EQ(TaskOf(rv_inbox_take_all(&workers_[sleeper]->inbox)),
                  tasks_[0]);
        (void)rv_claim_finish(&tasks_[0]->claim);
        (void)rv_idle_leave(&scheduler_.idle, sleeper);
        rv_u32_store_relaxed(&scheduler_.idle.searching, 0);
        EXPECT_EQ(rv_u32_load_relaxed(&scheduler_.visitors), 0U);
    }
}

TEST_F(WakeTest, YieldGoesBehindWhatIsReady)
{
    rv_ready_last(workers_[0], tasks_[0]);
    rv_ready_last(workers_[0], tasks_[1]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks_[0]);
    EXPECT_EQ(rv_worker_pick(workers_[0]), tasks_[1]);
}

} // namespace
