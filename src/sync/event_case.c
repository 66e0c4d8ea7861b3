/* An event as a case of a select: its waiter lies in the case's words. Who sets
 * the event claims the select for this case, so that a set which is followed by
 * a clear is not missed.
 */
#include <assert.h>

#include "rove/select.h"

#include "src/sync/event.h"
#include "src/task/source.h"

static_assert(sizeof(rv_waiter) <= sizeof(((rove_case *)0)->words),
              "a waiter fits into a case");

static rv_waiter *waiter_of(rove_case *self)
{
    return (rv_waiter *)(void *)self->words;
}

static bool is_ready(rove_case *self)
{
    if (!rv_event_is_set(self->object)) {
        return false;
    }
    self->result = 0;
    return true;
}

static int arm(rove_case *self, rv_ref ref, unsigned cause)
{
    rv_event *e = self->object;
    rv_waiter *waiter = waiter_of(self);
    waiter->ref = ref;
    waiter->cause = cause;
    rv_lock_acquire(&e->lock);
    bool is_set = rv_event_is_set_locked(e);
    if (!is_set) {
        rv_waitq_push(&e->waiters, waiter);
    }
    rv_lock_release(&e->lock);
    return is_set ? RV_CASE_READY : 0;
}

static void disarm(rove_case *self, bool named)
{
    rv_event *e = self->object;
    rv_lock_acquire(&e->lock);
    rv_waitq_leave(&e->waiters, waiter_of(self));
    rv_lock_release(&e->lock);
    if (named) {
        self->result = 0;
    }
}

static const struct rove_case_ops event_ops = {is_ready, arm, disarm};

rove_case rove_on_event(rove_event *event)
{
    return rv_case_make(event != NULL ? &event_ops : NULL, event, NULL);
}
