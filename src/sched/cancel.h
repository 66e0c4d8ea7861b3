/* Cancellation of tasks: a level that every wait looks at. (Scopes and
 * deadlines will narrow it; the words are the same.)
 */
#ifndef SRC_SCHED_CANCEL_H
#define SRC_SCHED_CANCEL_H

#include <stdbool.h>

#include "src/sched/scheduler.h"
#include "src/sched/task.h"

/* True when waits of the task must return -ECANCELED: it was cancelled, or a
 * joiner on whose stack it runs was, or its runtime s is ending. The task, or
 * its publish hook; after a hook has parked the task the answer may be of
 * another life. */
static inline bool rv_task_is_cancelled_in(const rv_scheduler *s,
                                           const rv_task *task)
{
    if (s != NULL && rv_u32_load_seq_cst(&s->phase) >=
                         RV_PHASE_DRAINING) { /* PHASE, CANCEL */
        return true;
    }
    for (; task != NULL; task = rv_task_host(task)) {
        if (rv_u64_load_seq_cst(&task->cancel) ==
            rv_u64_load_relaxed(&task->id)) { /* CANCEL; id: own or host's */
            return true;
        }
    }
    return false;
}

static inline bool rv_task_is_cancelled(const rv_task *task)
{
    return rv_task_is_cancelled_in(rv_task_scheduler(task), task);
}

/* A task that runs inline tells its hosts, before it waits, whom to interrupt
 * when they are cancelled. */
static inline void rv_cancel_show_guest(rv_task *task)
{
    for (rv_task *host; (host = rv_task_host(task)) != NULL; task = host) {
        rv_ptr_store_seq_cst(&host->guest, task); /* CANCEL */
    }
}

/* Cancels life `id` of a task: raises the flag and ends the wait it is in, or
 * the wait of the task it runs inline. Any thread, any time: when that life is
 * over nothing happens. by: the calling worker or NULL. */
void rv_task_cancel(struct rv_worker *by, rv_task *task, uint64_t id);

/* Ends the present waits of all tasks of a scheduler that is draining, but for
 * the deaf ones. */
void rv_task_cancel_all(const rv_scheduler *s, struct rv_worker *by);

#endif
