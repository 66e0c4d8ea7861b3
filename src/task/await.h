/* The suspension protocol: how anything waits, on a task or a plain thread.
 *
 *     rv_wait wait;
 *     int error = rv_wait_begin(&wait);
 *     if (error != 0) { return error; }
 *     … arm sources with wait.ref; each may call rv_wake() from now on …
 *     unsigned cause = rv_wait_suspend(&wait);
 *
 * Between begin and suspend (or abort) the task neither waits otherwise nor
 * returns. A source that did not fire is disarmed by the waiter itself after
 * it resumed; one that fires later loses by the epoch.
 *
 * Cancellation: a wait begun by rv_wait_begin ends with RV_CAUSE_CANCEL when
 * the task is cancelled; one begun by rv_wait_begin_deaf does not.
 *
 * The blocking path is inlined into its callers: every library frame that
 * returns after a switch costs a mispredicted return.
 */
#ifndef SRC_TASK_AWAIT_H
#define SRC_TASK_AWAIT_H

#include <errno.h>
#include <stdbool.h>

#include "rove/base.h"

#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/run.h"
#include "src/sched/scope.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

typedef struct rv_wait {
    rv_worker *worker; /* NULL: a plain thread waits */
    rv_task *task;
    rv_ref ref;
} rv_wait;

/* Parks a task that has begun a wait and whose stack nobody is on, or makes it
 * ready when it was woken or cancelled meanwhile. by: the calling worker, NULL
 * elsewhere. */
void rv_wait_park(rv_worker *by, rv_task *task);

/* The publish hook of a wait: rv_wait_park(). */
void rv_wait_publish(rv_handoff *handoff, void *task);

/* begin for a plain thread, and for a cancelled task. */
int rv_wait_begin_slow(rv_wait *wait, bool deaf);
unsigned rv_wait_suspend_thread(rv_wait *wait, rove_time deadline);
void rv_wait_end_thread(rv_wait *wait);

/* The publish hook of a yield. */
void rv_wait_publish_yield(rv_handoff *handoff, void *task);

/* Yields once, cancelled or not, to `picked` (NULL: the loop). The worker the
 * task is on then. */
static inline __attribute__((always_inline)) rv_worker *
rv_wait_yield_to(rv_worker *w, rv_task *picked)
{
    return rv_run_leave_for(w, picked, rv_wait_publish_yield);
}

/* The same to whatever is next. */
static inline rv_worker *rv_wait_yield(rv_worker *w)
{
    return rv_wait_yield_to(w, rv_worker_pick(w));
}

/* Ends the caller's turn, which is due: the worker it is on then. */
rv_worker *rv_wait_take_turn(rv_worker *w);

/* Counts a call that completes without waiting as an item of the worker's turn,
 * so that a loop of such calls lets others, the epoll and the timers go before
 * it, and its deadline be noticed. w: the caller's worker, or NULL; the one it
 * is on then. May suspend, but never ends early. */
static inline rv_worker *rv_wait_count(rv_worker *w)
{
    if (w != NULL && __builtin_expect(rv_worker_count_item(w), 0)) {
        return rv_wait_take_turn(w);
    }
    return w;
}

/* True when the caller's waits are refused. w: its worker, NULL: a plain
 * thread. */
static inline bool rv_wait_is_refused(const rv_worker *w)
{
    return w != NULL ? rv_task_is_cancelled(w->current)
                     : rv_scope_thread_cause(false) != 0;
}

/* Refuses a cancelled caller: notes it and yields; -ECANCELED. */
int rv_wait_refuse(void);

/* What a call does first that may complete without waiting: it is counted. 0,
 * or -ECANCELED. *w: the caller's worker then, or NULL. */
static inline int rv_wait_enter(rv_worker **w)
{
    *w = rv_wait_count(rv_current_worker());
    return __builtin_expect(rv_wait_is_refused(*w), 0) ? rv_wait_refuse() : 0;
}

/* The same for what most callers are: tasks outside of scopes, no turn being
 * due. Calls nothing. False: nothing was counted, and it takes the longer way.
 * w: the caller's worker, or NULL. */
static inline bool rv_wait_enter_quick(rv_worker *w)
{
    if (w == NULL || w->budget <= 1 || !rv_task_is_unbound(w->current)) {
        return false;
    }
    w->budget--;
    return true;
}

static inline void rv_wait_arm(rv_wait *wait, rv_worker *w, bool deaf)
{
    wait->worker = w;
    wait->task = w->current;
    if (__builtin_expect(rv_task_host(wait->task) != NULL, 0)) {
        rv_cancel_show_guest(wait->task);
    }
    wait->ref =
        rv_ref_make(wait->task, rv_claim_begin(&wait->task->claim, deaf));
}

/* Begins a wait of the calling task or thread. 0; -ECANCELED when the task is
 * cancelled (it has yielded); -ENOMEM when a plain thread gets no descriptor.
 * After an error nothing was begun. */
static inline int rv_wait_begin(rv_wait *wait)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL || rv_task_is_cancelled(w->current)) {
        return rv_wait_begin_slow(wait, false);
    }
    rv_wait_arm(wait, w, false);
    return 0;
}

/* The same for a caller that has asked whether it is refused: it fails only on
 * a plain thread. */
static inline int rv_wait_begin_on(rv_wait *wait, rv_worker *w)
{
    if (__builtin_expect(w == NULL, 0)) {
        return rv_wait_begin_slow(wait, false);
    }
    rv_wait_arm(wait, w, false);
    return 0;
}

/* The same for waits that never end early; on a task it cannot fail. */
static inline int rv_wait_begin_deaf(rv_wait *wait)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL) {
        return rv_wait_begin_slow(wait, true);
    }
    rv_wait_arm(wait, w, true);
    return 0;
}

/* Suspends until somebody claims the wait; the cause. The task may be on
 * another worker then, wait->worker. */
static inline __attribute__((always_inline)) unsigned
rv_wait_suspend(rv_wait *wait)
{
    if (wait->worker == NULL) {
        return rv_wait_suspend_thread(wait, ROVE_FOREVER);
    }
    if (__builtin_expect(
            wait->task->scope != NULL || rv_task_host(wait->task) != NULL, 0)) {
        rv_scope_arm(wait->worker, wait->task);
    }
    wait->worker = rv_run_leave(wait->worker, rv_wait_publish);
    return rv_claim_finish(&wait->task->claim);
}

/* Tells the scopes around the caller that a wait inside was cancelled, whatever
 * the call returns. self: its task, NULL: a plain thread. */
void rv_wait_note_refusal(rv_task *self);

/* What a wait returns that ended with RV_CAUSE_CANCEL: -ECANCELED. Not called
 * when there is a result all the same: a result that is ready wins. */
int rv_wait_refused(const rv_wait *wait);

/* As rv_wait_suspend, and RV_CAUSE_TIMER at the deadline, which may be
 * ROVE_FOREVER. */
unsigned rv_wait_suspend_until(rv_wait *wait, rove_time deadline);

/* Gives the wait up instead of suspending. RV_CAUSE_NONE, or the cause of the
 * waker that was faster: what it gave is the caller's. */
static inline unsigned rv_wait_give_up(rv_wait *wait)
{
    unsigned cause = rv_claim_abort(&wait->task->claim);
    if (wait->worker == NULL) {
        rv_wait_end_thread(wait);
    }
    return cause;
}

/* The same, and the call is counted (rv_wait_count): it may suspend, so nothing
 * that others wait for is in the caller's hands. */
static inline unsigned rv_wait_abort(rv_wait *wait)
{
    unsigned cause = rv_wait_give_up(wait);
    wait->worker = rv_wait_count(wait->worker);
    return cause;
}

#endif
