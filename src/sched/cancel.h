/* Cancellation: a level that every wait looks at. A task's waits are refused
 * when one of its scopes has ended (scope.h), it was cancelled itself, a joiner
 * on whose stack it runs is cancelled, or its runtime is ending; a shield hides
 * all that is outside of it.
 */
#ifndef SRC_SCHED_CANCEL_H
#define SRC_SCHED_CANCEL_H

#include <stdbool.h>

#include "src/sched/scheduler.h"
#include "src/sched/scope.h"
#include "src/sched/task.h"

static inline bool rv_cancel_is_ending(const rv_scheduler *s)
{
    return s != NULL && rv_u32_load_seq_cst(&s->phase) >=
                            RV_PHASE_DRAINING; /* PHASE, CANCEL */
}

static inline bool rv_cancel_is_raised(const rv_task *task)
{
    return rv_u64_load_seq_cst(&task->cancel) ==
           rv_u64_load_relaxed(&task->id); /* CANCEL; id: own or host's */
}

static inline uint16_t rv_guard_shield(uint32_t guard)
{
    return (uint16_t)guard;
}

/* Why waits of the task are refused: 0 (they are not), -ETIMEDOUT, -ECANCELED
 * or -ESHUTDOWN. The task itself. */
int rv_cancel_cause(rv_task *task);

/* True when the task is in no scope and nothing cancels it: none of its waits
 * is refused. Calls nothing. The task itself. */
static inline bool rv_task_is_unbound(const rv_task *task)
{
    const rv_task *t = task;
    do {
        if (__builtin_expect(t->scope != NULL, 0) || rv_cancel_is_raised(t)) {
            return false;
        }
        t = rv_task_host(t);
    } while (__builtin_expect(t != NULL, 0));
    return !rv_cancel_is_ending(rv_task_scheduler(task));
}

/* True when waits of the task must return -ECANCELED. The task itself. */
static inline bool rv_task_is_cancelled(rv_task *task)
{
    return !rv_task_is_unbound(task) && rv_cancel_cause(task) != 0;
}

/* Notes in the scopes around a refused wait that it was. The task itself. */
void rv_cancel_note(rv_task *task);

/* Whether the task was cancelled since it last asked, for who has parked it:
 * looks at descriptors only. The answer may be of another life. */
static inline bool rv_cancel_came_late(const rv_scheduler *s,
                                       const rv_task *task)
{
    do {
        uint32_t guard = rv_u32_load_seq_cst(&task->guard); /* SCOPE */
        if (__builtin_expect(guard != 0, 0)) {
            if ((guard & RV_GUARD_ALARM) != 0) {
                return true;
            }
            if (rv_guard_shield(guard) != 0) {
                return false;
            }
        }
        if (rv_cancel_is_raised(task)) {
            return true;
        }
        task = rv_task_host(task);
    } while (__builtin_expect(task != NULL, 0));
    return rv_cancel_is_ending(s);
}

/* A task that runs inline tells its hosts, before it waits, whom to interrupt
 * when they are cancelled. */
static inline void rv_cancel_show_guest(rv_task *task)
{
    for (rv_task *host; (host = rv_task_host(task)) != NULL; task = host) {
        if (rv_ptr_load_relaxed(&host->guest) != task) { /* own store */
            rv_ptr_store_seq_cst(&host->guest, task);    /* CANCEL */
        }
    }
}

/* Cancels life `id` of a task: raises the flag and ends the wait it is in, or
 * the wait of the task it runs inline. Any thread, any time: when that life is
 * over nothing happens. by: the calling worker or NULL. */
void rv_task_cancel(struct rv_worker *by, rv_task *task, uint64_t id);

/* Ends the wait that a request at `depth` of the running life concerns: the
 * task's, or of a guest on its stack. See scope.h. */
void rv_cancel_interrupt(struct rv_worker *by, rv_task *task, uint16_t depth);

/* Ends the present waits of all tasks of a scheduler that is draining, but for
 * the deaf ones. */
void rv_task_cancel_all(const rv_scheduler *s, struct rv_worker *by);

#endif
