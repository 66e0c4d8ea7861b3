/* Entries of the fork deque, and how one that leaves its parent's frame
 * becomes a task.
 *
 * A fork's state: PENDING (0), then DONE, with the joiner's reference in
 * between when it waits. Who takes the entry from a deque runs it; the
 * parent itself by a plain call, anybody else as a task.
 *
 * Pair JOIN: the runner's exchange to DONE (acq_rel) after it stored the
 * result, and the parent's look at the state (acquire). After the exchange
 * the runner never touches the fork: it may be gone with its frame.
 */
#ifndef SRC_SCHED_FORK_TASK_H
#define SRC_SCHED_FORK_TASK_H

#include "rove/fork.h"

#include "src/sched/worker.h"

#define RV_FORK_PENDING UINT64_C(0)
#define RV_FORK_DONE    UINT64_C(2)

static inline rv_atomic_u64 *rv_fork_state(rove_fork *fork)
{
    return (rv_atomic_u64 *)&fork->state;
}

/* The oldest fork of a victim's deque as a task for w to run, or NULL. */
rv_task *rv_fork_task_steal(rv_worker *w, rv_worker *victim);

/* The newest fork of w's own deque as a task: its parent is suspended. */
rv_task *rv_fork_task_pop(rv_worker *w);

/* Ends a taken fork without running it: there is no stack for it and nothing
 * that has started can run. Its join returns `error`. */
void rv_fork_task_fail(rv_worker *w, rv_task *task, int error);

#endif
