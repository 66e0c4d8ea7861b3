/* The join word from the waiter's side: arming it with a wait and taking that
 * back. Its law, and pair END, are in sched/task.h.
 */
#ifndef SRC_TASK_JOIN_H
#define SRC_TASK_JOIN_H

#include <stdbool.h>

#include "src/sched/task.h"

typedef enum rv_join_armed {
    RV_JOIN_ARMED,  /* the end of the task claims the wait: RV_CAUSE_SOURCE */
    RV_JOIN_OVER,   /* it has ended */
    RV_JOIN_SHARED, /* the same wait has armed it already */
} rv_join_armed;

/* Arms the word with a begun wait. That anybody else waits is misuse of the
 * handle; `call` is named then. */
rv_join_armed rv_join_arm(rv_task *task, rv_ref ref, const char *call);

/* After RV_JOIN_ARMED, when the wait is over: takes the reference back. The
 * task may have ended at the same time; then it keeps DONE. */
static inline void rv_join_retract(rv_task *task, rv_ref ref)
{
    rv_u64_cas_acq_rel(&task->join, &ref, RV_JOIN_EMPTY); /* END */
}

/* What the task wrote is visible then. */
static inline bool rv_join_has_ended(const rv_task *task)
{
    return rv_u64_load_acquire(&task->join) == RV_JOIN_DONE; /* END */
}

#endif
