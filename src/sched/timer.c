#include "src/sched/timer.h"

#include "src/sched/scope.h"
#include "src/sched/wake.h"

void rv_timer_start(rv_worker *w, rv_wake_timer *timer, rv_ref ref,
                    int64_t deadline)
{
    rv_timer_init(&timer->timer);
    timer->ref = ref;
    rv_timer_wheel_add(&w->timers, &timer->timer, deadline);
}

void rv_timer_stop(rv_wake_timer *timer)
{
    rv_timer_wheel_cancel(&timer->timer);
}

/* Runs under the wheel's lock: the waiter cannot free its timer before the
 * wheel lets go of it. */
static void fire(rv_timer *timer, void *worker)
{
    rv_wake_timer *self = rv_container_of(timer, rv_wake_timer, timer);
    if (self->ref == 0) {
        rv_scope_expire(self, worker);
    } else {
        rv_wake(worker, self->ref, RV_CAUSE_TIMER);
    }
}

unsigned rv_timer_fire(rv_worker *w, rv_timer_wheel *wheel, int64_t now)
{
    if (rv_timer_wheel_next(wheel) > now) {
        return 0;
    }
    unsigned fired = rv_timer_wheel_expire(wheel, now, fire, w);
    rv_stat_add(&w->stats.timers_fired, fired);
    return fired;
}
