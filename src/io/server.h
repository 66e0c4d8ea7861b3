/* The inside of a server: a chain of acceptors, each a listener and the task
 * that accepts from it and owns the connections' tasks, in a group.
 *
 * Draining reaches into scopes of other tasks, which is allowed while these
 * cannot close them; locks see to that.
 *   server->lock      the chain, the deadline, and whether an acceptor shows
 *                     its scopes (is_open, is_accepting). Taken first
 *   acceptor->lock    its connections; a connection leaves before it is freed
 *   connection->lock  whether it shows its scope (is_idle), or the wait of the
 *                     task that it rests in (resting). Taken last
 *
 * Who begins to be idle or to rest, or opens an acceptor, looks for the event
 * under its lock; draining sets the event and then takes the lock. So one of
 * the two sees the other.
 *
 * A connection that rests is carried by a task that has not started, with an
 * rv_readable; before the task of the call before ends it has entered the
 * group. Should it end without having run, for want of a stack, the connection
 * is lost: its place is given back at once, the rest by the acceptor, before it
 * serves the next one.
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
#include "src/sched/task.h"

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
    rv_list lost;        /* to be given back */
    rv_atomic_u64 accepted;
    rv_atomic_u64 ended; /* served, or refused */
    rv_atomic_u64 failed;
    rv_atomic_u64 refused;
    rv_atomic_u64 limited;
    rv_atomic_u64 cut;    /* whose handlers were cancelled */
    rv_atomic_u64 losses; /* so many entered `lost` */
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
    bool is_told;   /* while idle or at rest */
    rv_ref resting; /* the wait to claim; 0: it does not rest */
    rove_scope idle;
    bool wants_rest; /* the handler's task only, as the next ones */
    int rested;      /* what ended the last rest */
    rove_time rest_until;
    void *state;
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

/* Ends the idle waits and rests of all connections, after the event was set. */
void rv_connection_tell_all(rv_acceptor *acceptor);

/* Calls the handler, again and again as long as the connection wants to rest
 * and no other task carries it on; then gives the connection back. The result
 * of the task. */
int64_t rv_connection_attend(rove_connection *connection);

/* Gives all back but its place within the limit. May suspend. */
void rv_connection_give_back(rove_connection *connection, int64_t result);

void rv_connection_give_place(rove_server *server);

/* Lets a connection rest without a stack: true, and it is another task's from
 * now on; false: there is no memory for that, or for one more task. */
bool rv_rest_begin(rove_connection *connection);

/* Calls the handler of those that were lost, and gives them back. Of the
 * acceptor's task; may suspend. */
void rv_rest_bury_lost(rv_acceptor *acceptor);

#endif
