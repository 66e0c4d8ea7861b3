/* What does not fit into a worker's ring: a FIFO of links behind a lock. It is
 * taken from by the batch, and a chain is appended and taken without walking
 * what stays behind.
 *
 * Law. `chain` is guarded by `lock`; `size` is written under the lock and read
 * by anyone. Taken from the head only, so an item at place p runs after p more
 * have been taken.
 *
 * Pair LOOK: an append ends with a seq_cst RMW of `size`, after which its
 * caller looks for sleepers; a parker publishes that it sleeps by a seq_cst RMW
 * and then loads `size` (seq_cst). One of the two sees the other.
 */
#ifndef SRC_QUEUE_BACKLOG_H
#define SRC_QUEUE_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/platform/lock.h"

typedef struct rv_backlog {
    RV_OWN_LINE rv_atomic_u64 size;
    rv_lock lock;
    rv_fifo chain;
} rv_backlog;

void rv_backlog_init(rv_backlog *b);

/* Any thread. Adds a chain, oldest first, ended by NULL. */
void rv_backlog_append(rv_backlog *b, rv_link *first);

/* Any thread. Takes up to `max` of the oldest; the chain, oldest first, ended
 * by NULL. */
rv_link *rv_backlog_take(rv_backlog *b, unsigned max);

/* Any thread. */
static inline bool rv_backlog_is_empty(const rv_backlog *b)
{
    return rv_u64_load_seq_cst(&b->size) == 0; /* LOOK */
}

#endif
