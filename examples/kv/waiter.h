/* Clients that wait for an item of one of several lists (BLPOP, BRPOP). Who
 * pushes hands an item to the client that has waited longest for that list.
 */
#ifndef EXAMPLES_KV_WAITER_H
#define EXAMPLES_KV_WAITER_H

#include "rove/rove.h"

#include "examples/kv/keyspace.h"

/* At one list, in the queue of its shard. */
struct waiter {
    struct waiter *previous, *next;
    bool is_queued;
    struct key key;
    enum list_end end;
    rove_future *served; /* the index of the waiter that has its item */
    int64_t index;
    struct text
        *item; /* once served: it is whose waiter this is that owns it */
};

/* All of one client. */
struct waiting {
    struct keyspace *keys;
    uint64_t shards;
    rove_time deadline;
    rove_future *served;
    size_t count;
    struct waiter waiters[];
};

/* Begins to wait at the lists of the keys, which stay where they are until it
 * ends. The caller has locked their shards, and found nothing. NULL: no memory.
 */
struct waiting *waiting_begin(struct keyspace *keys, enum list_end end,
                              const struct key keys_waited_for[], size_t count,
                              rove_time deadline);

/* Ends it: the waiter that was served, or NULL. The caller has locked nothing.
 */
struct waiter *waiting_end(struct waiting *waiting);

/* Frees it, ended, with an item nobody took. NULL is ignored. */
void waiting_free(struct waiting *waiting);

/* Hands items of a list on to those who wait for them. The caller has locked
 * its shard, and removes the entry when the list is empty then. */
void waiters_serve(struct keyspace *keys, struct entry *entry);

/* How many clients wait. The caller has locked all shards. */
size_t waiters_count(const struct keyspace *keys);

#endif
