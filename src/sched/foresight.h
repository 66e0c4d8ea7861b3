/* What the next tasks of a ring will need, fetched while others run.
 *
 * In a crowd it has long left the caches, and a switch would wait for one thing
 * after another: the descriptor, the stack's header, the frames. So each pick
 * has one of them fetched for each of the next three tasks; by its turn a task
 * has all. Thieves may take them meanwhile: all of this is hints, and reads
 * nothing but atomics in memory that stays.
 */
#ifndef SRC_SCHED_FORESIGHT_H
#define SRC_SCHED_FORESIGHT_H

#include <stddef.h>

#include "src/context/switch.h"
#include "src/queue/ring.h"
#include "src/sched/task.h"

/* After a task was taken from the ring, by its owner. */
static inline void rv_foresight_fetch(const rv_ring *ring)
{
    const rv_task *third = (const rv_task *)rv_ring_peek(ring, 2);
    if (third == NULL) {
        return; /* few tasks are warm */
    }
    __builtin_prefetch(third);
    __builtin_prefetch(&third->cancel); /* its second line */
    const rv_task *second = (const rv_task *)rv_ring_peek(ring, 1);
    if (second != NULL) {
        __builtin_prefetch(rv_task_fiber(second));
    }
    const rv_task *first = (const rv_task *)rv_ring_peek(ring, 0);
    /* Read once: its next life may have none. */
    const rv_fiber *fiber = first != NULL ? rv_task_fiber(first) : NULL;
    if (fiber != NULL) {
        rv_fiber_prefetch(fiber);
    }
}

#endif
