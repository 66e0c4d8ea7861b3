/* The keys and their values: 64 hash tables, each behind a lock of its own.
 *
 * Whoever looks at keys locks the shards they are in, all at once and in
 * order, and none of the calls in between waits: so every command is atomic,
 * and commands on different keys rarely meet. Time stands still meanwhile: what
 * was found once does not expire before the shard is unlocked.
 *
 * A key that has expired is not found, and goes when it is looked for; the
 * sweeper finds the others.
 */
#ifndef EXAMPLES_KV_KEYSPACE_H
#define EXAMPLES_KV_KEYSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/rove.h"

#include "examples/kv/bytes.h"
#include "examples/kv/hash.h"
#include "examples/kv/list.h"
#include "examples/kv/text.h"

#define KEYSPACE_SHARDS 64
#define KEYSPACE_ALL    UINT64_MAX

/* A key as it is looked for. */
struct key {
    struct bytes name;
    uint64_t hash;
};

struct entry {
    struct entry *next;
    uint64_t hash;
    rove_time expires; /* ROVE_FOREVER: never */
    struct text *text; /* one of these two */
    struct list *list;
    size_t key_size;
    char key[];
};

struct waiter;

struct shard {
    rove_mutex lock;
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t size;
    size_t expiring; /* entries that expire at some time */
    size_t swept;    /* the bucket the sweeper goes on with */
    rove_time now;   /* for who has locked it; 0: nobody has asked yet */
    struct waiter *first, *last; /* for lists: examples/kv/waiter.h */
} __attribute__((aligned(64)));

struct keyspace {
    struct shard shards[KEYSPACE_SHARDS];
    struct hash_seed seed;
};

/* An empty one; NULL: no memory. */
struct keyspace *keyspace_new(void);
/* NULL is ignored. */
void keyspace_free(struct keyspace *keys);

struct key keyspace_key(const struct keyspace *keys, struct bytes name);

/* The shard of a key, as a bit. */
uint64_t keyspace_shard_of(struct key key);

/* Locks the shards of a set, or none and -ECANCELED. */
ROVE_MUST_CHECK int keyspace_lock(struct keyspace *keys, uint64_t shards);
void keyspace_unlock(struct keyspace *keys, uint64_t shards);

/* The rest is for who has locked the shard of the key. */

/* The shard itself. */
struct shard *keyspace_shard(struct keyspace *keys, uint64_t hash);

/* The entry of a key; NULL: there is none. */
struct entry *keyspace_find(struct keyspace *keys, struct key key);

/* Makes one for a key that was not found, without a value: the caller gives it
 * one, or removes it. NULL: no memory. */
struct entry *keyspace_add(struct keyspace *keys, struct key key);

/* Removes it with its value. */
void keyspace_remove(struct keyspace *keys, struct entry *entry);

/* Changes when it expires. */
void keyspace_expire(struct keyspace *keys, struct entry *entry,
                     rove_time expires);

static inline struct bytes entry_key(const struct entry *entry)
{
    struct bytes key = {entry->key, entry->key_size};
    return key;
}

/* For who has locked all shards: how many there are; removes all; and visits
 * all, in no order. */
size_t keyspace_size(const struct keyspace *keys);
void keyspace_clear(struct keyspace *keys);
void keyspace_visit(struct keyspace *keys,
                    void (*visit)(struct entry *entry, void *arg), void *arg);

/* A task that removes what has expired, a few buckets at a time, until it is
 * cancelled. arg: the keyspace. */
int64_t keyspace_sweep(void *arg);

#endif
