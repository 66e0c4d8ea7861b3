#include "src/queue/deque.h"

#include "src/base/bits.h"

void rv_deque_init(rv_deque *d, rv_atomic_ptr *slots, uint64_t capacity)
{
    RV_CHECK(rv_bits_is_pow2(capacity), "capacity is a power of two");
    /* Relaxed: the deque is handed to other threads after this. */
    rv_u64_store_relaxed(&d->top, 0);
    rv_u64_store_relaxed(&d->bottom, 0);
    d->top_seen = 0;
    rv_owner_reset(&d->owner);
    d->slots = slots;
    d->mask = capacity - 1;
}

void *rv_deque_pop_slow(rv_deque *d, uint64_t bottom, uint64_t top)
{
    void *item = NULL;

    if (top == bottom) {
        RV_SHAKE_POINT();
        if (rv_u64_cas_seq_cst(&d->top, &top, bottom + 1)) { /* LAST, FREE */
            item = rv_ptr_load_relaxed(&d->slots[bottom & d->mask]); /* own */
        }
    }
    /* Relaxed: there is no item that this could publish. */
    rv_u64_store_relaxed(&d->bottom, bottom + 1);
    d->top_seen = bottom + 1; /* FREE: the load or CAS of top that showed it */
    return item;
}

rv_steal_result rv_deque_steal(rv_deque *d, void **item)
{
    uint64_t t = rv_u64_load_seq_cst(&d->top);    /* LAST */
    uint64_t b = rv_u64_load_seq_cst(&d->bottom); /* LAST, FILL */

    if ((int64_t)(b - t) <= 0) {
        return RV_STEAL_EMPTY;
    }

    /* Before the CAS: after it the owner may overwrite the slot. If top has
     * moved on already this reads another item, but then the CAS fails. */
    void *found = rv_ptr_load_relaxed(&d->slots[t & d->mask]);

    RV_SHAKE_POINT();
    if (!rv_u64_cas_seq_cst(&d->top, &t, t + 1)) { /* LAST, FREE */
        return RV_STEAL_LOST;
    }
    *item = found;
    return RV_STEAL_OK;
}

bool rv_deque_is_empty(const rv_deque *d)
{
    /* Top first: it was reached by the moment bottom is seen, so the deque was
     * empty at that moment. */
    uint64_t t = rv_u64_load_seq_cst(&d->top);    /* LOOK */
    uint64_t b = rv_u64_load_seq_cst(&d->bottom); /* LOOK */

    return (int64_t)(b - t) <= 0;
}
