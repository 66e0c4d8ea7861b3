/* A server: accepts connections on one or more listeners, runs a task for each,
 * within a limit, and drains when told to.
 *
 *     rove_server *server = rove_server_new(NULL, serve, NULL);
 *     int port = rove_server_listen(server, "0.0.0.0:8080", NULL);
 *     rove_task *running = rove_spawn(run, server); // rove_server_run(server)
 *     … wait for SIGTERM …
 *     rove_server_drain(server, rove_now() + 5 * ROVE_SEC);
 *     rove_join(running);
 *     rove_server_free(server);
 *
 * A handler that reads and writes by a stream gets the connection's own:
 *
 *     rove_stream *stream = rove_connection_stream(connection, NULL);
 *
 * A handler that keeps connections alive tells when it is between requests, so
 * that a server that drains, or a deadline, ends its wait there and only there:
 *
 *     do {
 *         rove_connection_idle_begin(connection, rove_now() + 60 * ROVE_SEC);
 *         size = rove_stream_peek(stream, 1, &data);
 *         rove_connection_idle_end(connection);
 *     } while (size > 0 && answer(stream) &&
 *              !rove_connection_is_draining(connection));
 *
 * Or it lets the connection rest, which then needs no stack, and is called
 * again:
 *
 *     int64_t serve(rove_connection *connection, void *arg) {
 *         void *state; // NULL: a new connection
 *         if (rove_connection_rested(connection, &state) != 0) {
 *             … its time is over: give back what state holds …
 *             return 0;
 *         }
 *         … answer what has come …
 *         rove_connection_rest(connection, rove_now() + 60 * ROVE_SEC, state);
 *         return 0;
 *     }
 */
#ifndef ROVE_SERVER_H
#define ROVE_SERVER_H

#include <stdbool.h>

#include "rove/base.h"
#include "rove/net.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rove_event;
struct rove_stream;
struct rove_stream_options;

typedef struct rove_server rove_server;
typedef struct rove_connection rove_connection;

/* Serves one connection, in a task of its own; returns when that is over. The
 * server then closes the connection's stream, if there is one, and the
 * descriptor. A result < 0 but for -ECANCELED is counted as a failure, and
 * concerns no other connection. */
typedef int64_t rove_connection_fn(rove_connection *connection, void *arg);

typedef struct rove_server_options {
    uint32_t size;            /* sizeof; by rove_server_options_init */
    uint32_t connections_max; /* served at once, 0: no limit. Then no more are
                                 accepted, but for one a listener, which is
                                 served as soon as another one ends */
} rove_server_options;

/* Sets every field to its default. */
ROVE_API void rove_server_options_init(rove_server_options *options);

/* A server without listeners. options: NULL for the defaults. NULL: no memory,
 * or a bad option.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK rove_server *
rove_server_new(const rove_server_options *options, rove_connection_fn *handler,
                void *arg);

/* Frees a server that does not run, and closes listeners that never did. NULL
 * is ignored.
 * Context  any thread; may suspend as rove_close() */
ROVE_API ROVE_SUSPENDS void rove_server_free(rove_server *server);

/* Adds a listening socket, before the server runs: from now on the server's,
 * which closes it. Connections of TCP have TCP_NODELAY. 0; -ENOMEM or -EMFILE
 * (no number that is served), and then it is the caller's.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_server_add(rove_server *server, int listener);

/* Adds listeners for an address as in rove_listen(), before the server runs. On
 * IP there is one for each worker of the calling task's runtime, by
 * SO_REUSEPORT when there are several: each one is accepted from, and its
 * connections start, on its own worker, and the kernel spreads them. On a Unix
 * socket there is one. options: as there.
 *
 * The port (0: a Unix socket), or -errno and then none was added.
 * Context  a task or a pool thread; may suspend after an error */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_server_listen(rove_server *server, const char *where,
                   const rove_listen_options *options);

/* Accepts and serves until the server was drained, or all listeners have
 * failed; once a server, which has a listener. When it returns no connection is
 * left.
 *
 * Returns 0: drained, and all connections ended by themselves; -ETIMEDOUT: some
 * were cancelled at the deadline; -ECANCELED: the caller was cancelled, and all
 * connections with it; else why a listener failed, or could not be started. One
 * that fails is closed while the others go on.
 * Context  a task; may suspend, never returns early: a handler that does not
 *          heed its cancellation is waited for */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_server_run(rove_server *server);

/* Ends the server: listeners are closed, connections that are idle or at rest
 * woken, and the others may go on until `deadline` (ROVE_FOREVER: as long as
 * they like); then they are cancelled. rove_server_run() returns when all have
 * ended. Before it runs: it will accept nothing. Again: with an earlier
 * deadline, that one counts.
 * Context  any thread, until the server is freed; rove_server_run() does not
 *          return before a call it ends by; never suspends
 * Cost     wakes all idle connections */
ROVE_API void rove_server_drain(rove_server *server, rove_time deadline);

/* Set when the server drains; for handlers that select. Lives as long as the
 * server. */
ROVE_API struct rove_event *rove_server_draining(rove_server *server);

typedef struct rove_server_stats {
    uint32_t size;     /* sizeof(rove_server_stats), set by the caller */
    uint32_t reserved; /* 0 */
    uint64_t accepted; /* since the start */
    uint64_t current;  /* of these, those that live */
    uint64_t failed;   /* whose handler returned a failure */
    uint64_t refused;  /* closed unserved: no memory, too many tasks or fds
                          (the listener then rests for 1 to 100 ms), or
                          draining began while they waited for the limit */
    uint64_t limited;  /* times that a listener waited for the limit */
} rove_server_stats;

/* The counters, each right for some moment of the call. 0, or -EINVAL for a
 * size that this library does not know.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_server_get_stats(rove_server *server,
                                                   rove_server_stats *stats);

/* For handlers. Of these, only is_draining may be called by others than the
 * connection's task, as long as the handler runs. None suspends. */

/* The descriptor. The server closes it: a stream on it borrows it. */
ROVE_API int rove_connection_fd(const rove_connection *connection);

/* The same, and from now on the caller closes it. Not after the stream of the
 * connection was made. */
ROVE_API int rove_connection_take_fd(rove_connection *connection);

/* The connection as a stream, made by the first call with options (NULL: the
 * defaults; others count for nothing) and the server's. When the handler has
 * returned, what is kept for writing is flushed, a failure of which counts as
 * the handler's; after a failure of the handler's own it is dropped. NULL: no
 * memory, or a bad option. */
ROVE_API ROVE_MUST_CHECK struct rove_stream *
rove_connection_stream(rove_connection *connection,
                       const struct rove_stream_options *options);

/* The server it belongs to. */
ROVE_API rove_server *rove_connection_server(const rove_connection *connection);

/* The server drains: no request after this one. */
ROVE_API bool rove_connection_is_draining(const rove_connection *connection);

/* Until idle_end, waits of the calling task end at `deadline` (ROVE_FOREVER:
 * none) and as soon as the server drains. A scope that idle_end closes. */
ROVE_API void rove_connection_idle_begin(rove_connection *connection,
                                         rove_time deadline);

/* 0; or why a wait in between was cut short: -ETIMEDOUT (the deadline),
 * -ESHUTDOWN (the server drains), -ECANCELED (the task is cancelled). A result
 * that was ready counts: then it is 0, though the server drains. */
ROVE_API int rove_connection_idle_end(rove_connection *connection);

/* When the handler returns now the connection is not over: its task ends, and
 * the handler is called again, in a task of its own, as soon as there is
 * something to read, `deadline` passes (ROVE_FOREVER: never) or the server
 * drains. In between it counts as before, and owns no stack: all of it takes
 * less than a kilobyte. What the handler returns is ignored.
 *
 * The connection's stream stays; what it keeps for writing is flushed first.
 * Only bytes that come count, not those that a stream has read. A handler that
 * is asked for much had better wait a little with its stack (idle_begin) before
 * it lets go of it. state: kept for the next call.
 *
 * Without memory for it, or for one more task, the task of this call waits
 * instead. */
ROVE_API void rove_connection_rest(rove_connection *connection,
                                   rove_time deadline, void *state);

/* What the handler is called for. 0: a new connection (*state is NULL), or one
 * that rested and can be read; -ETIMEDOUT, -ESHUTDOWN or -ECANCELED: its rest
 * was cut short, as in idle_end. -ENOMEM: there was no stack to wake it with,
 * and none became free; the client has been told, and the handler is to give
 * back what it keeps, and to return. Others: why the stream could not be
 * flushed. *state: what rest was given. */
ROVE_API int rove_connection_rested(const rove_connection *connection,
                                    void **state);

#ifdef __cplusplus
}
#endif

#endif
