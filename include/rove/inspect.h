/* Looking inside a running runtime.
 */
#ifndef ROVE_INSPECT_H
#define ROVE_INSPECT_H

#include "rove/base.h"
#include "rove/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sums over all workers since the start. Each counter only grows; together they
 * are no snapshot of one instant. */
typedef struct rove_stats {
    uint32_t size; /* sizeof(rove_stats), set by the caller */
    uint32_t workers;
    uint64_t tasks_spawned;
    uint64_t tasks_ended;
    uint64_t switches;  /* items workers took from their own queues */
    uint64_t steals;    /* times work was taken from another worker */
    uint64_t parks;     /* times a worker went to sleep in epoll */
    uint64_t wakes;     /* times a worker signalled a sleeping one */
    uint64_t takeovers; /* times another worker's epoll, timers or slots
                             were served because it was stuck */
    uint64_t io_events;
    uint64_t timers_fired;
    uint32_t workers_asleep;  /* now */
    uint32_t offload_threads; /* now */
} rove_stats;

/* Fills *stats. 0, -EINVAL for a size this library does not know, or -ESHUTDOWN
 * once the runtime has been shut down.
 * Context  any thread; stops no worker, never suspends */
ROVE_API ROVE_MUST_CHECK int rove_stats_get(rove_runtime *rt,
                                            rove_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
