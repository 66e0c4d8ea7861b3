/* Tasks: functions that run concurrently. Until a task starts it is a
 * descriptor of 128 bytes; then it has a stack, its own or its joiner's.
 *
 * A handle has one owner, who joins or detaches it exactly once. Handles stay
 * valid after their runtime has stopped.
 *
 * Floating-point control words (the rounding mode, masked exceptions) are kept
 * across a task's waits, but not reset for the next one: a task begins with
 * those of what ran before it on its worker. Who changes them puts them back
 * before it waits, joins or ends.
 */
#ifndef ROVE_TASK_H
#define ROVE_TASK_H

#include <stdbool.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_task rove_task;

typedef struct rove_task_options {
    uint32_t size;   /* sizeof(rove_task_options); by rove_task_options_init */
    uint32_t pinned; /* 1: stays on its worker for life */
    int32_t worker;  /* index of the worker to start on; -1: any */
    uint32_t reserved; /* 0 */
    size_t stack_size; /* bytes, rounded as the runtime's; 0: the runtime's */
    const char *name;  /* copied, cut to 31 bytes; NULL: none */
} rove_task_options;

/* Sets every field to its default. */
ROVE_API void rove_task_options_init(rove_task_options *options);

/* create_task: runs fn(arg) concurrently. Of tasks spawned by a task on one
 * worker the newest may run first, the rest in order.
 *
 * Returns a handle, or NULL when the task cannot start: no memory, tasks_max
 * reached, runtime stopping, or not called from a task or pool thread.
 * rove_join(NULL) then returns why.
 * Context  a task or a pool thread; never suspends
 * Order    what the caller wrote before is visible to the task
 * Cost     no allocation from the heap, no stack */
ROVE_API rove_task *rove_spawn(rove_fn *fn, void *arg);

/* As rove_spawn(), with a copy of size bytes at args, owned by the task. */
ROVE_API rove_task *rove_spawn_copy(rove_fn *fn, const void *args, size_t size);

/* As rove_spawn(), with options (not NULL, from rove_task_options_init());
 * -EINVAL by rove_join(NULL) for bad ones. */
ROVE_API rove_task *rove_spawn_with(const rove_task_options *options,
                                    rove_fn *fn, void *arg);

/* call_at: as rove_spawn(), but starts at `when`; owns no stack before.
 * A cancelled one starts at once. */
ROVE_API rove_task *rove_spawn_at(rove_time when, rove_fn *fn, void *arg);

/* Spawns and detaches. 0, -ENOMEM, -EAGAIN (tasks_max), -ESHUTDOWN, -EPERM
 * (not in a task or pool thread). */
ROVE_API ROVE_MUST_CHECK int rove_go(rove_fn *fn, void *arg);

/* await: waits until the task has ended, gives the handle back and returns the
 * task's result. Never returns early: if the caller is cancelled it cancels
 * the task and waits on. A task nobody has taken yet runs as a call.
 *
 * task  a handle the caller owns, or NULL: returns why the last spawn of this
 *       task or thread was refused (-ENOMEM, -EAGAIN, -ESHUTDOWN, -EINVAL,
 *       -EPERM)
 *
 * Context  any thread; may suspend, may resume on another worker
 * Order    what the task wrote is visible after the join */
ROVE_API ROVE_SUSPENDS int64_t rove_join(rove_task *task);

/* Waits until the task has ended and keeps the handle; one waiter at a time
 * (for several use a future). 0, -ECANCELED, or -ENOMEM on a plain thread.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_task_wait(rove_task *task);

/* Gives the handle back without waiting; the task goes on. NULL is ignored.
 * Not for the task itself: rove_self() is no handle of its own. */
ROVE_API void rove_detach(rove_task *task);

/* Requests cancellation: from now on every wait of the task returns
 * -ECANCELED, the one it is in included, but for those that never return early
 * (scope.h has the list). By who holds the handle; any thread; harmless when
 * repeated or after the end, but not after the handle was given back: it may
 * name another task by then. For that use rove_cancel_id(). */
ROVE_API void rove_cancel(rove_task *task);

/* As rove_cancel(), by id, any thread, any time. 0, or -ESRCH when no such
 * task lives. */
ROVE_API int rove_cancel_id(uint64_t id);

/* Lets other ready tasks, and at times I/O and timers, go first. 0, or
 * -ECANCELED (after having yielded). On a plain thread: sched_yield. */
ROVE_API ROVE_SUSPENDS int rove_yield(void);

/* Suspends for span nanoseconds (<= 0: as rove_yield), or until a point in
 * time. Never early; late by the timer tick of 65 us and by scheduling.
 * 0, -ECANCELED, or -ENOMEM on a plain thread that gets no descriptor.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS int rove_sleep(rove_time span);
ROVE_API ROVE_SUSPENDS int rove_sleep_until(rove_time deadline);

/* Keeps the calling task on its worker until the matching unpin; they nest.
 * Context  a task */
ROVE_API void rove_pin(void);
ROVE_API void rove_unpin(void);

/* The calling task; NULL on a plain or pool thread. Not an owned handle. */
ROVE_API rove_task *rove_self(void);

/* Unique within the process for its life; never 0. */
ROVE_API uint64_t rove_task_id(const rove_task *task);

/* Names a task for reports: copied, cut to 31 bytes. Task NULL: the caller's.
 * Only the task itself may call it. */
ROVE_API void rove_task_set_name(rove_task *task, const char *name);

/* Copies the calling task's name ("" when it has none). */
ROVE_API void rove_task_get_name(char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
