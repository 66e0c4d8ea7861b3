/* Waking: from a claimed wait to a task in a queue.
 */
#ifndef SRC_SCHED_WAKE_H
#define SRC_SCHED_WAKE_H

#include <stdbool.h>

#include "src/sched/task.h"

struct rv_worker;

/* Claims the wait `ref` names for `cause` and makes its task ready. False: the
 * wait was decided before, or is long over; nothing happened. After it returns
 * true the caller touches nothing the waiter owns.
 *
 * by       the calling thread's worker, NULL elsewhere
 * Context  any thread, also inside a publish hook; takes no lock but the
 *          backlog's, which is a leaf; never suspends */
bool rv_wake(struct rv_worker *by, rv_ref ref, unsigned cause);

/* rv_wake in two halves, for who holds the lock of an object meanwhile: claim
 * under the lock, so that what the waiter owns stays where it is; finish after
 * it was released, and nothing but the reference is touched then. A waiter that
 * was claimed while it had not parked (RV_CLAIM_WON) may go on at once. */
static inline rv_claim_result rv_wake_claim(rv_ref ref, unsigned cause)
{
    return rv_claim_try(&rv_ref_task(ref)->claim, rv_ref_epoch(ref), cause);
}

void rv_wake_finish(struct rv_worker *by, rv_ref ref, rv_claim_result won);

/* Has a plain thread that waits look at its deadline again; harmless when the
 * wait is over. */
void rv_wake_nudge(rv_ref ref);

/* Puts a task that nobody else holds (new, or claimed from PARKED) where it
 * will run: the caller's next-slot, or its home worker's inbox when pinned, or
 * an inbox of its own scheduler when the caller is elsewhere. Context as
 * rv_wake. */
void rv_ready(struct rv_worker *by, rv_task *task);

/* As rv_ready(), behind everything that is ready on this worker: for yield. */
void rv_ready_last(struct rv_worker *by, rv_task *task);

#endif
