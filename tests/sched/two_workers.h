// Two or eight workers of a stealing scheduler without threads, and tasks for
// them: what the parts of a scheduler do to each other's queues can be shown
// step by step.
#ifndef TESTS_SCHED_TWO_WORKERS_H
#define TESTS_SCHED_TWO_WORKERS_H

#include <vector>

extern "C" {
#include "src/base/mem.h"
#include "src/sched/scheduler.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"
}

#include "gtest/gtest.h"

template <unsigned kCount> class Workers : public ::testing::Test
{
  protected:
    Workers()
    {
        scheduler_.workers = workers_;
        scheduler_.count = kCount;
        scheduler_.stealing = true;
        scheduler_.stack_class = RV_STACK_16K;
        scheduler_.idle.watch_fd = -1;
        scheduler_.idle.words = 1;
        scheduler_.idle.workers = kCount;
        rv_places_init(&scheduler_.places, nullptr);
        rv_u32_store_relaxed(&scheduler_.phase, RV_PHASE_RUNNING);
    }

    void SetUp() override
    {
        ASSERT_EQ(rv_task_table_open(), 0);
        for (unsigned i = 0; i < kCount; i++) {
            workers_[i] = static_cast<rv_worker *>(
                rv_mem_alloc_aligned(alignof(rv_worker), sizeof(rv_worker)));
            ASSERT_NE(workers_[i], nullptr);
            ASSERT_EQ(rv_worker_init(workers_[i], &scheduler_, i, kCount, 1),
                      0);
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

    // A task that has not started, given back at the end of the test.
    rv_task *NewTask(rove_fn *fn = nullptr, void *arg = nullptr)
    {
        rv_task *task = rv_task_depot_get();
        rv_task_init(task, &scheduler_, fn, arg, RV_STACK_16K);
        tasks_.push_back(task);
        return task;
    }

    // The same, parked in a wait that `ref` names.
    rv_task *NewParked(rv_ref *ref)
    {
        rv_task *task = NewTask();
        *ref = rv_ref_make(task, rv_claim_begin(&task->claim, false));
        uint64_t word;
        EXPECT_TRUE(rv_claim_commit(&task->claim, &word));
        return task;
    }

    // The caller gives it back by other means.
    void Forget(rv_task *task)
    {
        for (size_t i = 0; i < tasks_.size(); i++) {
            if (tasks_[i] == task) {
                tasks_.erase(tasks_.begin() + static_cast<ptrdiff_t>(i));
                return;
            }
        }
    }

    static uint64_t Count(const rv_atomic_u64 *counter)
    {
        return rv_u64_load_relaxed(counter);
    }

    rv_scheduler scheduler_ = {};
    rv_worker *workers_[kCount] = {};
    std::vector<rv_task *> tasks_;
};

using TwoWorkers = Workers<2>;
using EightWorkers = Workers<8>;

#endif
