/* All fields are the lock's holder's. `arrived` counts those in line.
 *
 * What a waiter gets is written into its place when it is taken out of line,
 * also when it was cancelled a moment before: it has met the others, or the
 * barrier was broken by somebody else. Only who is cancelled in line breaks it.
 */
#include <assert.h>
#include <errno.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/sync/line.h"

typedef struct rv_barrier {
    uint32_t parties;
    uint32_t arrived;
    uint32_t broken;
    rv_lock lock;
    rv_waitq waiters;
} rv_barrier;

static_assert(sizeof(rv_barrier) == sizeof(rove_barrier) &&
                  offsetof(rv_barrier, lock) == offsetof(rove_barrier, lock) &&
                  offsetof(rv_barrier, waiters) ==
                      offsetof(rove_barrier, waiters),
              "the same layout");

typedef struct place {
    rv_waiter waiter;
    int result; /* -EINPROGRESS: still in line */
} place;

static rv_barrier *inside(rove_barrier *barrier)
{
    return (rv_barrier *)barrier;
}

/* Sends all in line on their way. */
static void dismiss(rv_barrier *b, int result, rv_wakes *wakes)
{
    while (!rv_waitq_is_empty(&b->waiters)) {
        place *first = rv_container_of(b->waiters.head, place, waiter);
        first->result = result;
        rv_wakes_claim(wakes, &b->waiters, &first->waiter);
    }
    b->arrived = 0;
}

/* Comes, under the lock: 1 for the last, -EPIPE, or -EINPROGRESS: waits. */
static int arrive(rv_barrier *b, rv_wakes *wakes)
{
    if (b->broken != 0) {
        return -EPIPE;
    }
    if (++b->arrived < b->parties) {
        return -EINPROGRESS;
    }
    dismiss(b, 0, wakes);
    return 1;
}

int rove_barrier_wait(rove_barrier *barrier)
{
    rv_barrier *b = inside(barrier);
    RV_CHECK(barrier->parties > 0, "the barrier has no parties");
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    place own;
    rv_lock_acquire(&b->lock);
    own.result = arrive(b, &wakes);
    if (own.result != -EINPROGRESS) {
        rv_lock_release(&b->lock);
        rv_wakes_finish(wait.worker, &wakes);
        rv_wait_abort(&wait);
        return own.result;
    }
    rv_line_wait(&b->lock, &b->waiters, &own.waiter, &wait);
    bool is_cancelled = own.result == -EINPROGRESS;
    if (is_cancelled) {
        b->broken = 1;
        dismiss(b, -EPIPE, &wakes);
    }
    rv_lock_release(&b->lock);
    rv_wakes_finish(wait.worker, &wakes);
    return is_cancelled ? rv_wait_refused(&wait) : own.result;
}

void rove_barrier_reset(rove_barrier *barrier)
{
    rv_barrier *b = inside(barrier);
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&b->lock);
    dismiss(b, -EPIPE, &wakes);
    b->broken = 0;
    rv_lock_release(&b->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}
