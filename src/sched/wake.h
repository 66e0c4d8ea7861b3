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
 * Context  any thread, also inside a publish hook; takes no lock, never
 *          suspends */
bool rv_wake(struct rv_worker *by, rv_ref ref, unsigned cause);

/* Puts a task that nobody else holds (new, or claimed from PARKED) where it
 * will run: the caller's next-slot, or its home worker's inbox when pinned, or
 * an inbox of its own scheduler when the caller is elsewhere. Context as
 * rv_wake. */
void rv_ready(struct rv_worker *by, rv_task *task);

/* As rv_ready(), behind everything that is ready on this worker: for yield. */
void rv_ready_last(struct rv_worker *by, rv_task *task);

#endif
