/* Law of `state`, written under the lock:
 *
 *   from     to       moved by
 *   FRESH    RUNNING  who is going to call fn
 *   RUNNING  DONE     the same, after fn succeeded; it wakes all
 *   RUNNING  FRESH    the same, after fn failed; it wakes the first in line
 *
 * Who is woken looks at the state before it does anything else: in FRESH it
 * calls fn itself, and else the next to fail wakes another. So no wake-up is
 * lost with a cancelled waiter. Who has seen DONE without the lock lets who
 * called fn go first (line.h, GONE).
 */
#include <assert.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/sync/line.h"

enum { FRESH = 0, RUNNING = 1, DONE = 2 };

typedef struct rv_once {
    rv_atomic_u32 state;
    rv_lock lock;
    rv_waitq waiters;
} rv_once;

static_assert(sizeof(rv_once) == sizeof(rove_once) &&
                  offsetof(rv_once, lock) == offsetof(rove_once, lock) &&
                  offsetof(rv_once, waiters) == offsetof(rove_once, waiters),
              "the same layout");

static rv_once *inside(rove_once *once)
{
    return (rv_once *)once;
}

/* The state, after FRESH was made RUNNING by the caller. Under the lock. */
static uint32_t look(rv_once *o)
{
    uint32_t state = rv_u32_load_relaxed(&o->state); /* the lock's */
    if (state == FRESH) {
        rv_u32_store_relaxed(&o->state, RUNNING); /* the lock's */
    }
    return state;
}

static uint32_t look_now(rv_once *o)
{
    rv_lock_acquire(&o->lock);
    uint32_t state = look(o);
    rv_lock_release(&o->lock);
    return state;
}

/* Waits while somebody runs fn. 0: look again, *state is what there was last;
 * or why it cannot wait. */
static int wait_turn(rv_once *o, uint32_t *state)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_lock_acquire(&o->lock);
    *state = look(o);
    if (*state != RUNNING) {
        rv_lock_release(&o->lock);
        rv_wait_abort(&wait);
        return 0;
    }
    rv_waiter waiter;
    unsigned cause = rv_line_wait(&o->lock, &o->waiters, &waiter, &wait);
    *state =
        cause == RV_CAUSE_SOURCE ? look(o) : rv_u32_load_relaxed(&o->state);
    rv_lock_release(&o->lock);
    return cause == RV_CAUSE_SOURCE || *state == DONE ? 0
                                                      : rv_wait_refused(&wait);
}

static int64_t call(rv_once *o, rove_fn *fn, void *arg)
{
    int64_t result = fn(arg);
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_woken woken = {0, RV_CLAIM_LOST};
    rv_lock_acquire(&o->lock);
    if (result >= 0) {
        rv_u32_store_release(&o->state, DONE); /* GONE */
        rv_wakes_claim_all(&wakes, &o->waiters);
    } else {
        rv_u32_store_relaxed(&o->state, FRESH); /* the lock's */
        woken = rv_waitq_claim_first(&o->waiters);
    }
    rv_lock_release(&o->lock);
    rv_worker *by = rv_current_worker();
    rv_wakes_finish(by, &wakes);
    rv_waitq_finish(by, woken);
    return result >= 0 ? 0 : result;
}

static __attribute__((noinline)) int64_t run_slow(rv_once *o, rove_fn *fn,
                                                  void *arg)
{
    uint32_t state = look_now(o);
    while (state == RUNNING) {
        int error = wait_turn(o, &state);
        if (error != 0) {
            return error;
        }
    }
    return state == DONE ? 0 : call(o, fn, arg);
}

int64_t rove_once_run(rove_once *once, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_once *o = inside(once);
    (void)rv_wait_count(rv_current_worker());
    if (rv_u32_load_acquire(&o->state) == DONE) { /* GONE */
        rv_line_let_go(&o->lock);
        return 0;
    }
    return run_slow(o, fn, arg);
}
