/* One client: reads its commands, carries them out in order, and writes the
 * answers, those of commands that came together together.
 *
 * A subscriber has two writers, the hub and its own answers. So then a task of
 * its own writes, all that comes into the outbox, until the last subscription
 * ends.
 */
#ifndef EXAMPLES_KV_SESSION_H
#define EXAMPLES_KV_SESSION_H

#include <stdbool.h>

#include "rove/rove.h"

#include "examples/kv/hub.h"
#include "examples/kv/keyspace.h"
#include "examples/kv/limits.h"
#include "examples/kv/reply.h"
#include "examples/kv/request.h"

struct command;
struct waiting;

/* What all clients share. */
struct service {
    struct keyspace *keys;
    struct hub *hub;
    rove_server *server; /* NULL: there is none */
    struct limits limits;
};

struct session {
    struct service *service;
    rove_connection *connection;
    rove_stream *stream;
    struct request request;
    struct reply reply;
    const struct command *command; /* the last one; NULL: there was none */
    struct key key;                /* its first one, if it has any */
    struct subscriber subscriber;
    rove_task *deliverer;    /* writes the outbox; NULL: nobody does */
    struct waiting *waiting; /* the command waits for an item */
    bool is_over;            /* no command after this one */
};

/* The rove_connection_fn. arg: the service. */
int64_t session_serve(rove_connection *connection, void *arg);

/* Sends the answers there are, or puts them into the outbox. 0 or -errno: the
 * connection is over. */
ROVE_MUST_CHECK int session_flush(struct session *session);

/* From now on the outbox is written. 0 or -errno. */
ROVE_MUST_CHECK int session_listen(struct session *session);

#endif
