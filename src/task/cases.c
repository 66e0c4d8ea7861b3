#include "src/task/cases.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/task/future.h"
#include "src/task/join.h"
#include "src/task/source.h"

/* words[0] of a case of a task or a future: the wait it armed, or 0. */

static bool is_task_ready(rove_case *self)
{
    self->result = 0;
    return self->object == NULL || rv_join_has_ended(self->object);
}

static int arm_task(rove_case *self, rv_ref ref, unsigned cause)
{
    (void)cause; /* it stays ready */
    RV_CHECK(self->object != rove_self(), "a task may not wait for itself");
    rv_join_armed armed = rv_join_arm(self->object, ref, "rove_select");
    self->words[0] = armed == RV_JOIN_ARMED ? ref : 0;
    return armed == RV_JOIN_OVER ? RV_CASE_READY : 0;
}

static void disarm_task(rove_case *self, bool named)
{
    (void)named;
    if (self->words[0] != 0) {
        rv_join_retract(self->object, self->words[0]);
    }
}

rove_case rove_on_task(rove_task *task)
{
    static const struct rove_case_ops ops = {is_task_ready, arm_task,
                                             disarm_task};
    return rv_case_make(&ops, task, NULL);
}

static bool is_future_ready(rove_case *self)
{
    return rove_future_try(self->object, &self->result) == 0;
}

static int arm_future(rove_case *self, rv_ref ref, unsigned cause)
{
    (void)cause; /* it stays ready */
    int error = rv_future_arm(self->object, ref);
    self->words[0] = ref;
    return error == -EALREADY ? RV_CASE_READY : error;
}

static void disarm_future(rove_case *self, bool named)
{
    (void)named;
    rv_future_disarm(self->object, self->words[0]);
}

rove_case rove_on_future(rove_future *future)
{
    static const struct rove_case_ops ops = {is_future_ready, arm_future,
                                             disarm_future};
    RV_CHECK(future != NULL, "there is no future");
    return rv_case_make(&ops, future, NULL);
}

/* words[0] of a case of a time: the time. */

static bool is_time_ready(rove_case *self)
{
    rove_time when = (rove_time)self->words[0];
    self->result = 0;
    return when != ROVE_FOREVER && rv_clock_now() >= when;
}

static int arm_time(rove_case *self, rv_ref ref, unsigned cause)
{
    (void)self;
    (void)ref;
    (void)cause;
    return 0;
}

static void disarm_time(rove_case *self, bool named)
{
    (void)self;
    (void)named;
}

static const struct rove_case_ops time_ops = {is_time_ready, arm_time,
                                              disarm_time};

rove_time rv_cases_time(const rove_case *one)
{
    return one->ops == &time_ops ? (rove_time)one->words[0] : ROVE_FOREVER;
}

rove_case rove_on_time(rove_time when)
{
    rove_case made = rv_case_make(&time_ops, NULL, NULL);
    made.words[0] = (uint64_t)when;
    return made;
}
