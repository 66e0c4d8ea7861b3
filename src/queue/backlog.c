#include "src/queue/backlog.h"

#include <stddef.h>

void rv_backlog_init(rv_backlog *b)
{
    rv_u64_store_relaxed(&b->size, 0); /* not shared yet */
    rv_lock_init(&b->lock);
    rv_fifo_init(&b->chain);
}

void rv_backlog_append(rv_backlog *b, rv_link *first)
{
    uint64_t count = 0;
    rv_link *last = NULL;
    for (rv_link *link = first; link != NULL; link = link->next) {
        last = link;
        count++;
    }
    if (count == 0) {
        return;
    }
    rv_lock_acquire(&b->lock);
    rv_fifo_push_chain(&b->chain, first, last);
    rv_u64_fetch_add_seq_cst(&b->size, count); /* LOOK */
    rv_lock_release(&b->lock);
}

rv_link *rv_backlog_take(rv_backlog *b, unsigned max)
{
    if (max == 0 || rv_u64_load_relaxed(&b->size) == 0) { /* the lock decides */
        return NULL;
    }
    rv_fifo taken;
    rv_fifo_init(&taken);
    uint64_t count = 0;
    rv_lock_acquire(&b->lock);
    while (count < max && !rv_fifo_is_empty(&b->chain)) {
        rv_fifo_push(&taken, rv_fifo_pop(&b->chain));
        count++;
    }
    rv_u64_fetch_sub_relaxed(&b->size, count); /* takes: nobody waits for it */
    rv_lock_release(&b->lock);
    return taken.head;
}
