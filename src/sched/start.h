/* The start of a task that waits for something before its first run: a time, a
 * descriptor. Until then the task is parked without a stack. What it waits with
 * is the task's arg, on the heap, and begins with an rv_start; the task has
 * RV_TASK_OWNS_START and RV_TASK_OWNS_ARG.
 *
 * Law. Who spawns the task begins its wait, arms the source with the wait's
 * reference and parks the task, as a task does for itself in task/await.h; what
 * claims the wait (the source, a canceller) has the task run. disarm is called
 * once: by the task before anything else, or by who ends a task that never ran,
 * for want of a stack; then what arg owns is lost unless disarm sees to it.
 */
#ifndef SRC_SCHED_START_H
#define SRC_SCHED_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rove/base.h"

typedef struct rv_start {
    rove_fn *fn; /* what the user gave */
    void *arg;
    /* Takes the source back, fired or not; NULL: it was. Does not suspend.
     * is_lost: fn will not run. */
    void (*disarm)(struct rv_start *start, bool is_lost);
} rv_start;

static inline void rv_start_disarm(rv_start *start, bool is_lost)
{
    if (start->disarm != NULL) {
        start->disarm(start, is_lost);
        start->disarm = NULL;
    }
}

/* The function of such a task; start: an rv_start. */
static inline int64_t rv_start_run(void *start)
{
    rv_start *self = (rv_start *)start;
    rv_start_disarm(self, false);
    return self->fn(self->arg);
}

#endif
