/* A broadcast: a ring of the last `capacity` items, numbered from 0. Each
 * subscriber keeps the number of the item it wants next; when that one has been
 * overwritten it lags. A send wakes all who wait, and they look again.
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

#define ITEM_SIZE_MAX 65536

struct rove_broadcast {
    rv_lock lock;
    bool is_closed;
    size_t item_size;
    size_t capacity;
    uint64_t sent; /* the number of the next item */
    char *next;    /* its place */
    char *end;
    rv_waitq waiters;
    rv_atomic_u64 references;
    char ring[];
};

struct rove_subscriber {
    rove_broadcast *broadcast;
    uint64_t wanted;
};

rove_broadcast *rove_broadcast_new(size_t item_size, size_t capacity)
{
    size_t bytes;
    if (item_size > ITEM_SIZE_MAX || capacity == 0 ||
        __builtin_mul_overflow(item_size, capacity, &bytes) ||
        bytes > PTRDIFF_MAX - sizeof(rove_broadcast)) {
        return NULL;
    }
    rove_broadcast *broadcast = rv_mem_zalloc(sizeof *broadcast + bytes);
    if (broadcast == NULL) {
        return NULL;
    }
    broadcast->item_size = item_size;
    broadcast->capacity = capacity;
    broadcast->next = broadcast->ring;
    broadcast->end = broadcast->ring + bytes;
    rv_u64_store_relaxed(&broadcast->references, 1); /* not shared yet */
    return broadcast;
}

rove_broadcast *rove_broadcast_ref(rove_broadcast *broadcast)
{
    RV_CHECK(broadcast != NULL, "there is no broadcast");
    /* relaxed: the caller has a reference already */
    uint64_t before = rv_u64_fetch_add_relaxed(&broadcast->references, 1);
    RV_CHECK(before > 0, "the broadcast has been freed");
    return broadcast;
}

void rove_broadcast_unref(rove_broadcast *broadcast)
{
    if (broadcast == NULL) {
        return;
    }
    uint64_t before =
        rv_u64_fetch_sub_acq_rel(&broadcast->references, 1); /* LAST */
    RV_CHECK(before > 0, "a broadcast was given back too often");
    if (before == 1) {
        rv_mem_free(broadcast);
    }
}

static void store_item(rove_broadcast *broadcast, const void *item)
{
    if (broadcast->item_size != 0) {
        memcpy(broadcast->next, item, broadcast->item_size);
        broadcast->next += broadcast->item_size;
        if (broadcast->next == broadcast->end) {
            broadcast->next = broadcast->ring;
        }
    }
    broadcast->sent++;
}

int rove_broadcast_send(rove_broadcast *broadcast, const void *item)
{
    RV_CHECK(broadcast != NULL, "there is no broadcast");
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&broadcast->lock);
    bool is_open = !broadcast->is_closed;
    if (is_open) {
        store_item(broadcast, item);
        rv_wakes_claim_all(&wakes, &broadcast->waiters);
    }
    rv_lock_release(&broadcast->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
    return is_open ? 0 : -EPIPE;
}

void rove_broadcast_close(rove_broadcast *broadcast)
{
    RV_CHECK(broadcast != NULL, "there is no broadcast");
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&broadcast->lock);
    broadcast->is_closed = true;
    rv_wakes_claim_all(&wakes, &broadcast->waiters);
    rv_lock_release(&broadcast->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}

rove_subscriber *rove_broadcast_subscribe(rove_broadcast *broadcast)
{
    RV_CHECK(broadcast != NULL, "there is no broadcast");
    rove_subscriber *subscriber = rv_mem_alloc(sizeof *subscriber);
    if (subscriber == NULL) {
        return NULL;
    }
    subscriber->broadcast = rove_broadcast_ref(broadcast);
    rv_lock_acquire(&broadcast->lock);
    subscriber->wanted = broadcast->sent;
    rv_lock_release(&broadcast->lock);
    return subscriber;
}

void rove_subscriber_free(rove_subscriber *subscriber)
{
    if (subscriber != NULL) {
        rove_broadcast_unref(subscriber->broadcast);
        rv_mem_free(subscriber);
    }
}

/* Where the item is that was sent so many items ago, 1 being the last. */
static const char *place_of(const rove_broadcast *broadcast, uint64_t ago)
{
    size_t back = (size_t)ago * broadcast->item_size;
    size_t written = (size_t)(broadcast->next - broadcast->ring);
    return back <= written ? broadcast->next - back
                           : broadcast->end - (back - written);
}

/* The next answer to a subscriber, or -EAGAIN. The lock is held. */
static int64_t take(rove_subscriber *subscriber, void *item)
{
    rove_broadcast *broadcast = subscriber->broadcast;
    uint64_t behind = broadcast->sent - subscriber->wanted;
    if (behind == 0) {
        return broadcast->is_closed ? -EPIPE : -EAGAIN;
    }
    if (behind > broadcast->capacity) {
        uint64_t missed = behind - broadcast->capacity;
        subscriber->wanted += missed;
        return (int64_t)missed;
    }
    if (broadcast->item_size != 0) {
        memcpy(item, place_of(broadcast, behind), broadcast->item_size);
    }
    subscriber->wanted++;
    return 0;
}

int64_t rove_subscriber_recv(rove_subscriber *subscriber, void *item)
{
    RV_CHECK(subscriber != NULL, "there is no subscriber");
    rv_lock *lock = &subscriber->broadcast->lock;
    for (;;) {
        rv_wait wait;
        rv_waiter waiter;
        int64_t result = rv_wait_begin(&wait);
        if (result != 0) {
            return result;
        }
        rv_lock_acquire(lock);
        result = take(subscriber, item);
        if (result != -EAGAIN) {
            rv_lock_release(lock);
            (void)rv_wait_abort(&wait); /* a result wins over a cancellation */
            return result;
        }
        unsigned cause =
            rv_line_wait(lock, &subscriber->broadcast->waiters, &waiter, &wait);
        result = take(subscriber, item);
        rv_lock_release(lock);
        if (result != -EAGAIN) {
            return result;
        }
        if (cause != RV_CAUSE_SOURCE) {
            return rv_wait_refused(&wait);
        }
    }
}
