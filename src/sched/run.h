/* Running tasks: who blocks picks the next item itself and jumps to it; who
 * ends runs the next unstarted task on the same stack. No hop over a scheduler
 * stack, except to the loop context, which sleeps, steals and polls.
 *
 * The publish hook. A task that leaves its stack must not be found by others
 * before its registers are saved, so it does not publish itself: it leaves a
 * hook in the worker's handoff, and the context that runs next calls it first
 * (context/switch.h). After the hook has published the task nobody touches it
 * on this worker's behalf.
 */
#ifndef SRC_SCHED_RUN_H
#define SRC_SCHED_RUN_H

#include <stdbool.h>

#include "src/base/assert.h"
#include "src/context/stack.h"
#include "src/context/switch.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

/* Gives an unstarted task a stack to start on; w: the caller's worker or NULL.
 * False: there is none. prepare then puts the task into the starved list. */
bool rv_run_give_stack(rv_worker *w, rv_task *task);
bool rv_run_prepare(rv_worker *w, rv_task *task);

/* Takes the stack back from a task that will not run, if it has one. */
void rv_run_take_stack(rv_worker *w, rv_task *task);

/* The slow half of rv_run_fiber_of(): an unstarted task, or NULL. */
rv_fiber *rv_run_fiber_slow(rv_worker *w, rv_task *task);

/* The fibre this worker goes on with after it picked `task`: the task's, that
 * of another one when there is no stack for it, or, for NULL, the loop's. Sets
 * w->current. */
static inline rv_fiber *rv_run_fiber_of(rv_worker *w, rv_task *task)
{
    if (__builtin_expect(task == NULL || rv_task_fiber(task) == NULL, 0)) {
        return rv_run_fiber_slow(w, task);
    }
    w->current = task;
    return rv_task_fiber(task);
}

/* Leaves the current task's stack for `picked` (NULL: the loop); `publish` runs
 * there. Returns, when somebody resumes the task, the worker it is on now. */
static inline __attribute__((always_inline)) rv_worker *
rv_run_leave_for(rv_worker *w, rv_task *picked,
                 void (*publish)(rv_handoff *, void *))
{
    rv_task *self = w->current;
    w->handoff.from = rv_task_fiber(self);
    w->handoff.publish = publish;
    w->handoff.arg = self;
    return rv_worker_of(rv_switch(&w->handoff, rv_run_fiber_of(w, picked)));
}

/* The same for whatever is next. */
static inline __attribute__((always_inline)) rv_worker *
rv_run_leave(rv_worker *w, void (*publish)(rv_handoff *, void *))
{
    return rv_run_leave_for(w, rv_worker_pick(w), publish);
}

/* From the loop context: runs a ready task until something jumps back. */
void rv_run_from_loop(rv_worker *w, rv_task *task);

/* Ends a task: stores its result, wakes who joins it, counts it. Afterwards
 * the descriptor belongs to others. */
void rv_run_finish(rv_worker *w, rv_task *task, int64_t result);

/* A task's first run may end a wait for its start, or a pin to its place. */
void rv_run_begin_slow(rv_task *task);

static inline int64_t rv_run_body(rv_task *task)
{
    /* relaxed: FIRED was seen when the task was taken from its queue */
    if (__builtin_expect(task->traits.flags != 0 ||
                             rv_claim_state(rv_u64_load_relaxed(
                                 &task->claim)) != RV_TASK_RUNNING,
                         0)) {
        rv_run_begin_slow(task);
    }
    int64_t result = rv_task_function(task)(task->arg);
    if (__builtin_expect(task->scope != NULL, 0)) {
        rv_panic("rove_scope_close",
                 "a task closes its scopes and groups before it ends");
    }
    if (__builtin_expect(task->traits.flags & RV_TASK_CLEANS_UP, 0)) {
        rv_extra_end(task);
    }
    return result;
}

void rv_run_drop_slow(rv_task *task);

/* Frees what an ended task owns, also one that never ran. */
static inline void rv_run_drop(rv_task *task)
{
    if (__builtin_expect(task->traits.flags != 0, 0)) {
        rv_run_drop_slow(task);
    }
}

/* True when rv_run_inline may be used for `task` by w's current task: the same
 * stack class, half the stack left, and nobody could want to move one of the
 * two without the other. */
static inline bool rv_run_may_inline(const rv_worker *w, const rv_task *task)
{
    const rv_task *host = w->current;
    if (task->traits.stack_class != host->traits.stack_class ||
        ((task->traits.pins | host->traits.pins) != 0 &&
         w->scheduler->stealing)) {
        return false;
    }
    const rv_stack *stack =
        rv_container_of(rv_task_fiber(host), rv_stack, fiber);
    return rv_stack_room(stack) >= stack->fiber.size / 2;
}

/* Runs an unstarted task as a call on the caller's stack. The caller owns
 * the handle, and gives the descriptor back. Returns the worker it is on then.
 * Inlined, since a frame that returns after a switch is mispredicted. */
static inline rv_worker *rv_run_inline(rv_worker *w, rv_task *task,
                                       int64_t *result)
{
    rv_task *host = w->current;
    rv_task_set_fiber(task, rv_task_fiber(host));
    rv_ptr_store_relaxed(&task->host, host); /* its own */
    w->current = task;
    *result = rv_run_body(task);
    w = rv_current_worker();
    RV_ASSERT(w->current == task);
    /* relaxed: who still finds the guest there loses by its epoch or id */
    rv_ptr_store_relaxed(&host->guest, NULL);
    w->current = host;
    rv_run_drop(task);
    rv_stat_add(&w->stats.ended, 1);
    if (__builtin_expect(w->scheduler->credit_share != 0, 0)) {
        rv_scheduler_return_credit(w->scheduler, w);
    }
    return w;
}

#endif
