/* The inside of a server: a chain of acceptors, each a listener and the task
 * that accepts from it and owns the connections' tasks, in a group.
 *
 * Draining reaches into scopes of other tasks, which is allowed while these
 * cannot close them; locks see to that.
 *   server->lock      the chain, the deadline, and whether an acceptor shows
 *                     its scopes (is_open, is_accepting). Taken first
 *   acceptor->lock    its connections; a connection leaves before it is freed
 *   connection->lock  whether it shows its scope (is_idle). Taken last
 *
 * Who begins to be idle, or opens an acceptor, looks for the event under its
 * lock; draining sets the event and then takes the lock. So one of the two sees
 * the other.
 *
 * Whoever runs the server may free it when all have ended, though it was ended
 * by a draining that still goes through the chain. So who drains counts itself
 * in under the lock, before the last acceptor can take that for the last time,
 * and who runs the server waits for it.
 *
 * Counters are relaxed: they order nothing.
 */
#ifndef SRC_IO_SERVER_H
#define SRC_IO_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "rove/group.h"
#include "rove/scope.h"
#include "rove/server.h"
#include "rove/sync.h"

#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/platform/lock.h"

typedef struct rv_acceptor {
    rove_server *server; /* fixed */
    struct rv_acceptor *next;
    int listener; /* the accepting task's while it runs; -1: closed */
    int worker;   /* fixed: the accepting task's; -1: any */
    int result;   /* of the accepting task, when it has ended */
    bool is_open;
    bool is_accepting;
    rove_scope bound; /* around the group: its deadline is that of draining */
    rove_scope accepting; /* inside the group */
    rove_group group;

    rv_lock lock;
    rv_list connections; /* that do not know of draining */
    rv_list told;        /* that do */
    rv_atomic_u64 accepted;
    rv_atomic_u64 ended; /* served, or refused */
    rv_atomic_u64 failed;
    rv_atomic_u64 refused;
    rv_atomic_u64 limited;
    rv_atomic_u64 cut; /* whose handlers were cancelled */
} rv_acceptor;

struct rove_server {
    rove_connection_fn *handler; /* fixed, as the next two */
    void *arg;
    bool is_limited;
    bool has_run;
    bool is_running;
    rove_semaphore places; /* for connections, when limited */
    rove_event draining;
    rv_lock lock;
    rove_time deadline;       /* of draining */
    size_t count;             /* of acceptors */
    rove_wait_group drainers; /* who drains, waited for by who runs */
    rv_acceptor *acceptors;
};

struct rove_connection {
    rv_acceptor *acceptor;      /* fixed */
    int fd;                     /* -1: taken */
    struct rove_stream *stream; /* on fd, when it was asked for */
    rv_node node;
    rv_lock lock;
    bool is_idle;
    bool is_told; /* while idle */
    rove_scope idle;
};

/* An acceptor for a listener, which stays the caller's when there is no memory:
 * NULL. worker: as in rove_task_options. */
rv_acceptor *rv_acceptor_new(rove_server *server, int listener, int worker);

/* Frees it; closes the listener if it still has one. */
void rv_acceptor_free(rv_acceptor *acceptor);

/* The body of its task, arg being the acceptor: accepts until it fails or
 * drains, then waits for the connections. Its result is in the acceptor: 0;
 * -ECANCELED: the task was; -ETIMEDOUT: some connections were; else why
 * accepting failed. */
int64_t rv_acceptor_run(void *arg);

/* Ends accepting, and bounds the connections' time, when the server drains.
 * Under the server's lock, after the deadline and the event were set. */
void rv_acceptor_heed(rv_acceptor *acceptor);

/* Starts to serve a connection, of the task that runs the acceptor: 0, or as
 * rove_group_spawn(), and then fd is the caller's. Once started its task runs,
 * come what may. */
int rv_connection_start(rv_acceptor *acceptor, int fd);

/* Ends the idle waits of all connections, after the event was set. */
void rv_connection_tell_all(rv_acceptor *acceptor);

#endif
