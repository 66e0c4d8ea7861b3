#include "src/queue/ring.h"

#include "src/base/bits.h"

/* A thief that lost this often meets others who are served: the ring is being
 * emptied without it. */
#define STEAL_ATTEMPTS 4

void rv_ring_init(rv_ring *r, rv_atomic_ptr *slots, uint64_t capacity,
                  bool is_private)
{
    RV_CHECK(rv_bits_is_pow2(capacity), "capacity is a power of two");
    RV_CHECK(capacity <= UINT32_MAX, "capacity fits an unsigned");
    /* Relaxed: the ring is handed to other threads after this. */
    rv_u64_store_relaxed(&r->head, 0);
    rv_u64_store_relaxed(&r->tail, 0);
    r->head_seen = 0;
    rv_owner_reset(&r->owner);
    r->slots = slots;
    r->mask = capacity - 1;
    r->is_private = is_private;
}

unsigned rv_ring_push_many(rv_ring *r, void *const *items, unsigned count)
{
    RV_ASSERT(rv_owner_is_me(&r->owner));
    uint64_t t = rv_u64_load_relaxed(&r->tail);   /* only the owner writes */
    r->head_seen = rv_u64_load_acquire(&r->head); /* FREE */
    uint64_t room = r->mask + 1 - (t - r->head_seen);
    unsigned taken = count < room ? count : (unsigned)room;
    for (unsigned i = 0; i < taken; i++) {
        rv_ptr_store_relaxed(&r->slots[(t + i) & r->mask],
                             items[i]); /* FILL orders it */
    }
    rv_ring_move_tail(r, t + taken);
    return taken;
}

/* Copies the `count` items from index `head` on. Relaxed: a thief has the FILL
 * pair behind it, the owner wrote the slots itself. */
static void copy_slots(const rv_ring *r, uint64_t head, void **items,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        items[i] = rv_ptr_load_relaxed(&r->slots[(head + i) & r->mask]);
    }
}

unsigned rv_ring_steal(rv_ring *r, void **items, unsigned max)
{
    for (int attempt = 0; attempt < STEAL_ATTEMPTS; attempt++) {
        uint64_t h = rv_u64_load_acquire(&r->head); /* FREE */
        uint64_t t = rv_u64_load_acquire(&r->tail); /* FILL */
        int64_t seen = (int64_t)(t - h);

        if (seen <= 0) {
            return 0;
        }

        /* More than the capacity if head has moved on since; the CAS fails. */
        uint64_t half = (uint64_t)seen - (uint64_t)seen / 2;
        unsigned count = half < max ? (unsigned)half : max;

        copy_slots(r, h, items, count);
        RV_SHAKE_POINT();
        if (rv_u64_cas_release(&r->head, &h, h + count)) { /* FREE */
            return count;
        }
    }
    return 0;
}

unsigned rv_ring_size(const rv_ring *r)
{
    uint64_t h = rv_u64_load_seq_cst(&r->head); /* LOOK */
    uint64_t t = rv_u64_load_seq_cst(&r->tail); /* LOOK */
    int64_t seen = (int64_t)(t - h);

    if (seen <= 0) {
        return 0;
    }
    /* Head may have moved on between the two loads. */
    return (uint64_t)seen > r->mask ? (unsigned)(r->mask + 1) : (unsigned)seen;
}

bool rv_ring_is_empty(const rv_ring *r)
{
    /* Head first: it was reached by the moment tail is seen, so the ring was
     * empty at that moment. */
    uint64_t h = rv_u64_load_seq_cst(&r->head); /* LOOK */
    uint64_t t = rv_u64_load_seq_cst(&r->tail); /* LOOK */

    return (int64_t)(t - h) <= 0;
}
