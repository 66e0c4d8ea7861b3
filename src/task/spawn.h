/* Making tasks: one place decides whether a task may start, and where.
 */
#ifndef SRC_TASK_SPAWN_H
#define SRC_TASK_SPAWN_H

#include "src/sched/scheduler.h"
#include "src/sched/start.h"

/* Remembers why a spawn of the calling task or thread was refused; returns
 * NULL, for the caller to return. error is negative. */
rv_task *rv_spawn_refuse(int error);

/* What rv_spawn_refuse remembered for the calling task or thread. */
int rv_spawn_last_error(void);

/* A task of the caller's scheduler that is not in any queue yet: NULL (and a
 * remembered error) when it may not start. */
rv_task *rv_spawn_prepare(rove_fn *fn, void *arg);

/* The same for a task whose fn must run, since it owns what nobody else would
 * give back: it has its stack at once, so it never ends for want of one. */
rv_task *rv_spawn_prepare_sure(rove_fn *fn, void *arg);

/* A prepared task that starts when something claims the wait for its start.
 * start: on the heap, and the task's; NULL: refused, and it is still the
 * caller's. */
rv_task *rv_spawn_prepare_start(rv_start *start);

/* Begins the wait of a prepared task for its start: the reference to arm
 * sources with. rv_wait_park() then lets it go; it starts when claimed. */
rv_ref rv_spawn_begin(rv_task *task);

/* Makes a prepared task ready; not one whose wait was begun. */
void rv_spawn_launch(rv_task *task);

/* The function the user gave, which the library may run from one of its own.
 * For a task that runs. Async-signal-safe. */
rove_fn *rv_spawn_function(const rv_task *task);

/* Undoes rv_spawn_prepare(): the task will not run. */
void rv_spawn_drop(rv_task *task);

/* Spawns in a given scheduler from any thread. */
rv_task *rv_spawn_into(rv_scheduler *s, rove_fn *fn, void *arg);

#endif
