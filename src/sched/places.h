/* Where workers run: which of them share a cache.
 *
 * Workers are not bound to CPUs. Threads, pool threads and child processes that
 * tasks start would inherit the binding, and a machine that is shared with
 * others is balanced by its kernel. So a worker has no group for life: each
 * notes the group of the CPU it runs on when it searches, when it goes to sleep
 * and once a turn, and the others read that note. A note may be out of date; it
 * decides who is asked first, never who is asked.
 *
 * Where all CPUs share one cache nothing is noted and nothing is read.
 */
#ifndef SRC_SCHED_PLACES_H
#define SRC_SCHED_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/platform/topology.h"
#include "src/sched/idle.h"

typedef struct rv_places {
    rv_topology topology; /* fixed */
    /* Of each worker: written by its thread, and only when it changed. */
    RV_OWN_LINE rv_atomic_u32 group_of[RV_WORKERS_MAX];
} rv_places;

/* topology: copied; NULL: one group. */
void rv_places_init(rv_places *places, const rv_topology *topology);

void rv_places_note_slow(rv_places *places, unsigned worker);

/* Whether there is more than one group, so that it matters who is near. */
static inline bool rv_places_differ(const rv_places *places)
{
    return __builtin_expect(places->topology.groups > 1, 0);
}

/* The group of the CPU that runs the caller, now. */
static inline unsigned rv_places_here(const rv_places *places)
{
    return rv_topology_group(&places->topology, rv_cpu_here());
}

/* The group in which a worker was last. A hint. */
static inline unsigned rv_places_of(const rv_places *places, unsigned worker)
{
    return rv_u32_load_relaxed(&places->group_of[worker]); /* hint */
}

/* The calling thread is that of `worker`: notes where it runs. */
static inline void rv_places_note(rv_places *places, unsigned worker)
{
    if (rv_places_differ(places)) {
        rv_places_note_slow(places, worker);
    }
}

/* Of the 64 workers from `first` on that have their bit in `word`: those that
 * were last in `group`. */
uint64_t rv_places_near(const rv_places *places, unsigned group, unsigned first,
                        uint64_t word);

#endif
