#include "src/sync/chan.h"

#include <stddef.h>

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/sched/current.h"
#include "src/sync/line.h"

#define ITEM_SIZE_MAX 65536

/* Items up to this size are dropped by way of the stack. */
#define DROP_ON_STACK_MAX 256

/* An unbounded channel begins with about a cache page of items. */
static size_t first_slots(size_t item_size)
{
    return item_size > 256 ? 4 : 16;
}

void rove_chan_options_init(rove_chan_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static bool are_usable(const rove_chan_options *o, size_t item_size,
                       size_t capacity)
{
    return o->size == sizeof *o &&
           (unsigned)o->overflow <= ROVE_OVERFLOW_DROP_NEWEST &&
           (o->overflow == ROVE_OVERFLOW_WAIT || capacity >= 1) &&
           item_size <= ITEM_SIZE_MAX;
}

/* Gives a channel room for so many items; items of no size need none. */
static bool open_ring(rove_chan *chan, size_t slots)
{
    size_t bytes;
    if (__builtin_mul_overflow(slots, (size_t)chan->item_size, &bytes) ||
        bytes > PTRDIFF_MAX) {
        return false;
    }
    if (bytes != 0) {
        chan->ring = rv_mem_alloc(bytes);
        if (chan->ring == NULL) {
            return false;
        }
        chan->end = chan->ring + bytes;
    }
    /* Items of no size lie nowhere, but C counts on from no null pointer. */
    chan->read = chan->item_size != 0 ? chan->ring : (char *)chan;
    chan->write = chan->read;
    chan->limit = slots;
    return true;
}

rove_chan *rove_chan_new(size_t item_size, size_t capacity,
                         const rove_chan_options *options)
{
    rove_chan_options defaults;
    if (options == NULL) {
        rove_chan_options_init(&defaults);
        options = &defaults;
    }
    if (!are_usable(options, item_size, capacity)) {
        return NULL;
    }
    rove_chan *chan = rv_mem_alloc_aligned(RV_CACHE_LINE, sizeof *chan);
    if (chan == NULL) {
        return NULL;
    }
    chan->item_size = (uint32_t)item_size;
    chan->overflow = (uint8_t)options->overflow;
    chan->destroy = options->destroy;
    chan->is_unbounded = capacity == ROVE_UNBOUNDED && item_size != 0;
    rv_u64_store_relaxed(&chan->references, 1); /* not shared yet */
    if (!open_ring(chan, chan->is_unbounded ? 0 : capacity)) {
        rv_mem_free(chan);
        return NULL;
    }
    return chan;
}

rove_chan *rove_chan_ref(rove_chan *chan)
{
    RV_CHECK(chan != NULL, "there is no channel");
    /* relaxed: the caller has a reference already */
    uint64_t before = rv_u64_fetch_add_relaxed(&chan->references, 1);
    RV_CHECK(before > 0, "the channel has been freed");
    return chan;
}

static void free_channel(rove_chan *chan)
{
    RV_CHECK(rv_waitq_is_empty(&chan->senders) &&
                 rv_waitq_is_empty(&chan->receivers),
             "who waits for a channel holds a reference of it");
    for (; chan->destroy != NULL && chan->count != 0; chan->count--) {
        chan->destroy(chan->read);
        chan->read = rv_chan_after(chan, chan->read);
    }
    rv_mem_free(chan->ring);
    rv_mem_free(chan);
}

void rove_chan_unref(rove_chan *chan)
{
    if (chan == NULL) {
        return;
    }
    uint64_t before = rv_u64_fetch_sub_acq_rel(&chan->references, 1); /* LAST */
    RV_CHECK(before > 0, "a channel was given back too often");
    if (before == 1) {
        free_channel(chan);
    }
}

int rv_chan_grow(rove_chan *chan)
{
    rove_chan grown = {.item_size = chan->item_size};
    size_t slots =
        chan->limit != 0 ? chan->limit : first_slots(chan->item_size);
    if (!open_ring(&grown, chan->limit + slots)) {
        return -ENOMEM;
    }
    size_t upper = (size_t)(chan->end - chan->read); /* the ring is full */
    size_t lower = (size_t)(chan->read - chan->ring);
    if (chan->count != 0) {
        memcpy(grown.ring, chan->read, upper);
        memcpy(grown.ring + upper, chan->ring, lower);
    }
    rv_mem_free(chan->ring);
    chan->ring = grown.ring;
    chan->end = grown.end;
    chan->limit = grown.limit;
    chan->read = chan->ring;
    chan->write = chan->ring + upper + lower;
    return 0;
}

int rv_chan_offer_full(rove_chan *chan, const void *item)
{
    if (chan->is_closed) {
        return -EPIPE;
    }
    if (!chan->is_unbounded) {
        return -EAGAIN;
    }
    int error = rv_chan_grow(chan);
    if (error == 0) {
        rv_chan_put(chan, item);
    }
    return error;
}

/* Puts the item into a full channel; the one that is dropped goes to scratch
 * (NULL: to nowhere). */
static void displace(rove_chan *chan, const void *item, void *scratch)
{
    chan->dropped++;
    if (chan->overflow == ROVE_OVERFLOW_DROP_NEWEST) {
        if (scratch != NULL) {
            rv_chan_copy(chan, scratch, item);
        }
        return;
    }
    if (scratch != NULL) {
        rv_chan_copy(chan, scratch, chan->read);
    }
    chan->read = rv_chan_after(chan, chan->read);
    chan->count--;
    rv_chan_put(chan, item);
}

static int offer_or_drop(rove_chan *chan, const void *item, void *scratch)
{
    rv_woken woken;
    rv_lock_acquire(&chan->lock);
    int status = rv_chan_offer(chan, item, &woken);
    bool drops = status == -EAGAIN;
    if (drops) {
        displace(chan, item, scratch);
        status = 0;
    }
    rv_lock_release(&chan->lock);
    rv_waitq_finish(rv_current_worker(), woken);
    if (drops && scratch != NULL) {
        chan->destroy(scratch);
    }
    return status;
}

/* The destructor is the user's code: it runs without the lock, on an item that
 * nobody else can reach. */
int rv_chan_send_dropping(rove_chan *chan, const void *item)
{
    _Alignas(max_align_t) char small[DROP_ON_STACK_MAX];
    if (chan->destroy == NULL) {
        return offer_or_drop(chan, item, NULL);
    }
    if (chan->item_size <= sizeof small) {
        return offer_or_drop(chan, item, small);
    }
    void *large = rv_mem_alloc(chan->item_size);
    if (large == NULL) {
        return -ENOMEM;
    }
    int status = offer_or_drop(chan, item, large);
    rv_mem_free(large);
    return status;
}

void rv_chan_leave(rove_chan *chan, rv_waitq *queue, rv_chan_waiter *self)
{
    rv_lock_acquire(&chan->lock);
    rv_waitq_leave(queue, &self->waiter);
    rv_lock_release(&chan->lock);
}

int rv_chan_try_send(rove_chan *chan, const void *item)
{
    if (chan->overflow != ROVE_OVERFLOW_WAIT) {
        return rv_chan_send_dropping(chan, item);
    }
    rv_woken woken;
    rv_lock_acquire(&chan->lock);
    int status = rv_chan_offer(chan, item, &woken);
    rv_lock_release(&chan->lock);
    rv_waitq_finish(rv_current_worker(), woken);
    return status;
}

int rv_chan_try_recv(rove_chan *chan, void *item)
{
    rv_woken woken;
    rv_lock_acquire(&chan->lock);
    int status = rv_chan_accept(chan, item, &woken);
    rv_lock_release(&chan->lock);
    rv_waitq_finish(rv_current_worker(), woken);
    return status;
}

int rove_chan_try_send(rove_chan *chan, const void *item)
{
    RV_CHECK(chan != NULL, "there is no channel");
    return rv_chan_try_send(chan, item);
}

int rove_chan_try_recv(rove_chan *chan, void *item)
{
    RV_CHECK(chan != NULL, "there is no channel");
    return rv_chan_try_recv(chan, item);
}

static void refuse_all(rv_wakes *wakes, rv_waitq *queue)
{
    while (!rv_waitq_is_empty(queue)) {
        rv_waiter *first = queue->head;
        if (rv_wakes_claim(wakes, queue, first)) {
            rv_chan_settle((rv_chan_waiter *)first, -EPIPE);
        }
    }
}

void rove_chan_close(rove_chan *chan)
{
    RV_CHECK(chan != NULL, "there is no channel");
    rv_wakes wakes;
    rv_wakes_init(&wakes);
    rv_lock_acquire(&chan->lock);
    chan->is_closed = true;
    chan->limit = 0;
    refuse_all(&wakes, &chan->receivers);
    refuse_all(&wakes, &chan->senders);
    rv_lock_release(&chan->lock);
    rv_wakes_finish(rv_current_worker(), &wakes);
}

/* The lock is no part of what a caller sees of the channel. */
static rove_chan *unconst(const rove_chan *chan)
{
    RV_CHECK(chan != NULL, "there is no channel");
    return (rove_chan *)(uintptr_t)chan;
}

size_t rove_chan_count(const rove_chan *chan)
{
    rv_lock *lock = &unconst(chan)->lock;
    rv_lock_acquire(lock);
    size_t count = chan->count;
    rv_lock_release(lock);
    return count;
}

uint64_t rove_chan_dropped(const rove_chan *chan)
{
    rv_lock *lock = &unconst(chan)->lock;
    rv_lock_acquire(lock);
    uint64_t dropped = chan->dropped;
    rv_lock_release(lock);
    return dropped;
}
