/* Ready ring: a FIFO of a fixed capacity. One owner pushes at the tail; the
 * owner and any number of thieves take from the head, thieves up to half at a
 * time. A full ring refuses, and the owner then moves items elsewhere. Checked
 * by verification/spin/ring.pml.
 *
 * Laws
 *   head       grows only, by CAS, by the owner and by thieves. Who loses the
 *              CAS has taken nothing and forgets what it copied.
 *   tail       stored by the owner only. Items are [head, tail).
 *   slots      stored by the owner only, and only outside [head, tail). Read
 *              before the CAS that claims them: until head has moved on, the
 *              owner may not overwrite them; once it has, the CAS fails.
 *   head_seen  private to the owner: some earlier value of head, so never
 *              more than head. It spares push the line that thieves write.
 *   is_private fixed. Nobody but the owner takes, so plain stores do.
 *   Indices are 64 bits, run on for ever and are compared by difference: a
 *   claim cannot succeed on a head that came round again.
 *
 * Ordering. Every atomic access names one of these pairs.
 *
 *   FILL  push moves tail (seq_cst, hence release); a thief loads tail (at
 *         least acquire), so it sees the items and all they point to.
 *
 *   FREE  a thief moves head by CAS (release) after it has copied the slots;
 *         the owner takes head_seen from an acquire access to head before it
 *         reuses them. CASes of others in between are read-modify-writes and
 *         so keep the release.
 *
 *   LOOK  push moves tail by a seq_cst exchange, and its caller then loads the
 *         idle mask (seq_cst); a parker sets its idle bit (seq_cst) and then
 *         calls rv_ring_is_empty, which loads head, then tail (seq_cst). One
 *         of the two sees the other.
 */
#ifndef SRC_QUEUE_RING_H
#define SRC_QUEUE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/shake.h"
#include "src/queue/owner.h"

typedef struct rv_ring {
    RV_OWN_LINE rv_atomic_u64 head;
    RV_OWN_LINE rv_atomic_u64 tail;
    uint64_t head_seen;
    rv_owner owner;
    RV_OWN_LINE rv_atomic_ptr *slots; /* fixed */
    uint64_t mask;                    /* fixed */
    bool is_private;                  /* fixed */
} rv_ring;

/* Makes an empty ring. `slots` holds `capacity` words, a power of two, and
 * stays the caller's; it must outlive the ring. is_private: there will be no
 * thieves, and push is no barrier. */
void rv_ring_init(rv_ring *r, rv_atomic_ptr *slots, uint64_t capacity,
                  bool is_private);

/* Any thread. Takes the oldest half of what is there, rounded up, at most
 * `max` items, into `items`, oldest first. Returns how many; 0 if the ring is
 * empty or other takers won a few times in a row. `items` may be overwritten
 * beyond the returned count. Never waits. */
unsigned rv_ring_steal(rv_ring *r, void **items, unsigned max);

/* Any thread. How many items there were at about the time of the call. */
unsigned rv_ring_size(const rv_ring *r);

/* Any thread. True if the ring was empty at some moment of the call. */
bool rv_ring_is_empty(const rv_ring *r);

/* Owner. Shows the items before `to`. */
static inline void rv_ring_move_tail(rv_ring *r, uint64_t to)
{
    if (r->is_private) {
        rv_u64_store_relaxed(&r->tail, to); /* read by the owner only */
    } else {
        rv_u64_exchange_seq_cst(&r->tail, to); /* FILL, LOOK */
    }
}

/* Owner. Adds `item` (not NULL); false if the ring is full. A success is a
 * full barrier unless the ring is private. */
static inline bool rv_ring_push(rv_ring *r, void *item)
{
    RV_ASSERT(rv_owner_is_me(&r->owner));
    RV_ASSERT(item != NULL);
    uint64_t t = rv_u64_load_relaxed(&r->tail); /* only the owner writes */
    if (t - r->head_seen > r->mask) {
        r->head_seen = rv_u64_load_acquire(&r->head); /* FREE */
        if (t - r->head_seen > r->mask) {
            return false;
        }
    }
    rv_ptr_store_relaxed(&r->slots[t & r->mask], item); /* FILL orders it */
    rv_ring_move_tail(r, t + 1);
    return true;
}

/* Owner. Adds `count` items, oldest first, as far as there is room; how many
 * that is. As one push. */
unsigned rv_ring_push_many(rv_ring *r, void *const *items, unsigned count);

/* Owner. Takes what lies before `to`; false: head was not *from any more, which
 * is updated. */
static inline bool rv_ring_move_head(rv_ring *r, uint64_t *from, uint64_t to)
{
    if (r->is_private) {
        rv_u64_store_relaxed(&r->head, to); /* read by the owner only */
    } else if (!rv_u64_cas_acquire(&r->head, from, to)) { /* FREE */
        return false;
    }
    r->head_seen = to;
    return true;
}

/* Owner. Takes the oldest item, NULL if there is none. */
static inline void *rv_ring_pop(rv_ring *r)
{
    RV_ASSERT(rv_owner_is_me(&r->owner));
    uint64_t h = rv_u64_load_relaxed(&r->head); /* if stale, the CAS fails */
    uint64_t t = rv_u64_load_relaxed(&r->tail); /* only the owner writes */
    while (h != t) {
        void *item =
            rv_ptr_load_relaxed(&r->slots[h & r->mask]); /* own store */
        RV_SHAKE_POINT();
        if (rv_ring_move_head(r, &h, h + 1)) {
            return item;
        }
    }
    return NULL;
}

/* Owner. The item behind the n oldest; NULL if there are not so many. A hint: a
 * thief may have taken it. */
static inline void *rv_ring_peek(const rv_ring *r, uint64_t n)
{
    uint64_t h = rv_u64_load_relaxed(&r->head); /* a hint */
    uint64_t t = rv_u64_load_relaxed(&r->tail); /* only the owner writes */
    return (int64_t)(t - h) > (int64_t)n
               ? rv_ptr_load_relaxed(&r->slots[(h + n) & r->mask]) /* own */
               : NULL;
}

/* Owner. Takes the oldest item if it is `item`; false: it is not, or a thief
 * was faster. */
static inline bool rv_ring_pop_if(rv_ring *r, const void *item)
{
    RV_ASSERT(rv_owner_is_me(&r->owner));
    uint64_t h = rv_u64_load_relaxed(&r->head); /* if stale, the CAS fails */
    RV_SHAKE_POINT();
    return h != rv_u64_load_relaxed(&r->tail) && /* only the owner writes */
           rv_ptr_load_relaxed(&r->slots[h & r->mask]) ==
               item && /* own store */
           rv_ring_move_head(r, &h, h + 1);
}

#endif
