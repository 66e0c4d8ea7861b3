#include "src/sync/event.h"

static rv_event *inside(rove_event *event)
{
    return (rv_event *)event;
}

static __attribute__((noinline)) int wait_slow(rv_event *e)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_lock_acquire(&e->lock);
    if (rv_event_is_set_locked(e)) {
        rv_lock_release(&e->lock);
        rv_wait_abort(&wait);
        return 0;
    }
    rv_waiter waiter;
    unsigned cause = rv_line_wait(&e->lock, &e->waiters, &waiter, &wait);
    bool is_over = cause == RV_CAUSE_SOURCE || rv_event_is_set_locked(e);
    rv_lock_release(&e->lock);
    return is_over ? 0 : rv_wait_refused(&wait);
}

int rove_event_wait(rove_event *event)
{
    if (!rv_wait_is_refused(rv_wait_count(rv_current_worker())) &&
        rv_event_is_set(inside(event))) {
        return 0;
    }
    return wait_slow(inside(event));
}

/* The lock's word is written, but nothing that the caller could see. */
bool rove_event_is_set(const rove_event *event)
{
    return rv_event_is_set((rv_event *)(uintptr_t)event);
}

void rove_event_set(rove_event *event)
{
    rv_event *e = inside(event);
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&e->lock);
    rv_u32_store_release(&e->state, RV_EVENT_SET); /* GONE */
    rv_wakes_claim_all(&wakes, &e->waiters);
    rv_lock_release(&e->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}

void rove_event_clear(rove_event *event)
{
    rv_event *e = inside(event);
    rv_lock_acquire(&e->lock);
    rv_u32_store_relaxed(&e->state, 0); /* nothing to show */
    rv_lock_release(&e->lock);
}
