/* A watch: the latest value and its version. A set wakes all who wait, and they
 * look again.
 *
 * All is under the lock but the references, which are dropped acq_rel (pair
 * LAST): the last one sees every use.
 */
#include <errno.h>
#include <string.h>

#include "rove/channel.h"

#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/mem.h"
#include "src/sync/line.h"
#include "src/task/await.h"

struct rove_watch {
    rv_lock lock;
    bool is_closed;
    size_t size;
    uint64_t version;
    rv_waitq waiters;
    rv_atomic_u64 references;
    char value[];
};

/* memcpy asks for valid pointers even to nothing. */
static void copy(void *to, const void *from, size_t size)
{
    if (size != 0) {
        memcpy(to, from, size);
    }
}

rove_watch *rove_watch_new(size_t size, const void *initial)
{
    if (size > PTRDIFF_MAX - sizeof(rove_watch)) {
        return NULL;
    }
    rove_watch *watch = rv_mem_zalloc(sizeof *watch + size);
    if (watch == NULL) {
        return NULL;
    }
    watch->size = size;
    watch->version = 1;
    copy(watch->value, initial, size);
    rv_u64_store_relaxed(&watch->references, 1); /* not shared yet */
    return watch;
}

rove_watch *rove_watch_ref(rove_watch *watch)
{
    RV_CHECK(watch != NULL, "there is no watch");
    /* relaxed: the caller has a reference already */
    uint64_t before = rv_u64_fetch_add_relaxed(&watch->references, 1);
    RV_CHECK(before > 0, "the watch has been freed");
    return watch;
}

void rove_watch_unref(rove_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    uint64_t before =
        rv_u64_fetch_sub_acq_rel(&watch->references, 1); /* LAST */
    RV_CHECK(before > 0, "a watch was given back too often");
    if (before == 1) {
        rv_mem_free(watch);
    }
}

void rove_watch_set(rove_watch *watch, const void *value)
{
    RV_CHECK(watch != NULL, "there is no watch");
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&watch->lock);
    if (!watch->is_closed) {
        copy(watch->value, value, watch->size);
        watch->version++;
        rv_wakes_claim_all(&wakes, &watch->waiters);
    }
    rv_lock_release(&watch->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}

void rove_watch_close(rove_watch *watch)
{
    RV_CHECK(watch != NULL, "there is no watch");
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&watch->lock);
    watch->is_closed = true;
    rv_wakes_claim_all(&wakes, &watch->waiters);
    rv_lock_release(&watch->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}

uint64_t rove_watch_get(rove_watch *watch, void *value)
{
    RV_CHECK(watch != NULL, "there is no watch");
    rv_lock_acquire(&watch->lock);
    copy(value, watch->value, watch->size);
    uint64_t version = watch->version;
    rv_lock_release(&watch->lock);
    return version;
}

/* 0, -EPIPE, -EAGAIN. The lock is held. */
static int look(const rove_watch *watch, uint64_t *seen, void *value)
{
    if (watch->version > *seen) {
        copy(value, watch->value, watch->size);
        *seen = watch->version;
        return 0;
    }
    return watch->is_closed ? -EPIPE : -EAGAIN;
}

int rove_watch_next(rove_watch *watch, uint64_t *seen, void *value)
{
    RV_CHECK(watch != NULL, "there is no watch");
    RV_CHECK(seen != NULL, "there is no version to go by");
    for (;;) {
        rv_wait wait;
        rv_waiter waiter;
        int status = rv_wait_begin(&wait);
        if (status != 0) {
            return status;
        }
        rv_lock_acquire(&watch->lock);
        status = look(watch, seen, value);
        if (status != -EAGAIN) {
            rv_lock_release(&watch->lock);
            (void)rv_wait_abort(&wait); /* a result wins over a cancellation */
            return status;
        }
        unsigned cause =
            rv_line_wait(&watch->lock, &watch->waiters, &waiter, &wait);
        status = look(watch, seen, value);
        rv_lock_release(&watch->lock);
        if (status != -EAGAIN) {
            return status;
        }
        if (cause != RV_CAUSE_SOURCE) {
            return rv_wait_refused(&wait);
        }
    }
}
