/* The inside of a channel: a ring of items and two queues of waiters under one
 * lock, and the steps that calls and cases of a select are made of.
 *
 * While nobody holds the lock
 *   receivers wait only at an empty ring, senders only at a full one, so a
 *   send looks for a receiver, then for room, and never overtakes anybody;
 *   of an unbounded or a dropping channel no sender waits;
 *   once the channel is closed limit is 0 and nobody waits.
 *
 * Handing over. Who finds a waiter claims it first and copies then: a waiter
 * whose claim is lost was cancelled, or is a select that took another case, and
 * nothing is written to it. The claimed waiter may run at once, also before the
 * copy is made (it had not parked); so it reads only after it has seen its
 * outcome, which is stored last, or waits for the lock.
 *
 * Pair HAND: the outcome is stored (release) after the item was copied; the
 * waiter loads it (acquire). After the store the node is the waiter's again.
 * Pair LAST: references are dropped acq_rel, so the last one sees every use.
 */
#ifndef SRC_SYNC_CHAN_H
#define SRC_SYNC_CHAN_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rove/channel.h"

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sync/waitq.h"

#define RV_CHAN_PENDING 1u /* no outcome: those are 0 and -EPIPE */

/* Who waits: in the frame of a call, or in a case of a select. */
typedef struct rv_chan_waiter {
    rv_waiter waiter;      /* first */
    void *item;            /* a sender's is only read */
    rv_atomic_u32 outcome; /* an int */
} rv_chan_waiter;

struct rove_chan {
    rv_lock lock;
    uint32_t item_size;
    size_t count;
    size_t limit; /* a send needs count < limit, or a receiver */
    char *read;   /* the oldest item */
    char *write;  /* the next free place */
    char *end;
    rv_waitq receivers;

    rv_waitq senders;
    char *ring;
    void (*destroy)(void *item);
    uint64_t dropped;
    uint8_t overflow; /* rove_overflow */
    bool is_closed;
    bool is_unbounded;
    rv_atomic_u64 references;
} RV_OWN_LINE;

static_assert(sizeof(struct rove_chan) == RV_CACHE_LINE,
              "a channel is one piece of memory for the processor");

/* Fixed sizes are copied without a call. */
static inline void rv_chan_copy(const rove_chan *chan, void *to,
                                const void *from)
{
    if (__builtin_expect(chan->item_size == sizeof(uint64_t), 1)) {
        memcpy(to, from, sizeof(uint64_t));
    } else if (chan->item_size != 0) {
        memcpy(to, from, chan->item_size);
    }
}

static inline char *rv_chan_after(const rove_chan *chan, char *place)
{
    place += chan->item_size;
    return place == chan->end ? chan->ring : place;
}

/* Room is left. The lock is held, as in all that follows. */
static inline void rv_chan_put(rove_chan *chan, const void *item)
{
    rv_chan_copy(chan, chan->write, item);
    chan->write = rv_chan_after(chan, chan->write);
    chan->count++;
}

/* An item is there. */
static inline void rv_chan_take(rove_chan *chan, void *item)
{
    rv_chan_copy(chan, item, chan->read);
    chan->read = rv_chan_after(chan, chan->read);
    chan->count--;
}

/* Takes waiters out until one is claimed, which then waits for its outcome;
 * NULL: there is none. */
static inline rv_chan_waiter *rv_chan_claim(rv_waitq *queue, rv_woken *woken)
{
    while (!rv_waitq_is_empty(queue)) {
        rv_waiter *first = queue->head;
        *woken = rv_waitq_claim(queue, first);
        if (__builtin_expect(woken->won != RV_CLAIM_LOST, 1)) {
            return (rv_chan_waiter *)first;
        }
    }
    return NULL;
}

static inline void rv_chan_settle(rv_chan_waiter *waiter, int outcome)
{
    rv_u32_store_release(&waiter->outcome, (uint32_t)outcome); /* HAND */
}

/* Makes room in an unbounded channel: 0 or -ENOMEM. */
int rv_chan_grow(rove_chan *chan);

/* A send that found neither receiver nor room: 0, -EPIPE, -ENOMEM, -EAGAIN (it
 * must wait, or drop). */
int rv_chan_offer_full(rove_chan *chan, const void *item);

/* A send, without waiting or dropping: 0, -EPIPE, -ENOMEM, -EAGAIN. *woken is
 * to be finished after the lock was released. */
static inline int rv_chan_offer(rove_chan *chan, const void *item,
                                rv_woken *woken)
{
    woken->won = RV_CLAIM_LOST;
    if (!rv_waitq_is_empty(&chan->receivers)) {
        rv_chan_waiter *receiver = rv_chan_claim(&chan->receivers, woken);
        if (receiver != NULL) {
            rv_chan_copy(chan, receiver->item, item);
            rv_chan_settle(receiver, 0);
            return 0;
        }
    }
    if (__builtin_expect(chan->count < chan->limit, 1)) {
        rv_chan_put(chan, item);
        return 0;
    }
    return rv_chan_offer_full(chan, item);
}

/* A receive, without waiting: 0, -EPIPE, -EAGAIN. *woken as above. */
static inline int rv_chan_accept(rove_chan *chan, void *item, rv_woken *woken)
{
    woken->won = RV_CLAIM_LOST;
    bool is_buffered = chan->count != 0;
    if (is_buffered) {
        rv_chan_take(chan, item);
    }
    if (__builtin_expect(!rv_waitq_is_empty(&chan->senders), 0)) {
        rv_chan_waiter *sender = rv_chan_claim(&chan->senders, woken);
        if (sender != NULL) {
            if (is_buffered) {
                rv_chan_put(chan, sender->item);
            } else {
                rv_chan_copy(chan, item, sender->item);
            }
            rv_chan_settle(sender, 0);
            return 0;
        }
    }
    if (is_buffered) {
        return 0;
    }
    return chan->is_closed ? -EPIPE : -EAGAIN;
}

/* Makes a wait, which has been begun, one for this channel. */
static inline void rv_chan_enlist(rv_waitq *queue, rv_chan_waiter *self,
                                  rv_ref ref, unsigned cause, void *item)
{
    self->waiter.ref = ref;
    self->waiter.cause = cause;
    self->item = item;
    /* relaxed: shown to others under the lock */
    rv_u32_store_relaxed(&self->outcome, RV_CHAN_PENDING);
    rv_waitq_push(queue, &self->waiter);
}

/* The rest is called without the lock. */

/* The outcome of a wait that was claimed for the channel's cause. */
static inline int rv_chan_outcome(rove_chan *chan, rv_chan_waiter *self)
{
    uint32_t outcome = rv_u32_load_acquire(&self->outcome); /* HAND */
    if (__builtin_expect(outcome == RV_CHAN_PENDING, 0)) {
        rv_lock_acquire(&chan->lock);
        rv_lock_release(&chan->lock);
        outcome = rv_u32_load_acquire(&self->outcome); /* HAND */
    }
    return (int)outcome;
}

/* Takes a waiter back whose wait ended otherwise. */
void rv_chan_leave(rove_chan *chan, rv_waitq *queue, rv_chan_waiter *self);

/* The whole of a send to a channel that drops: 0, -EPIPE, -ENOMEM. */
int rv_chan_send_dropping(rove_chan *chan, const void *item);

/* Send and receive without waiting, whole. */
int rv_chan_try_send(rove_chan *chan, const void *item);
int rv_chan_try_recv(rove_chan *chan, void *item);

#endif
