#include "examples/kv/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_SIZE 16
#define SPAN_MOST     (ROVE_FOREVER / 2)

/* By name. */
static const struct command commands[] = {
    {"APPEND", 3, 1, 1, 1, 0, run_append},
    {"BLPOP", -3, 1, -2, 1, COMMAND_WAITS, run_blpop},
    {"BRPOP", -3, 1, -2, 1, COMMAND_WAITS, run_brpop},
    {"CLIENT", -2, 0, 0, 0, 0, run_client},
    {"COMMAND", -1, 0, 0, 0, 0, run_command},
    {"CONFIG", -2, 0, 0, 0, 0, run_config},
    {"DBSIZE", 1, 0, 0, 0, COMMAND_ALL_KEYS, run_dbsize},
    {"DECR", 2, 1, 1, 1, 0, run_decr},
    {"DECRBY", 3, 1, 1, 1, 0, run_decrby},
    {"DEL", -2, 1, -1, 1, 0, run_del},
    {"ECHO", 2, 0, 0, 0, 0, run_echo},
    {"EXISTS", -2, 1, -1, 1, 0, run_exists},
    {"EXPIRE", 3, 1, 1, 1, 0, run_expire},
    {"FLUSHALL", -1, 0, 0, 0, COMMAND_ALL_KEYS, run_flushall},
    {"FLUSHDB", -1, 0, 0, 0, COMMAND_ALL_KEYS, run_flushall},
    {"GET", 2, 1, 1, 1, 0, run_get},
    {"GETDEL", 2, 1, 1, 1, 0, run_getdel},
    {"HELLO", -1, 0, 0, 0, 0, run_hello},
    {"INCR", 2, 1, 1, 1, 0, run_incr},
    {"INCRBY", 3, 1, 1, 1, 0, run_incrby},
    {"INFO", -1, 0, 0, 0, COMMAND_ALL_KEYS, run_info},
    {"KEYS", 2, 0, 0, 0, COMMAND_ALL_KEYS, run_keys},
    {"LINDEX", 3, 1, 1, 1, 0, run_lindex},
    {"LLEN", 2, 1, 1, 1, 0, run_llen},
    {"LPOP", -2, 1, 1, 1, 0, run_lpop},
    {"LPUSH", -3, 1, 1, 1, 0, run_lpush},
    {"LRANGE", 4, 1, 1, 1, 0, run_lrange},
    {"MGET", -2, 1, -1, 1, 0, run_mget},
    {"MSET", -3, 1, -1, 2, 0, run_mset},
    {"PERSIST", 2, 1, 1, 1, 0, run_persist},
    {"PEXPIRE", 3, 1, 1, 1, 0, run_pexpire},
    {"PING", -1, 0, 0, 0, COMMAND_SUBSCRIBED, run_ping},
    {"PSETEX", 4, 1, 1, 1, 0, run_psetex},
    {"PSUBSCRIBE", -2, 0, 0, 0, COMMAND_SUBSCRIBED | COMMAND_WAITS,
     run_psubscribe},
    {"PTTL", 2, 1, 1, 1, 0, run_pttl},
    {"PUBLISH", 3, 0, 0, 0, 0, run_publish},
    {"PUNSUBSCRIBE", -1, 0, 0, 0, COMMAND_SUBSCRIBED | COMMAND_WAITS,
     run_punsubscribe},
    {"QUIT", -1, 0, 0, 0, COMMAND_SUBSCRIBED, run_quit},
    {"RPOP", -2, 1, 1, 1, 0, run_rpop},
    {"RPUSH", -3, 1, 1, 1, 0, run_rpush},
    {"SELECT", 2, 0, 0, 0, 0, run_select},
    {"SET", -3, 1, 1, 1, 0, run_set},
    {"SETEX", 4, 1, 1, 1, 0, run_setex},
    {"SETNX", 3, 1, 1, 1, 0, run_setnx},
    {"STRLEN", 2, 1, 1, 1, 0, run_strlen},
    {"SUBSCRIBE", -2, 0, 0, 0, COMMAND_SUBSCRIBED | COMMAND_WAITS,
     run_subscribe},
    {"TTL", 2, 1, 1, 1, 0, run_ttl},
    {"TYPE", 2, 1, 1, 1, 0, run_type},
    {"UNLINK", -2, 1, -1, 1, 0, run_del},
    {"UNSUBSCRIBE", -1, 0, 0, 0, COMMAND_SUBSCRIBED | COMMAND_WAITS,
     run_unsubscribe},
};

static int compare(const void *name, const void *command)
{
    return strcmp(name, ((const struct command *)command)->name);
}

const struct command *command_find(struct bytes name)
{
    char upper[NAME_MAX_SIZE + 1] = {0};
    if (name.size > NAME_MAX_SIZE || memchr(name.data, '\0', name.size)) {
        return NULL;
    }
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        upper[i] = c;
    }
    return bsearch(upper, commands, sizeof commands / sizeof commands[0],
                   sizeof commands[0], compare);
}

struct bytes command_arg(const struct session *session, size_t i)
{
    return request_arg(&session->request, i);
}

struct key command_key(const struct session *session, size_t i)
{
    return i == 1
               ? session->key
               : keyspace_key(session->service->keys, command_arg(session, i));
}

int command_wrong_type(struct session *session)
{
    reply_error(&session->reply, "WRONGTYPE Operation against a key holding "
                                 "the wrong kind of value");
    return 0;
}

int command_syntax_error(struct session *session)
{
    reply_error(&session->reply, "ERR syntax error");
    return 0;
}

int command_not_a_number(struct session *session)
{
    reply_error(&session->reply, "ERR value is not an integer or out of range");
    return 0;
}

int command_no_memory(struct session *session)
{
    reply_error(&session->reply, "OOM out of memory");
    return 0;
}

int command_too_long(struct session *session)
{
    reply_error(&session->reply, "ERR string exceeds maximum allowed size "
                                 "(proto-max-bulk-len)");
    return 0;
}

bool command_number(struct session *session, size_t i, long long *value)
{
    if (!bytes_number(command_arg(session, i), value)) {
        command_not_a_number(session);
        return false;
    }
    return true;
}

/* The name as it was sent, cut, in lower case. */
static const char *print_name(const struct session *session, char text[64])
{
    struct bytes name = command_arg(session, 0);
    size_t size = name.size < 63 ? name.size : 63;
    for (size_t i = 0; i < size; i++) {
        char c = name.data[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        text[i] = c;
    }
    text[size] = '\0';
    return text;
}

bool command_time(struct session *session, size_t i, rove_time unit,
                  long long least, rove_time *when)
{
    long long span;
    char name[64];
    if (!command_number(session, i, &span)) {
        return false;
    }
    if (span < least || span > SPAN_MOST / unit || span < -SPAN_MOST / unit) {
        reply_error(&session->reply, "ERR invalid expire time in '%s' command",
                    print_name(session, name));
        return false;
    }
    *when = rove_now() + span * unit;
    return true;
}

static int say_unknown(struct session *session)
{
    struct bytes name = command_arg(session, 0);
    char text[192];
    size_t count = request_count(&session->request);
    int size = snprintf(text, sizeof text, "'%.*s', with args beginning with: ",
                        (int)(name.size < 128 ? name.size : 128), name.data);
    for (size_t i = 1; i < count && size < (int)sizeof text - 40; i++) {
        struct bytes arg = command_arg(session, i);
        size += snprintf(text + size, sizeof text - (size_t)size, "'%.*s' ",
                         (int)(arg.size < 32 ? arg.size : 32), arg.data);
    }
    reply_error(&session->reply, "ERR unknown command %s", text);
    return 0;
}

static uint64_t find_shards(struct session *session,
                            const struct command *command)
{
    int count = (int)request_count(&session->request);
    int last = command->last < 0 ? count + command->last : command->last;
    uint64_t shards = 0;
    if ((command->flags & COMMAND_ALL_KEYS) != 0) {
        return KEYSPACE_ALL;
    }
    if (command->first > 0) {
        session->key =
            keyspace_key(session->service->keys, command_arg(session, 1));
    }
    for (int i = command->first; i > 0 && i <= last; i += command->step) {
        shards |= keyspace_shard_of(command_key(session, (size_t)i));
    }
    return shards;
}

/* Most clients repeat themselves. */
static const struct command *find_again(const struct command *last,
                                        struct bytes name)
{
    return last != NULL && name.size == strlen(last->name) &&
                   memcmp(name.data, last->name, name.size) == 0
               ? last
               : command_find(name);
}

int command_run(struct session *session)
{
    const struct command *command =
        find_again(session->command, command_arg(session, 0));
    int count = (int)request_count(&session->request);
    char name[64];
    if (command == NULL) {
        return say_unknown(session);
    }
    session->command = command;
    if (count < abs(command->count) ||
        (command->count > 0 && count > command->count)) {
        reply_error(&session->reply,
                    "ERR wrong number of arguments for '%s' command",
                    print_name(session, name));
        return 0;
    }
    if (session->subscriber.count > 0 &&
        (command->flags & COMMAND_SUBSCRIBED) == 0) {
        reply_error(&session->reply,
                    "ERR Can't execute '%s': only (P)SUBSCRIBE / "
                    "(P)UNSUBSCRIBE / PING / QUIT are allowed in this context",
                    print_name(session, name));
        return 0;
    }
    uint64_t shards = find_shards(session, command);
    int error = keyspace_lock(session->service->keys, shards);
    if (error == 0) {
        error = command->run(session);
        keyspace_unlock(session->service->keys, shards);
    }
    return error;
}
