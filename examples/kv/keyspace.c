#include "examples/kv/keyspace.h"

#include <stdlib.h>

#define BUCKETS_LEAST 16
#define SHARD_SHIFT   58 /* the upper bits of a hash name the shard */
#define SWEEP_PERIOD  (100 * ROVE_MS)
#define SWEEP_BUCKETS 1024 /* under one lock */

struct keyspace *keyspace_new(void)
{
    struct keyspace *keys = aligned_alloc(64, sizeof *keys);
    if (keys == NULL) {
        return NULL;
    }
    memset(keys, 0, sizeof *keys);
    keys->seed = hash_seed_new();
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keys->shards[i];
        shard->bucket_count = BUCKETS_LEAST;
        shard->buckets = calloc(BUCKETS_LEAST, sizeof(struct entry *));
        if (shard->buckets == NULL) {
            keyspace_free(keys);
            return NULL;
        }
    }
    return keys;
}

static void free_entry(struct entry *entry)
{
    free(entry->text);
    list_free(entry->list);
    free(entry);
}

static void clear_shard(struct shard *shard)
{
    for (size_t i = 0; shard->buckets != NULL && i < shard->bucket_count; i++) {
        while (shard->buckets[i] != NULL) {
            struct entry *entry = shard->buckets[i];
            shard->buckets[i] = entry->next;
            free_entry(entry);
        }
    }
    shard->size = 0;
    shard->expiring = 0;
}

void keyspace_free(struct keyspace *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        clear_shard(&keys->shards[i]);
        free(keys->shards[i].buckets);
    }
    free(keys);
}

struct key keyspace_key(const struct keyspace *keys, struct bytes name)
{
    return (struct key){name, hash_bytes(&keys->seed, name)};
}

struct shard *keyspace_shard(struct keyspace *keys, uint64_t hash)
{
    return &keys->shards[hash >> SHARD_SHIFT];
}

uint64_t keyspace_shard_of(struct key key)
{
    return UINT64_C(1) << (key.hash >> SHARD_SHIFT);
}

int keyspace_lock(struct keyspace *keys, uint64_t shards)
{
    for (uint64_t left = shards; left != 0; left &= left - 1) {
        struct shard *shard = &keys->shards[__builtin_ctzll(left)];
        int error = rove_mutex_lock(&shard->lock);
        if (error != 0) {
            keyspace_unlock(keys, shards & ~left);
            return error;
        }
        shard->now = 0;
    }
    return 0;
}

void keyspace_unlock(struct keyspace *keys, uint64_t shards)
{
    for (uint64_t left = shards; left != 0; left &= left - 1) {
        rove_mutex_unlock(&keys->shards[__builtin_ctzll(left)].lock);
    }
}

static struct entry **bucket_of(const struct shard *shard, uint64_t hash)
{
    return &shard->buckets[hash & (shard->bucket_count - 1)];
}

static void remove_at(struct shard *shard, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    shard->size--;
    shard->expiring -= entry->expires != ROVE_FOREVER;
    free_entry(entry);
}

static bool is_expired(struct shard *shard, const struct entry *entry)
{
    if (entry->expires == ROVE_FOREVER) {
        return false;
    }
    if (shard->now == 0) {
        shard->now = rove_now();
    }
    return entry->expires <= shard->now;
}

struct entry *keyspace_find(struct keyspace *keys, struct key key)
{
    struct shard *shard = keyspace_shard(keys, key.hash);
    struct entry **at = bucket_of(shard, key.hash);
    while (*at != NULL && ((*at)->hash != key.hash ||
                           !bytes_equal(entry_key(*at), key.name))) {
        at = &(*at)->next;
    }
    if (*at != NULL && is_expired(shard, *at)) {
        remove_at(shard, at);
        return NULL;
    }
    return *at;
}

/* Doubles the buckets, all of a 64th of the keys at once. Without memory the
 * chains stay long. */
static void grow(struct shard *shard)
{
    size_t count = shard->bucket_count;
    struct entry **buckets = calloc(count * 2, sizeof(struct entry *));
    if (buckets == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = shard->buckets[i];
        while (entry != NULL) {
            struct entry *next = entry->next;
            struct entry **bucket = &buckets[entry->hash & (count * 2 - 1)];
            entry->next = *bucket;
            *bucket = entry;
            entry = next;
        }
    }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->bucket_count = count * 2;
}

struct entry *keyspace_add(struct keyspace *keys, struct key key)
{
    struct shard *shard = keyspace_shard(keys, key.hash);
    struct entry *entry = malloc(sizeof *entry + key.name.size);
    if (entry == NULL) {
        return NULL;
    }
    if (shard->size >= shard->bucket_count) {
        grow(shard);
    }
    struct entry **bucket = bucket_of(shard, key.hash);
    *entry = (struct entry){.next = *bucket,
                            .hash = key.hash,
                            .expires = ROVE_FOREVER,
                            .key_size = key.name.size};
    memcpy(entry->key, key.name.data, key.name.size);
    *bucket = entry;
    shard->size++;
    return entry;
}

void keyspace_remove(struct keyspace *keys, struct entry *entry)
{
    struct shard *shard = keyspace_shard(keys, entry->hash);
    struct entry **at = bucket_of(shard, entry->hash);
    while (*at != entry) {
        at = &(*at)->next;
    }
    remove_at(shard, at);
}

void keyspace_expire(struct keyspace *keys, struct entry *entry,
                     rove_time expires)
{
    struct shard *shard = keyspace_shard(keys, entry->hash);
    shard->expiring -= entry->expires != ROVE_FOREVER;
    shard->expiring += expires != ROVE_FOREVER;
    entry->expires = expires;
}

size_t keyspace_size(const struct keyspace *keys)
{
    size_t size = 0;
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        size += keys->shards[i].size;
    }
    return size;
}

void keyspace_clear(struct keyspace *keys)
{
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        clear_shard(&keys->shards[i]);
    }
}

static void visit_chain(struct shard *shard, struct entry *entry,
                        void (*visit)(struct entry *entry, void *arg),
                        void *arg)
{
    for (; entry != NULL; entry = entry->next) {
        if (!is_expired(shard, entry)) {
            visit(entry, arg);
        }
    }
}

void keyspace_visit(struct keyspace *keys,
                    void (*visit)(struct entry *entry, void *arg), void *arg)
{
    for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keys->shards[i];
        for (size_t j = 0; j < shard->bucket_count; j++) {
            visit_chain(shard, shard->buckets[j], visit, arg);
        }
    }
}

static void sweep(struct shard *shard)
{
    rove_time now = rove_now();
    for (size_t i = 0; i < SWEEP_BUCKETS && shard->expiring > 0; i++) {
        shard->swept = (shard->swept + 1) & (shard->bucket_count - 1);
        struct entry **at = &shard->buckets[shard->swept];
        while (*at != NULL) {
            if ((*at)->expires <= now) {
                remove_at(shard, at);
            } else {
                at = &(*at)->next;
            }
        }
    }
}

int64_t keyspace_sweep(void *arg)
{
    struct keyspace *keys = arg;
    while (rove_sleep(SWEEP_PERIOD) == 0) {
        for (size_t i = 0; i < KEYSPACE_SHARDS; i++) {
            struct shard *shard = &keys->shards[i];
            if (rove_mutex_lock(&shard->lock) != 0) {
                return 0;
            }
            sweep(shard);
            rove_mutex_unlock(&shard->lock);
        }
    }
    return 0;
}
