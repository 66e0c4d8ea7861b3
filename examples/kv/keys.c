/* Commands on keys, whatever their values are.
 */
#include <limits.h>

#include "examples/kv/command.h"

static struct entry *find(struct session *session)
{
    return keyspace_find(session->service->keys, command_key(session, 1));
}

int run_del(struct session *session)
{
    struct keyspace *keys = session->service->keys;
    size_t count = request_count(&session->request);
    long long removed = 0;
    for (size_t i = 1; i < count; i++) {
        struct entry *entry = keyspace_find(keys, command_key(session, i));
        if (entry != NULL) {
            keyspace_remove(keys, entry);
            removed++;
        }
    }
    reply_number(&session->reply, removed);
    return 0;
}

int run_exists(struct session *session)
{
    size_t count = request_count(&session->request);
    long long found = 0;
    for (size_t i = 1; i < count; i++) {
        found += keyspace_find(session->service->keys,
                               command_key(session, i)) != NULL;
    }
    reply_number(&session->reply, found);
    return 0;
}

int run_type(struct session *session)
{
    const struct entry *entry = find(session);
    reply_status(&session->reply, entry == NULL         ? "none"
                                  : entry->list != NULL ? "list"
                                                        : "string");
    return 0;
}

/* A time that has passed removes the key. */
static int expire(struct session *session, rove_time unit)
{
    struct keyspace *keys = session->service->keys;
    struct entry *entry = find(session);
    rove_time when;
    if (!command_time(session, 2, unit, LLONG_MIN, &when)) {
        return 0;
    }
    reply_number(&session->reply, entry != NULL);
    if (entry != NULL && when <= rove_now()) {
        keyspace_remove(keys, entry);
    } else if (entry != NULL) {
        keyspace_expire(keys, entry, when);
    }
    return 0;
}

int run_expire(struct session *session)
{
    return expire(session, ROVE_SEC);
}

int run_pexpire(struct session *session)
{
    return expire(session, ROVE_MS);
}

/* In milliseconds; -1: it does not expire, -2: there is none. */
static long long time_left(struct session *session)
{
    const struct entry *entry = find(session);
    if (entry == NULL) {
        return -2;
    }
    if (entry->expires == ROVE_FOREVER) {
        return -1;
    }
    rove_time left = entry->expires - rove_now();
    return left > 0 ? (left + ROVE_MS - 1) / ROVE_MS : 0;
}

int run_ttl(struct session *session)
{
    long long left = time_left(session);
    reply_number(&session->reply, left < 0 ? left : (left + 500) / 1000);
    return 0;
}

int run_pttl(struct session *session)
{
    reply_number(&session->reply, time_left(session));
    return 0;
}

int run_persist(struct session *session)
{
    struct entry *entry = find(session);
    bool is_changed = entry != NULL && entry->expires != ROVE_FOREVER;
    if (is_changed) {
        keyspace_expire(session->service->keys, entry, ROVE_FOREVER);
    }
    reply_number(&session->reply, is_changed);
    return 0;
}

int run_dbsize(struct session *session)
{
    reply_number(&session->reply,
                 (long long)keyspace_size(session->service->keys));
    return 0;
}

int run_flushall(struct session *session)
{
    keyspace_clear(session->service->keys);
    reply_status(&session->reply, "OK");
    return 0;
}

struct listing {
    struct bytes pattern;
    struct reply found;
    size_t count;
};

static void list_if_matching(struct entry *entry, void *arg)
{
    struct listing *listing = arg;
    if (bytes_match(listing->pattern, entry_key(entry))) {
        reply_string(&listing->found, entry_key(entry));
        listing->count++;
    }
}

int run_keys(struct session *session)
{
    struct listing listing = {.pattern = command_arg(session, 1)};
    keyspace_visit(session->service->keys, list_if_matching, &listing);
    reply_array(&session->reply, listing.count);
    session->reply.is_lost |=
        listing.found.is_lost ||
        !buffer_add(&session->reply.text, listing.found.text.data,
                    listing.found.text.size);
    buffer_free(&listing.found.text);
    return 0;
}
