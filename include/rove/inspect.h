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

/* What a task is doing, as far as it can be told without stopping it. */
typedef enum rove_task_state {
    ROVE_TASK_ACTIVE = 0,  /* runs, or is ready to: it has not started, or
                              has yielded */
    ROVE_TASK_WOKEN = 1,   /* what it waited for has come; it runs soon */
    ROVE_TASK_WAITING = 2, /* for something, or for what starts it */
} rove_task_state;

/* fn is what the task was given to run; for those of rove_spawn_at,
 * rove_on_readable and rove_offload_spawn, and for forks that another worker
 * took, a function of the library. The name is not here: it is the task's own.
 */
typedef struct rove_task_info {
    uint64_t id;
    rove_fn *fn;
    rove_task_state state;
} rove_task_info;

typedef void rove_task_visit(const rove_task_info *info, void *arg);

/* asyncio.all_tasks: calls visit, in no order, with a copy about each live task
 * of a runtime (NULL: the caller's); the copy is valid during the call. A task
 * that lives all the time is visited once; one that begins or ends meanwhile
 * may be. visit may use rove, wait included; by its id a task can be cancelled
 * (rove_cancel_id).
 *
 * Returns how many were visited; -EPERM for NULL on a plain thread.
 * Context  any thread; stops no worker; suspends only if visit does
 * Cost     a look at each descriptor that the process has ever used */
ROVE_API int64_t rove_tasks(rove_runtime *rt, rove_task_visit *visit,
                            void *arg);

#ifdef __cplusplus
}
#endif

#endif
