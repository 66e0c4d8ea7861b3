/* A waiter stands in line before it unlocks the mutex, so that no signal of
 * who owns the mutex next is missed. It is granted nothing but the wake-up, and
 * competes for the mutex like all others.
 */
#include <assert.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/base/shake.h"
#include "src/sync/line.h"
#include "src/sync/mutex.h"

typedef struct rv_cond {
    rv_lock lock;
    rv_waitq waiters;
} rv_cond;

static_assert(sizeof(rv_cond) == sizeof(rove_cond) &&
                  offsetof(rv_cond, waiters) == offsetof(rove_cond, waiters),
              "the same layout");

static rv_cond *inside(rove_cond *cond)
{
    return (rv_cond *)cond;
}

static void stand_in_line(rv_cond *c, rv_waiter *waiter, rv_ref ref)
{
    waiter->ref = ref;
    waiter->cause = RV_CAUSE_SOURCE;
    rv_lock_acquire(&c->lock);
    rv_waitq_push(&c->waiters, waiter);
    rv_lock_release(&c->lock);
}

static void leave_line(rv_cond *c, rv_waiter *waiter)
{
    rv_lock_acquire(&c->lock);
    rv_waitq_leave(&c->waiters, waiter);
    rv_lock_release(&c->lock);
}

int rove_cond_wait(rove_cond *cond, rove_mutex *mutex)
{
    rv_cond *c = inside(cond);
    RV_CHECK(rv_mutex_is_mine(rv_mutex_of(mutex), rv_current_worker()),
             "the caller does not own the mutex");
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_waiter waiter;
    stand_in_line(c, &waiter, wait.ref);
    rove_mutex_unlock(mutex);
    RV_SHAKE_POINT();
    unsigned cause = rv_wait_suspend(&wait);
    leave_line(c, &waiter);
    rv_mutex_lock_deaf(rv_mutex_of(mutex));
    return cause == RV_CAUSE_SOURCE ? 0 : rv_wait_refused(&wait);
}

void rove_cond_signal(rove_cond *cond)
{
    rv_cond *c = inside(cond);
    rv_lock_acquire(&c->lock);
    rv_woken woken = rv_waitq_claim_first(&c->waiters);
    rv_lock_release(&c->lock);
    rv_waitq_finish(rv_current_worker(), woken);
}

void rove_cond_broadcast(rove_cond *cond)
{
    rv_cond *c = inside(cond);
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&c->lock);
    rv_wakes_claim_all(&wakes, &c->waiters);
    rv_lock_release(&c->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}
