// At stake: each sum is of all workers, and of the counter it is named after.

extern "C" {
#include "src/inspect/stats.h"
}

#include "gtest/gtest.h"

namespace
{

TEST(StatsTest, EachCounterIsSummedOverAllWorkers)
{
    static rv_worker workers[2];
    rv_worker *list[2] = {&workers[0], &workers[1]};
    static rv_scheduler scheduler;
    scheduler.workers = list;
    scheduler.count = 2;
    uint64_t factor = 1;
    for (rv_worker &w : workers) {
        rv_u64_store_relaxed(&w.tick, 1 * factor);
        rv_u64_store_relaxed(&w.stats.spawned, 2 * factor);
        rv_u64_store_relaxed(&w.stats.ended, 3 * factor);
        rv_u64_store_relaxed(&w.stats.steals, 4 * factor);
        rv_u64_store_relaxed(&w.stats.parks, 5 * factor);
        rv_u64_store_relaxed(&w.stats.wakes, 6 * factor);
        rv_u64_store_relaxed(&w.stats.takeovers, 7 * factor);
        rv_u64_store_relaxed(&w.stats.io_events, 8 * factor);
        rv_u64_store_relaxed(&w.stats.timers_fired, 9 * factor);
        factor = 100;
    }
    rv_u64_store_relaxed(&scheduler.foreign_spawned, 50000);
    rv_u64_store_relaxed(&scheduler.foreign_refused, 10000);
    rv_idle_enter(&scheduler.idle, 1);

    rove_stats stats;
    rv_stats_sum(&scheduler, &stats);

    EXPECT_EQ(stats.size, sizeof stats);
    EXPECT_EQ(stats.workers, 2U);
    EXPECT_EQ(stats.switches, 101U);
    EXPECT_EQ(stats.tasks_spawned, 40202U);
    EXPECT_EQ(stats.tasks_ended, 303U);
    EXPECT_EQ(stats.steals, 404U);
    EXPECT_EQ(stats.parks, 505U);
    EXPECT_EQ(stats.wakes, 606U);
    EXPECT_EQ(stats.takeovers, 707U);
    EXPECT_EQ(stats.io_events, 808U);
    EXPECT_EQ(stats.timers_fired, 909U);
    EXPECT_EQ(stats.workers_asleep, 1U);
}

} // namespace
