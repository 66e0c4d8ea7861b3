/* The commands: what each one looks at, and their bodies by kind.
 *
 * A body runs with the shards of its keys locked, and does not wait unless it
 * has no keys.
 */
#ifndef EXAMPLES_KV_COMMAND_H
#define EXAMPLES_KV_COMMAND_H

#include <stdint.h>

#include "examples/kv/session.h"

/* Carries out the command that was read: answers it, or makes the session wait.
 * 0 or -errno: the connection is over. */
ROVE_MUST_CHECK int command_run(struct session *session);

typedef int command_fn(struct session *session);

#define COMMAND_ALL_KEYS   1u /* looks at all keys */
#define COMMAND_SUBSCRIBED 2u /* also for subscribers */
#define COMMAND_WAITS      4u /* for what other clients do */

struct command {
    const char *name;      /* in upper case */
    int count;             /* of arguments, the name included; -n: n or more */
    int first, last, step; /* which are keys; last: -1 is the last argument */
    unsigned flags;
    command_fn *run;
};

/* NULL: there is no such command. */
const struct command *command_find(struct bytes name);

/* For the bodies. */

struct bytes command_arg(const struct session *session, size_t i);
struct key command_key(const struct session *session, size_t i);

/* Answers with the usual errors; return 0. */
int command_wrong_type(struct session *session);
int command_syntax_error(struct session *session);
int command_not_a_number(struct session *session);
int command_no_memory(struct session *session);
int command_too_long(struct session *session);

/* Reads an argument. False: it is no number, and that was answered. */
bool command_number(struct session *session, size_t i, long long *value);

/* Reads an argument, a span in units; the time at which it is over. False: it
 * is no number, or not in range (`least` is the least allowed), and that was
 * answered. */
bool command_time(struct session *session, size_t i, rove_time unit,
                  long long least, rove_time *when);

command_fn run_append, run_blpop, run_brpop, run_client, run_command,
    run_config, run_dbsize, run_decr, run_decrby, run_del, run_echo, run_exists,
    run_expire, run_flushall, run_get, run_getdel, run_hello, run_incr,
    run_incrby, run_info, run_keys, run_lindex, run_llen, run_lpop, run_lpush,
    run_lrange, run_mget, run_mset, run_persist, run_pexpire, run_ping,
    run_psetex, run_psubscribe, run_pttl, run_publish, run_punsubscribe,
    run_quit, run_rpop, run_rpush, run_select, run_set, run_setex, run_setnx,
    run_strlen, run_subscribe, run_ttl, run_type, run_unsubscribe;

#endif
