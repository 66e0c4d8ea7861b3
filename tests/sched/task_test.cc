// At stake: descriptors keep their place for ever, ids name one life,
// references one wait, and caches and the depot lose none.

#include <set>
#include <vector>

extern "C" {
#include "src/sched/task.h"
}

#include "gtest/gtest.h"

namespace
{

class TaskTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_task_table_open(), 0);
    }

    static rv_task *Begin(rv_task *task)
    {
        rv_task_init(task, nullptr, nullptr, nullptr, RV_STACK_16K);
        return task;
    }

    static uint64_t IdOf(const rv_task *task)
    {
        return rv_u64_load_relaxed(&task->id);
    }
};

TEST_F(TaskTest, OpeningTheTableAgainChangesNothing)
{
    rv_task *table = rv_task_table;
    EXPECT_EQ(rv_task_table_open(), 0);
    EXPECT_EQ(rv_task_table, table);
}

TEST_F(TaskTest, AReferenceHoldsTaskAndEpoch)
{
    rv_task *task = rv_task_depot_get();
    for (uint64_t epoch : {UINT64_C(0), UINT64_C(1), RV_EPOCH_MASK}) {
        rv_ref ref = rv_ref_make(task, epoch);
        EXPECT_TRUE(rv_ref_is(ref));
        EXPECT_EQ(rv_ref_task(ref), task);
        EXPECT_EQ(rv_ref_epoch(ref), epoch);
    }
    EXPECT_FALSE(rv_ref_is(RV_JOIN_EMPTY));
    EXPECT_FALSE(rv_ref_is(RV_JOIN_DONE));
    EXPECT_FALSE(rv_ref_is(RV_JOIN_DETACHED));
    rv_task_depot_put(task);
}

TEST_F(TaskTest, AnIdNamesOneLifeOnly)
{
    rv_task *task = Begin(rv_task_depot_get());
    uint64_t id = IdOf(task);
    EXPECT_NE(id, 0U);
    EXPECT_EQ(rv_task_by_id(id), task);
    rv_task_fini(task);
    EXPECT_EQ(rv_task_by_id(id), nullptr);
    Begin(task);
    EXPECT_EQ(rv_task_by_id(id), nullptr);
    EXPECT_GT(IdOf(task), id); // cancellation relies on it
    EXPECT_EQ(rv_task_by_id(IdOf(task)), task);
    rv_task_fini(task);
    rv_task_depot_put(task);
    EXPECT_EQ(rv_task_by_id(0), nullptr);
    EXPECT_EQ(rv_task_by_id(UINT64_MAX), nullptr);
}

TEST_F(TaskTest, CachesAndDepotGiveEachDescriptorOnce)
{
    rv_task_cache cache = {nullptr, 0};
    std::set<rv_task *> seen;
    std::vector<rv_task *> tasks;
    for (int i = 0; i < 1000; i++) {
        rv_task *task =
            i % 7 == 0 ? rv_task_depot_get() : rv_task_cache_get(&cache);
        ASSERT_NE(task, nullptr);
        EXPECT_NE(rv_task_index(task), 0U);
        EXPECT_LT(rv_task_index(task), rv_task_table_count());
        EXPECT_TRUE(seen.insert(task).second);
        tasks.push_back(task);
    }
    for (rv_task *task : tasks) {
        rv_task_cache_put(&cache, task);
        EXPECT_LT(cache.count, 2U * RV_TASK_BATCH);
    }
    rv_task_cache_fini(&cache);
    EXPECT_EQ(cache.head, nullptr);
    uint32_t used = rv_task_table_count();
    tasks.clear();
    for (int i = 0; i < 1000; i++) {
        tasks.push_back(rv_task_cache_get(&cache));
    }
    EXPECT_LE(rv_task_table_count(), used + RV_TASK_BATCH); // used again
    for (rv_task *task : tasks) {
        rv_task_cache_put(&cache, task);
    }
    rv_task_cache_fini(&cache);
}

} // namespace
