/* Work-stealing deque of a fixed capacity. One owner pushes and pops at the
 * bottom, newest first; any number of thieves steal the oldest from the top.
 *
 * Source: Chase and Lev, "Dynamic circular work-stealing deque", SPAA 2005,
 * without growing: a full deque refuses, and the caller runs the item itself.
 * Orders after Lê, Pop, Cohen and Zappa Nardelli, PPoPP 2013, moved from fences
 * to accesses. Checked by verification/spin/deque.pml.
 *
 * Laws
 *   top       grows only, by CAS: thieves, and the owner for the last item.
 *             Who loses the CAS has taken nothing and forgets what it read.
 *   bottom    stored by the owner only. Items are [top, bottom).
 *   slots     stored by the owner only, and only outside [top, bottom).
 *   top_seen  private to the owner: some earlier value of top, so never more
 *             than top. It spares the owner the line that thieves write.
 *   Indices are 64 bits, run on for ever and are compared by difference.
 *
 * Ordering. Every atomic access names one of these pairs.
 *
 *   FILL  push stores bottom (release); steal loads bottom (seq_cst, hence
 *         acquire). The slot is written before the store, so a thief that
 *         sees the new bottom also sees the item and all it points to.
 *
 *   LAST  pop stores bottom, then loads top; steal loads top, then loads
 *         bottom, then moves top by CAS. All five are seq_cst, so they have
 *         one order that every thread agrees on. pop takes slot b without a
 *         CAS only if it saw top < b. A thief that aims at slot b has seen
 *         top == b, which comes later in that order than pop's load, and so
 *         later than pop's store; it then sees bottom == b and finds nothing.
 *         Weaker orders would let both take slot b.
 *
 *   FREE  steal moves top by CAS (seq_cst, hence release) after it has read
 *         the slot; the owner takes top_seen from a load of top that is at
 *         least acquire, before it reuses the slot.
 *
 *   LOOK  is_empty loads top, then bottom (both seq_cst): it may be the last
 *         look of a thread that is about to sleep.
 */
#ifndef SRC_QUEUE_DEQUE_H
#define SRC_QUEUE_DEQUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/shake.h"
#include "src/queue/owner.h"

typedef struct rv_deque {
    RV_OWN_LINE rv_atomic_u64 top;
    RV_OWN_LINE rv_atomic_u64 bottom;
    uint64_t top_seen;
    rv_owner owner;
    RV_OWN_LINE rv_atomic_ptr *slots; /* fixed */
    uint64_t mask;                    /* fixed */
} rv_deque;

typedef enum {
    RV_STEAL_OK,
    RV_STEAL_EMPTY,
    RV_STEAL_LOST, /* somebody else took that item: there may be more */
} rv_steal_result;

/* Makes an empty deque. `slots` holds `capacity` words, a power of two, and
 * stays the caller's; it must outlive the deque. */
void rv_deque_init(rv_deque *d, rv_atomic_ptr *slots, uint64_t capacity);

/* Thieves. Takes the oldest item; `*item` is written only on RV_STEAL_OK.
 * One attempt: never waits, never retries. */
rv_steal_result rv_deque_steal(rv_deque *d, void **item);

/* Any thread. True if there was nothing to take at some moment of the call. */
bool rv_deque_is_empty(const rv_deque *d);

/* The rest of rv_deque_pop, for when at most one item is left. */
void *rv_deque_pop_slow(rv_deque *d, uint64_t bottom, uint64_t top);

/* Owner. Adds `item` (not NULL); false if the deque is full. Publishing is a
 * release and no full barrier: who must wake a sleeper looks for it after a
 * barrier of its own. */
static inline bool rv_deque_push(rv_deque *d, void *item)
{
    RV_ASSERT(rv_owner_is_me(&d->owner));
    RV_ASSERT(item != NULL);
    uint64_t b = rv_u64_load_relaxed(&d->bottom); /* only the owner writes */
    if (b - d->top_seen > d->mask) {
        d->top_seen = rv_u64_load_acquire(&d->top); /* FREE */
        if (b - d->top_seen > d->mask) {
            return false;
        }
    }
    rv_ptr_store_relaxed(&d->slots[b & d->mask], item); /* FILL orders it */
    rv_u64_store_release(&d->bottom, b + 1);            /* FILL */
    return true;
}

/* Owner. Takes the newest item, NULL if there is none. */
static inline void *rv_deque_pop(rv_deque *d)
{
    RV_ASSERT(rv_owner_is_me(&d->owner));
    uint64_t b = rv_u64_load_relaxed(&d->bottom); /* only the owner writes */
    if (b == d->top_seen) {
        return NULL; /* top only grows, so empty now is empty for good */
    }
    b = b - 1;
    rv_u64_store_seq_cst(&d->bottom, b); /* LAST */
    RV_SHAKE_POINT();
    uint64_t t = rv_u64_load_seq_cst(&d->top); /* LAST */
    if ((int64_t)(b - t) <= 0) {
        return rv_deque_pop_slow(d, b, t);
    }
    return rv_ptr_load_relaxed(&d->slots[b & d->mask]); /* own store */
}

#endif
