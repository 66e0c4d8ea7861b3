/* A task that goes on waiting though it is cancelled: each wait is refused at
 * once, so it may be a loop that never looks at results. It is reported when it
 * has been refused RV_REFUSALS_REPORTED times in a row, on one worker, without
 * a wait in between that was begun.
 */
#ifndef SRC_SCHED_REFUSAL_H
#define SRC_SCHED_REFUSAL_H

#include <stdint.h>

#define RV_REFUSALS_REPORTED 1000
#define RV_REFUSALS          8 /* tasks watched at once */

struct rv_worker;

typedef struct rv_refusal {
    uint64_t id;
    uint64_t epoch; /* of the task's waits, when it was last refused */
    uint64_t count;
} rv_refusal;

/* Counts a refusal of w's current task. */
void rv_refusal_count(struct rv_worker *w);

#endif
