/* Timers that wake tasks: a wheel's entry with a wait to claim.
 */
#ifndef SRC_SCHED_TIMER_H
#define SRC_SCHED_TIMER_H

#include <stdint.h>

#include "src/queue/timer_wheel.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

/* In the waiter's frame; not touched by anyone once rv_timer_stop returned. */
typedef struct rv_wake_timer {
    rv_timer timer;
    rv_ref ref;
} rv_wake_timer;

/* Claims wait `ref` for RV_CAUSE_TIMER at the deadline (not ROVE_FOREVER). ref
 * 0: the timer of a scope, which then expires. */
void rv_timer_start(rv_worker *w, rv_wake_timer *timer, rv_ref ref,
                    int64_t deadline);

/* Takes the timer back, fired or not. Any thread. */
void rv_timer_stop(rv_wake_timer *timer);

/* Fires what is due on a wheel, on behalf of worker w; how many. */
unsigned rv_timer_fire(rv_worker *w, rv_timer_wheel *wheel, int64_t now);

#endif
