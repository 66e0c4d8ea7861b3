/* A future from the waiter's side. The law of its word is in future.c.
 */
#ifndef SRC_TASK_FUTURE_H
#define SRC_TASK_FUTURE_H

#include "rove/future.h"

#include "src/sched/task.h"

/* Has a begun wait claimed with RV_CAUSE_SOURCE when the future is done, and at
 * times before: the waiter looks, and waits again. 0; -EALREADY: it is done,
 * or -ENOMEM, and nothing was armed. */
int rv_future_arm(rove_future *future, rv_ref ref);

/* Takes an arm back whose wait is over, claimed or given up. Harmless when the
 * future is done. */
void rv_future_disarm(rove_future *future, rv_ref ref);

#endif
