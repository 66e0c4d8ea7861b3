/* `count` is written under the lock, and read anywhere. Who has seen 0 without
 * the lock lets who counted go first (line.h, GONE).
 */
#include <assert.h>

#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/sync/line.h"

typedef struct rv_wait_group {
    rv_atomic_u64 count; /* an int64_t */
    rv_lock lock;
    rv_waitq waiters;
} rv_wait_group;

static_assert(sizeof(rv_wait_group) == sizeof(rove_wait_group) &&
                  offsetof(rv_wait_group, lock) ==
                      offsetof(rove_wait_group, lock) &&
                  offsetof(rv_wait_group, waiters) ==
                      offsetof(rove_wait_group, waiters),
              "the same layout");

static rv_wait_group *inside(rove_wait_group *group)
{
    return (rv_wait_group *)group;
}

/* Under the lock. */
static int64_t count_of(const rv_wait_group *g)
{
    return (int64_t)rv_u64_load_relaxed(&g->count); /* the lock's */
}

/* Adds n; false when the sum is no count. */
static bool add(rv_wait_group *g, int64_t n)
{
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&g->lock);
    int64_t sum;
    bool is_count = !__builtin_add_overflow(count_of(g), n, &sum) && sum >= 0;
    if (is_count) {
        rv_u64_store_release(&g->count, (uint64_t)sum); /* GONE */
        if (sum == 0) {
            rv_wakes_claim_all(&wakes, &g->waiters);
        }
    }
    rv_lock_release(&g->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
    return is_count;
}

void rove_wait_group_add(rove_wait_group *group, int64_t n)
{
    bool is_count = add(inside(group), n);
    RV_CHECK(is_count, "the count would be below 0, or too large");
}

void rove_wait_group_done(rove_wait_group *group)
{
    bool is_count = add(inside(group), -1);
    RV_CHECK(is_count, "the count would be below 0");
}

static __attribute__((noinline)) int wait_slow(rv_wait_group *g)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_lock_acquire(&g->lock);
    if (count_of(g) == 0) {
        rv_lock_release(&g->lock);
        rv_wait_abort(&wait);
        return 0;
    }
    rv_waiter waiter;
    unsigned cause = rv_line_wait(&g->lock, &g->waiters, &waiter, &wait);
    bool is_over = cause == RV_CAUSE_SOURCE || count_of(g) == 0;
    rv_lock_release(&g->lock);
    return is_over ? 0 : rv_wait_refused(&wait);
}

int rove_wait_group_wait(rove_wait_group *group)
{
    rv_wait_group *g = inside(group);
    if (!rv_wait_is_refused(rv_wait_count(rv_current_worker())) &&
        rv_u64_load_acquire(&g->count) == 0) { /* GONE */
        rv_line_let_go(&g->lock);
        return 0;
    }
    return wait_slow(g);
}
