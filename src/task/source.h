/* What a case of a select is to select: three functions for each kind. The same
 * protocol carries what users wait for through wakers (rove/select.h).
 *
 * A select goes round:
 *   1  Asks every case, in a fair order, whether it is ready; a case that is
 *      carries itself out. The task has no wait then, so this decides. Whose
 *      wait on the other side has not been decided is as good as parked, also
 *      when it is only about to suspend: it is claimed.
 *   2  Begins a wait and arms every case. One that has become ready meanwhile
 *      says so instead; the wait is given up, what is armed is disarmed, and it
 *      starts anew.
 *   3  Suspends. Whoever claims the wait names the case by its cause, or (those
 *      that stay ready until somebody takes them) just RV_CAUSE_SOURCE.
 *   4  Disarms every case. The one that was named by its cause has been carried
 *      out by its waker; else back to 1.
 */
#ifndef SRC_TASK_SOURCE_H
#define SRC_TASK_SOURCE_H

#include <stdbool.h>

#include "rove/select.h"

#include "src/sched/task.h"

/* arm's answer: nothing was armed, step 1 will find the case ready. */
#define RV_CASE_READY 1

/* A case's result is 0 when the select begins, and the case's own from then on.
 */
struct rove_case_ops {
    /* Carries the case out if that needs no waiting, and stores its result.
     * The caller has no wait. */
    bool (*ready)(rove_case *self);

    /* Has the wait `ref` claimed when the case can be carried out: for `cause`
     * by who has carried it out, for RV_CAUSE_SOURCE by who only says that it
     * is ready. 0, RV_CASE_READY, or -errno (nothing is armed then). The wait
     * is begun and not yet suspended. */
    int (*arm)(rove_case *self, rv_ref ref, unsigned cause);

    /* Takes back what arm did, after the wait was claimed or given up. named:
     * the wait was claimed for this case's cause; what its waker wrote is there
     * when this returns. */
    void (*disarm)(rove_case *self, bool named);
};

/* A case of that kind. What arm needs of the words it writes itself: most cases
 * are never armed, and clearing the words would be most of the cost of making
 * one. */
static inline rove_case rv_case_make(const struct rove_case_ops *ops,
                                     void *object, void *argument)
{
    rove_case made;
    made.ops = ops;
    made.object = object;
    made.argument = argument;
    made.result = 0;
    return made;
}

#endif
