#include "examples/kv/waiter.h"

#include <errno.h>
#include <stdlib.h>

static void enqueue(struct shard *shard, struct waiter *waiter)
{
    waiter->previous = shard->last;
    *(shard->last != NULL ? &shard->last->next : &shard->first) = waiter;
    shard->last = waiter;
    waiter->is_queued = true;
}

static void dequeue(struct shard *shard, struct waiter *waiter)
{
    struct waiter *previous = waiter->previous, *next = waiter->next;
    *(previous != NULL ? &previous->next : &shard->first) = next;
    *(next != NULL ? &next->previous : &shard->last) = previous;
    waiter->is_queued = false;
}

struct waiting *waiting_begin(struct keyspace *keys, enum list_end end,
                              const struct key keys_waited_for[], size_t count,
                              rove_time deadline)
{
    struct waiting *waiting =
        calloc(1, sizeof *waiting + count * sizeof waiting->waiters[0]);
    rove_future *served = rove_future_new();
    if (waiting == NULL || served == NULL) {
        free(waiting);
        rove_future_unref(served);
        return NULL;
    }
    *waiting = (struct waiting){
        .keys = keys, .deadline = deadline, .served = served, .count = count};
    for (size_t i = 0; i < count; i++) {
        struct waiter *waiter = &waiting->waiters[i];
        *waiter = (struct waiter){.key = keys_waited_for[i],
                                  .end = end,
                                  .served = served,
                                  .index = (int64_t)i};
        waiting->shards |= keyspace_shard_of(waiter->key);
        enqueue(keyspace_shard(keys, waiter->key.hash), waiter);
    }
    return waiting;
}

static void leave_queues(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        struct waiter *waiter = &waiting->waiters[i];
        if (waiter->is_queued) {
            dequeue(keyspace_shard(waiting->keys, waiter->key.hash), waiter);
        }
    }
}

struct waiter *waiting_end(struct waiting *waiting)
{
    int64_t index = -ETIMEDOUT;
    ROVE_SHIELD(ROVE_FOREVER)
    {
        if (rove_future_set(waiting->served, index) != 0 &&
            rove_future_wait(waiting->served, &index) != 0) {
            abort(); /* a shielded wait for what is set fails for nobody */
        }
        if (keyspace_lock(waiting->keys, waiting->shards) == 0) {
            leave_queues(waiting);
            keyspace_unlock(waiting->keys, waiting->shards);
        }
    }
    for (size_t i = 0; i < waiting->count; i++) {
        if ((int64_t)i != index) {
            waiting->waiters[i].item = NULL;
        }
    }
    return index >= 0 ? &waiting->waiters[index] : NULL;
}

void waiting_free(struct waiting *waiting)
{
    if (waiting == NULL) {
        return;
    }
    for (size_t i = 0; i < waiting->count; i++) {
        free(waiting->waiters[i].item);
    }
    rove_future_unref(waiting->served);
    free(waiting);
}

/* The item is stored before its waiter is told, and stays in the list when the
 * waiter was served elsewhere, or gave up. */
void waiters_serve(struct keyspace *keys, struct entry *entry)
{
    struct shard *shard = keyspace_shard(keys, entry->hash);
    struct waiter *next;
    for (struct waiter *waiter = shard->first;
         waiter != NULL && entry->list->size > 0; waiter = next) {
        next = waiter->next;
        if (waiter->key.hash != entry->hash ||
            !bytes_equal(waiter->key.name, entry_key(entry))) {
            continue;
        }
        waiter->item = list_peek(entry->list, waiter->end);
        dequeue(shard, waiter);
        if (rove_future_set(waiter->served, waiter->index) == 0) {
            (void)list_pop(entry->list, waiter->end);
        }
    }
}

size_t waiters_count(const struct keyspace *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        const struct waiter *waiter = keys->shards[i].first;
        for (; waiter != NULL; waiter = waiter->next) {
            count += waiter->index == 0; /* a client's first one */
        }
    }
    return count;
}
