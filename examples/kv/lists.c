/* Commands on lists.
 */
#include <math.h>
#include <stdlib.h>

#include "examples/kv/command.h"
#include "examples/kv/waiter.h"

/* The entry of the list of a key: NULL when there is no key. False: it is a
 * string, and that was answered. */
static bool find_list(struct session *session, struct key key,
                      struct entry **entry)
{
    *entry = keyspace_find(session->service->keys, key);
    if (*entry != NULL && (*entry)->list == NULL) {
        command_wrong_type(session);
        return false;
    }
    return true;
}

/* No key has an empty list. */
static void remove_if_empty(struct session *session, struct entry *entry)
{
    if (entry->list->size == 0) {
        keyspace_remove(session->service->keys, entry);
    }
}

/* A new entry to push to; NULL: no memory. */
static struct entry *add_list(struct session *session, struct key key)
{
    struct entry *entry = keyspace_add(session->service->keys, key);
    if (entry != NULL) {
        entry->list = list_new();
        if (entry->list == NULL) {
            keyspace_remove(session->service->keys, entry);
            return NULL;
        }
    }
    return entry;
}

static bool push_item(struct list *list, enum list_end end, struct bytes bytes)
{
    struct text *item = text_new(bytes);
    if (item == NULL || !list_push(list, end, item)) {
        free(item);
        return false;
    }
    return true;
}

static int push(struct session *session, enum list_end end)
{
    struct key key = command_key(session, 1);
    size_t count = request_count(&session->request);
    struct entry *entry;
    if (!find_list(session, key, &entry)) {
        return 0;
    }
    if (entry == NULL) {
        entry = add_list(session, key);
    }
    if (entry == NULL) {
        return command_no_memory(session);
    }
    bool is_pushed = true;
    for (size_t i = 2; i < count && is_pushed; i++) {
        is_pushed = push_item(entry->list, end, command_arg(session, i));
    }
    if (is_pushed) {
        reply_number(&session->reply, (long long)entry->list->size);
    } else {
        command_no_memory(session);
    }
    waiters_serve(session->service->keys, entry);
    remove_if_empty(session, entry);
    return 0;
}

int run_lpush(struct session *session)
{
    return push(session, LIST_LEFT);
}

int run_rpush(struct session *session)
{
    return push(session, LIST_RIGHT);
}

static void pop_item(struct session *session, struct entry *entry,
                     enum list_end end)
{
    struct text *item = list_pop(entry->list, end);
    reply_string(&session->reply, text_bytes(item));
    free(item);
}

/* With a number, an array of at most so many. */
static int pop(struct session *session, enum list_end end)
{
    struct entry *entry;
    long long most = 1;
    bool is_array = request_count(&session->request) > 2;
    if (request_count(&session->request) > 3) {
        return command_syntax_error(session);
    }
    if (is_array && !command_number(session, 2, &most)) {
        return 0;
    }
    if (most < 0) {
        reply_error(&session->reply,
                    "ERR value is out of range, must be positive");
        return 0;
    }
    if (!find_list(session, command_key(session, 1), &entry)) {
        return 0;
    }
    if (entry == NULL) {
        (is_array ? reply_nil_array : reply_nil)(&session->reply);
        return 0;
    }
    size_t count = entry->list->size;
    count = (unsigned long long)most < count ? (size_t)most : count;
    if (is_array) {
        reply_array(&session->reply, count);
    }
    for (size_t i = 0; i < count; i++) {
        pop_item(session, entry, end);
    }
    remove_if_empty(session, entry);
    return 0;
}

int run_lpop(struct session *session)
{
    return pop(session, LIST_LEFT);
}

int run_rpop(struct session *session)
{
    return pop(session, LIST_RIGHT);
}

int run_llen(struct session *session)
{
    struct entry *entry;
    if (find_list(session, command_key(session, 1), &entry)) {
        reply_number(&session->reply,
                     entry != NULL ? (long long)entry->list->size : 0);
    }
    return 0;
}

int run_lindex(struct session *session)
{
    struct entry *entry;
    long long i;
    if (!command_number(session, 2, &i) ||
        !find_list(session, command_key(session, 1), &entry)) {
        return 0;
    }
    long long size = entry != NULL ? (long long)entry->list->size : 0;
    i = i < 0 ? i + size : i;
    if (i >= 0 && i < size) {
        reply_string(&session->reply,
                     text_bytes(list_at(entry->list, (size_t)i)));
    } else {
        reply_nil(&session->reply);
    }
    return 0;
}

int run_lrange(struct session *session)
{
    struct entry *entry;
    long long first, last;
    if (!command_number(session, 2, &first) ||
        !command_number(session, 3, &last) ||
        !find_list(session, command_key(session, 1), &entry)) {
        return 0;
    }
    long long size = entry != NULL ? (long long)entry->list->size : 0;
    first = first < 0 ? first + size : first;
    first = first < 0 ? 0 : first;
    last = last < 0 ? last + size : last;
    last = last >= size ? size - 1 : last;
    reply_array(&session->reply,
                first <= last ? (size_t)(last - first + 1) : 0);
    for (long long i = first; i <= last; i++) {
        reply_string(&session->reply,
                     text_bytes(list_at(entry->list, (size_t)i)));
    }
    return 0;
}

/* Seconds, with fractions; 0 is for ever. False: an error was answered. */
static bool read_timeout(struct session *session, size_t i, rove_time *deadline)
{
    struct bytes bytes = command_arg(session, i);
    char text[32] = {0};
    char *end;
    size_t size = bytes.size < sizeof text ? bytes.size : 0;
    memcpy(text, bytes.data, size);
    double seconds = strtod(text, &end);
    if (size == 0 || end != text + size || !isfinite(seconds) ||
        seconds > 1e9) {
        reply_error(&session->reply, "ERR timeout is not a float or out of "
                                     "range");
        return false;
    }
    if (seconds < 0) {
        reply_error(&session->reply, "ERR timeout is negative");
        return false;
    }
    *deadline =
        seconds > 0 ? rove_now() + (rove_time)(seconds * 1e9) : ROVE_FOREVER;
    return true;
}

static int begin_to_wait(struct session *session, enum list_end end,
                         size_t count, rove_time deadline)
{
    struct key *keys = malloc(count * sizeof *keys);
    if (keys == NULL) {
        return command_no_memory(session);
    }
    for (size_t i = 0; i < count; i++) {
        keys[i] = command_key(session, i + 1);
    }
    session->waiting =
        waiting_begin(session->service->keys, end, keys, count, deadline);
    free(keys);
    return session->waiting != NULL ? 0 : command_no_memory(session);
}

static int pop_or_wait(struct session *session, enum list_end end)
{
    size_t count = request_count(&session->request) - 2;
    rove_time deadline;
    if (!read_timeout(session, count + 1, &deadline)) {
        return 0;
    }
    for (size_t i = 1; i <= count; i++) {
        struct key key = command_key(session, i);
        struct entry *entry;
        if (!find_list(session, key, &entry)) {
            return 0;
        }
        if (entry != NULL) {
            reply_array(&session->reply, 2);
            reply_string(&session->reply, key.name);
            pop_item(session, entry, end);
            remove_if_empty(session, entry);
            return 0;
        }
    }
    return begin_to_wait(session, end, count, deadline);
}

int run_blpop(struct session *session)
{
    return pop_or_wait(session, LIST_LEFT);
}

int run_brpop(struct session *session)
{
    return pop_or_wait(session, LIST_RIGHT);
}
