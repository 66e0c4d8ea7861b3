/* A scope as the scheduler sees it: a link in the chain of a task (or of a
 * plain thread) that may be cancelled, has a deadline, or shields what is
 * inside from what is outside.
 *
 * Who may touch a field
 *   state                     0 -> CANCELLED or EXPIRED, once, by CAS: who may
 *                             cancel, the timer, the task itself
 *   deadline, timer, is_armed written under `lock`
 *   waiting                   a plain thread's own; read by who cancels
 *   the rest                  who opened it
 *
 * A scope lies in a frame that its owner leaves as soon as it has closed it, so
 * nobody looks at the scopes of a task that may have gone on. What others need
 * is in the descriptor, the task's guard word:
 *   bits 0-15  depth of the innermost shield, 0: none; the task's
 *   bit 31     ALARM: some scope that counts has been cancelled since the task
 *              last looked at its chain
 * A request from depth d counts while d >= the shield's depth. The task's own
 * cancellation and the end of its runtime have depth 0; guests (tasks that run
 * inline on the stack) count as deeper, each with a guard of its own.
 *
 * Pair SCOPE, all seq_cst. Request: state, then ALARM, then the claim word and
 * after it the guard once more; a claim that succeeds was of a wait under that
 * guard. Task: clears ALARM, looks at the states, begins the wait; whoever
 * parks it then looks at ALARM. So a request before the look refuses the wait;
 * one after it finds the wait, or ALARM is found.
 *
 * A plain thread shows its wait in `waiting` of the scopes that count, then
 * looks at their states; a request moves the state, then looks at `waiting`. A
 * thread that polls a descriptor shows its doorbell, an eventfd, instead; that
 * is shown, taken back and rung under `lock`, so that none is rung that was
 * closed already.
 *
 * A deadline sets a timer only when something waits, once a scope. In between
 * the worker's clock of the last turn tells: a loop of calls that need not wait
 * goes through turns too.
 */
#ifndef SRC_SCHED_SCOPE_H
#define SRC_SCHED_SCOPE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "rove/scope.h"

#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sched/task.h"
#include "src/sched/timer.h"

struct rv_worker;

typedef enum rv_scope_state {
    RV_SCOPE_LIVE = 0,
    RV_SCOPE_CANCELLED = 1,
    RV_SCOPE_EXPIRED = 2,
} rv_scope_state;

typedef struct rv_scope {
    struct rv_scope *outer;
    rv_task *task; /* NULL: a plain thread's */
    rv_atomic_u64 deadline;
    rv_atomic_u64 waiting; /* rv_ref, a doorbell, or 0 */
    rv_atomic_u32 state;
    rv_lock lock;
    uint16_t depth;        /* from 1 */
    uint16_t outer_shield; /* depth of the shield around this one */
    bool is_shield;
    bool was_refused; /* a wait inside was */
    rv_atomic_u32 is_armed;
    rv_wake_timer timer; /* with ref 0 */
} rv_scope;

static_assert(sizeof(rv_scope) <= sizeof(rove_scope), "room for a scope");

static inline rv_scope *rv_scope_of(rove_scope *scope)
{
    return (rv_scope *)(void *)scope;
}

/* Opens a scope of the running task, or (NULL) of the calling plain thread. */
void rv_scope_push(rv_scope *scope, rv_task *task, int64_t deadline);

/* Opens a shield without a bound. */
void rv_scope_shield(rv_scope *scope, rv_task *task);

/* Closes the innermost scope: 0, -ETIMEDOUT or -ECANCELED, as
 * rove_scope_close(). */
int rv_scope_pop(rv_scope *scope);

/* Moves the state and ends the wait that it concerns; false: it had been moved.
 * by: the calling worker or NULL. */
bool rv_scope_end(rv_scope *scope, struct rv_worker *by, rv_scope_state state);

/* What its timer does, under the wheel's lock. */
void rv_scope_expire(rv_wake_timer *timer, struct rv_worker *by);

void rv_scope_set_deadline(rv_scope *scope, int64_t deadline);

/* The state at `now`: a deadline that has passed is noticed. Its owner. */
rv_scope_state rv_scope_look(rv_scope *scope, int64_t now);

/* Sets the timers of the scopes around a wait that is about to suspend. */
void rv_scope_arm(struct rv_worker *w, rv_task *task);

/* The nearest deadline around a task, or (NULL) the calling thread. */
int64_t rv_scope_nearest(rv_task *task);

/* Of plain threads: why waits are refused now (0: they are not), noting it in
 * the scopes when `note`; and in which scopes a wait is shown (ref 0: none). */
int rv_scope_thread_cause(bool note);
void rv_scope_thread_show(rv_ref ref);

/* The same with a doorbell, which is rung when one of the scopes has ended or
 * its deadline was moved. -1: none, and then it may be closed. */
void rv_scope_thread_show_bell(int doorbell);

#endif
