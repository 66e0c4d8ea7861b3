/* All fields are the lock's holder's.
 *
 * Invariant outside the lock: the first in line asks for more than there are
 * permits. So a large request is not overtaken by small ones.
 */
#include <assert.h>
#include <errno.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/sync/line.h"

typedef struct rv_semaphore {
    uint64_t permits;
    uint64_t limit;
    rv_lock lock;
    rv_waitq waiters;
} rv_semaphore;

static_assert(sizeof(rv_semaphore) == sizeof(rove_semaphore) &&
                  offsetof(rv_semaphore, lock) ==
                      offsetof(rove_semaphore, lock) &&
                  offsetof(rv_semaphore, waiters) ==
                      offsetof(rove_semaphore, waiters),
              "the same layout");

typedef struct request {
    rv_waiter waiter;
    uint64_t n;
} request;

static rv_semaphore *inside(rove_semaphore *semaphore)
{
    return (rv_semaphore *)semaphore;
}

/* Serves the line as far as the permits go. Under the lock. */
static void serve(rv_semaphore *s, rv_wakes *wakes)
{
    while (!rv_waitq_is_empty(&s->waiters)) {
        request *first = rv_container_of(s->waiters.head, request, waiter);
        if (first->n > s->permits) {
            return;
        }
        if (rv_wakes_claim(wakes, &s->waiters, &first->waiter)) {
            s->permits -= first->n;
        }
    }
}

/* Under the lock. */
static bool try_take(rv_semaphore *s, uint64_t n)
{
    if (!rv_waitq_is_empty(&s->waiters) || s->permits < n) {
        return false;
    }
    s->permits -= n;
    return true;
}

static bool try_now(rv_semaphore *s, uint64_t n)
{
    rv_lock_acquire(&s->lock);
    bool has_taken = try_take(s, n);
    rv_lock_release(&s->lock);
    return has_taken;
}

static __attribute__((noinline)) int take_slow(rv_semaphore *s, uint64_t n)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_lock_acquire(&s->lock);
    if (try_take(s, n)) {
        rv_lock_release(&s->lock);
        rv_wait_abort(&wait);
        return 0;
    }
    request own = {.n = n};
    unsigned cause = rv_line_wait(&s->lock, &s->waiters, &own.waiter, &wait);
    if (cause == RV_CAUSE_SOURCE) {
        rv_lock_release(&s->lock);
        return 0;
    }
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    serve(s, &wakes);
    rv_lock_release(&s->lock);
    rv_wakes_finish(wait.worker, &wakes);
    return rv_wait_refused(&wait);
}

void rove_semaphore_init(rove_semaphore *semaphore, uint64_t permits,
                         uint64_t limit)
{
    RV_CHECK(limit == 0 || permits <= limit, "more permits than the limit");
    rove_semaphore made = ROVE_SEMAPHORE_INIT(permits);
    made.limit = limit;
    *semaphore = made;
}

int rove_semaphore_take(rove_semaphore *semaphore, uint64_t n)
{
    RV_CHECK(n >= 1, "asks for no permit");
    rv_semaphore *s = inside(semaphore);
    if (!rv_wait_is_refused(rv_wait_count(rv_current_worker())) &&
        try_now(s, n)) {
        return 0;
    }
    return take_slow(s, n);
}

int rove_semaphore_try_take(rove_semaphore *semaphore, uint64_t n)
{
    RV_CHECK(n >= 1, "asks for no permit");
    return try_now(inside(semaphore), n) ? 0 : -EAGAIN;
}

/* Under the lock. */
static bool may_add(const rv_semaphore *s, uint64_t n)
{
    uint64_t most = s->limit != 0 ? s->limit : UINT64_MAX;
    return s->permits <= most && n <= most - s->permits;
}

void rove_semaphore_give(rove_semaphore *semaphore, uint64_t n)
{
    rv_semaphore *s = inside(semaphore);
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&s->lock);
    RV_CHECK(may_add(s, n), "more permits than the limit");
    s->permits += n;
    serve(s, &wakes);
    rv_lock_release(&s->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}
