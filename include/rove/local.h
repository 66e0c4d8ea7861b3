/* Task locals (contextvars): values that belong to a task and move with it,
 * where thread-locals would stay behind.
 */
#ifndef ROVE_LOCAL_H
#define ROVE_LOCAL_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tasks spawned by a task that has a value see the same value from their start.
 * It is lent: the destructor runs only for the task that set it, so what it
 * frees must outlive the children, or be counted. A fork is not spawned, and
 * sees no value for sure. */
#define ROVE_LOCAL_INHERIT 1u

typedef struct rove_local rove_local;

/* A new variable, for the life of the process; NULL: there are 1024 already.
 * flags: ROVE_LOCAL_INHERIT or 0. destructor (or NULL) runs on a value when its
 * task ends, after what was deferred, or sets another one or takes it away;
 * inside a shield without a bound. It may wait, and may not set locals.
 * Context  any thread; never suspends */
ROVE_API rove_local *rove_local_new(void (*destructor)(void *value),
                                    unsigned flags);

/* The calling task's value; NULL when it has none. In a function on the offload
 * pool: the value of the task that offloaded it (for rove_offload_owned and
 * rove_offload_spawn only when it is inherited). NULL on plain threads.
 * Context  any thread; never suspends */
ROVE_API void *rove_local_get(const rove_local *local);

/* Sets it; NULL takes it away. What it replaces is destroyed before the call
 * returns, unless it is the same value. 0, -ENOMEM, or -EPERM outside a task.
 * Context  any thread; suspends only if the destructor does */
ROVE_API ROVE_MUST_CHECK int rove_local_set(rove_local *local, void *value);

#ifdef __cplusplus
}
#endif

#endif
