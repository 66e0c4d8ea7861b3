#include "src/inspect/stats.h"

static void add_worker(const rv_worker *w, rove_stats *sum)
{
    /* relaxed: counters want no order */
    sum->switches += rv_u64_load_relaxed(&w->tick);
    sum->tasks_spawned += rv_u64_load_relaxed(&w->stats.spawned);
    sum->tasks_ended += rv_u64_load_relaxed(&w->stats.ended);
    sum->steals += rv_u64_load_relaxed(&w->stats.steals);
    sum->parks += rv_u64_load_relaxed(&w->stats.parks);
    sum->wakes += rv_u64_load_relaxed(&w->stats.wakes);
    sum->takeovers += rv_u64_load_relaxed(&w->stats.takeovers);
    sum->io_events += rv_u64_load_relaxed(&w->stats.io_events);
    sum->timers_fired += rv_u64_load_relaxed(&w->stats.timers_fired);
}

void rv_stats_sum(const rv_scheduler *s, rove_stats *stats)
{
    *stats = (rove_stats){.size = sizeof *stats, .workers = s->count};
    for (unsigned i = 0; i < s->count; i++) {
        add_worker(s->workers[i], stats);
        stats->workers_asleep += rv_idle_is_asleep(&s->idle, i);
    }
    /* relaxed: as above */
    stats->tasks_spawned += rv_u64_load_relaxed(&s->foreign_spawned) -
                            rv_u64_load_relaxed(&s->foreign_refused);
}
