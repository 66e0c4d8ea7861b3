/* Commands on strings.
 */
#include <errno.h>
#include <limits.h>

#include "examples/kv/command.h"

/* The string of a key: *text, or NULL when there is no key. False: it is a
 * list, and that was answered. */
static bool find_text(struct session *session, struct key key,
                      struct entry **entry)
{
    *entry = keyspace_find(session->service->keys, key);
    if (*entry != NULL && (*entry)->list != NULL) {
        command_wrong_type(session);
        return false;
    }
    return true;
}

/* Gives a key a value, whatever it had: its entry, NULL: there is none. False:
 * no memory; then a key that was there is as before. */
static bool set(struct session *session, struct key key, struct entry *entry,
                struct bytes value, rove_time expires)
{
    struct keyspace *keys = session->service->keys;
    if (entry == NULL) {
        entry = keyspace_add(keys, key);
    }
    if (entry == NULL) {
        return false;
    }
    if (!text_set(&entry->text, value)) {
        if (entry->text == NULL && entry->list == NULL) {
            keyspace_remove(keys, entry);
        }
        return false;
    }
    list_free(entry->list);
    entry->list = NULL;
    keyspace_expire(keys, entry, expires);
    return true;
}

int run_get(struct session *session)
{
    struct entry *entry;
    if (find_text(session, command_key(session, 1), &entry)) {
        if (entry != NULL) {
            reply_string(&session->reply, text_bytes(entry->text));
        } else {
            reply_nil(&session->reply);
        }
    }
    return 0;
}

int run_getdel(struct session *session)
{
    struct entry *entry =
        keyspace_find(session->service->keys, command_key(session, 1));
    run_get(session);
    if (entry != NULL && entry->list == NULL) {
        keyspace_remove(session->service->keys, entry);
    }
    return 0;
}

/* What SET was asked for behind key and value. */
struct set_options {
    bool is_new, is_old; /* NX, XX: only if the key is not, or is, there */
    bool keeps_time, has_time, gets;
    rove_time expires;
};

/* False: what is wrong with them was answered. */
static bool read_set_options(struct session *session,
                             struct set_options *options)
{
    size_t count = request_count(&session->request);
    *options = (struct set_options){.expires = ROVE_FOREVER};
    for (size_t i = 3; i < count; i++) {
        struct bytes word = command_arg(session, i);
        bool is_ex = bytes_is_word(word, "ex");
        if (bytes_is_word(word, "nx") && !options->is_old) {
            options->is_new = true;
        } else if (bytes_is_word(word, "xx") && !options->is_new) {
            options->is_old = true;
        } else if (bytes_is_word(word, "get")) {
            options->gets = true;
        } else if (bytes_is_word(word, "keepttl") && !options->has_time) {
            options->keeps_time = true;
        } else if ((is_ex || bytes_is_word(word, "px")) && i + 1 < count &&
                   !options->has_time && !options->keeps_time) {
            options->has_time = true;
            if (!command_time(session, ++i, is_ex ? ROVE_SEC : ROVE_MS, 1,
                              &options->expires)) {
                return false;
            }
        } else {
            command_syntax_error(session);
            return false;
        }
    }
    return true;
}

int run_set(struct session *session)
{
    struct reply *reply = &session->reply;
    struct set_options options;
    struct key key = command_key(session, 1);
    if (!read_set_options(session, &options)) {
        return 0;
    }
    struct entry *entry = keyspace_find(session->service->keys, key);
    if (options.gets && entry != NULL && entry->list != NULL) {
        return command_wrong_type(session);
    }
    bool is_set = entry != NULL ? !options.is_new : !options.is_old;
    if (options.gets && entry != NULL) {
        reply_string(reply, text_bytes(entry->text));
    } else if (options.gets || !is_set) {
        reply_nil(reply);
    }
    if (entry != NULL && options.keeps_time) {
        options.expires = entry->expires;
    }
    if (is_set &&
        !set(session, key, entry, command_arg(session, 2), options.expires)) {
        return options.gets ? -ENOMEM : command_no_memory(session);
    }
    if (is_set && !options.gets) {
        reply_status(reply, "OK");
    }
    return 0;
}

static int set_for(struct session *session, rove_time unit)
{
    rove_time expires;
    if (!command_time(session, 2, unit, 1, &expires)) {
        return 0;
    }
    struct key key = command_key(session, 1);
    struct entry *entry = keyspace_find(session->service->keys, key);
    if (!set(session, key, entry, command_arg(session, 3), expires)) {
        return command_no_memory(session);
    }
    reply_status(&session->reply, "OK");
    return 0;
}

int run_setex(struct session *session)
{
    return set_for(session, ROVE_SEC);
}

int run_psetex(struct session *session)
{
    return set_for(session, ROVE_MS);
}

int run_setnx(struct session *session)
{
    struct key key = command_key(session, 1);
    bool is_new = keyspace_find(session->service->keys, key) == NULL;
    if (is_new &&
        !set(session, key, NULL, command_arg(session, 2), ROVE_FOREVER)) {
        return command_no_memory(session);
    }
    reply_number(&session->reply, is_new);
    return 0;
}

int run_mget(struct session *session)
{
    size_t count = request_count(&session->request);
    reply_array(&session->reply, count - 1);
    for (size_t i = 1; i < count; i++) {
        const struct entry *entry =
            keyspace_find(session->service->keys, command_key(session, i));
        if (entry != NULL && entry->text != NULL) {
            reply_string(&session->reply, text_bytes(entry->text));
        } else {
            reply_nil(&session->reply);
        }
    }
    return 0;
}

int run_mset(struct session *session)
{
    size_t count = request_count(&session->request);
    if (count % 2 == 0) {
        reply_error(&session->reply,
                    "ERR wrong number of arguments for 'mset' command");
        return 0;
    }
    for (size_t i = 1; i < count; i += 2) {
        struct key key = command_key(session, i);
        struct entry *entry = keyspace_find(session->service->keys, key);
        if (!set(session, key, entry, command_arg(session, i + 1),
                 ROVE_FOREVER)) {
            return command_no_memory(session);
        }
    }
    reply_status(&session->reply, "OK");
    return 0;
}

static int add(struct session *session, long long more)
{
    struct key key = command_key(session, 1);
    struct entry *entry;
    long long number = 0;
    char digits[BYTES_DIGITS];
    if (!find_text(session, key, &entry)) {
        return 0;
    }
    if (entry != NULL && !bytes_number(text_bytes(entry->text), &number)) {
        return command_not_a_number(session);
    }
    if (__builtin_add_overflow(number, more, &number)) {
        reply_error(&session->reply,
                    "ERR increment or decrement would overflow");
        return 0;
    }
    if (!set(session, key, entry, bytes_print(number, digits),
             entry != NULL ? entry->expires : ROVE_FOREVER)) {
        return command_no_memory(session);
    }
    reply_number(&session->reply, number);
    return 0;
}

int run_incr(struct session *session)
{
    return add(session, 1);
}

int run_decr(struct session *session)
{
    return add(session, -1);
}

int run_incrby(struct session *session)
{
    long long more;
    return command_number(session, 2, &more) ? add(session, more) : 0;
}

int run_decrby(struct session *session)
{
    long long less;
    if (!command_number(session, 2, &less)) {
        return 0;
    }
    if (less == LLONG_MIN) {
        reply_error(&session->reply, "ERR decrement would overflow");
        return 0;
    }
    return add(session, -less);
}

int run_append(struct session *session)
{
    struct key key = command_key(session, 1);
    struct bytes more = command_arg(session, 2);
    struct entry *entry;
    if (!find_text(session, key, &entry)) {
        return 0;
    }
    size_t size = entry != NULL ? entry->text->size : 0;
    if (more.size > session->service->limits.bulk_max - size) {
        return command_too_long(session);
    }
    size += more.size;
    if (entry != NULL ? !text_append(&entry->text, more)
                      : !set(session, key, NULL, more, ROVE_FOREVER)) {
        return command_no_memory(session);
    }
    reply_number(&session->reply, (long long)size);
    return 0;
}

int run_strlen(struct session *session)
{
    struct entry *entry;
    if (find_text(session, command_key(session, 1), &entry)) {
        reply_number(&session->reply,
                     entry != NULL ? (long long)entry->text->size : 0);
    }
    return 0;
}
