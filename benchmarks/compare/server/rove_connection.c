#include "benchmarks/compare/server/rove_connection.h"

#include <stdlib.h>

#include "rove/rove.h"

#define LINGER_MAX 65536

struct connection {
    struct rove_host_shared *shared;
    int fd;
    struct session session;
};

void rove_connection_count_error(struct rove_host_shared *shared)
{
    rv_u64_fetch_add_relaxed(&shared->errors, 1); /* see the header */
}

static int64_t answer(void *arg)
{
    session_answer(arg);
    return 0;
}

static int64_t answer_request(struct connection *connection)
{
    return connection->shared->offload
               ? rove_offload(answer, &connection->session)
               : answer(&connection->session);
}

static bool flush(struct connection *connection)
{
    size_t size;
    const char *bytes = session_output(&connection->session, &size);
    if (size == 0) {
        return true;
    }
    ssize_t moved = rove_write_all(connection->fd, bytes, size, NULL);
    if (moved != (ssize_t)size) {
        return false;
    }
    session_sent(&connection->session, size);
    return true;
}

/* Answers all requests that are there. False: the connection ends. */
static bool answer_all(struct connection *connection)
{
    for (;;) {
        switch (session_next(&connection->session)) {
        case SESSION_READ:
            return flush(connection);
        case SESSION_REQUEST:
            if (answer_request(connection) < 0) {
                return false;
            }
            break;
        case SESSION_FLUSH:
            if (!flush(connection)) {
                return false;
            }
            break;
        case SESSION_CLOSE:
            flush(connection);
            return false;
        }
    }
}

/* Closing while input is unread would reset the connection, and the peer might
 * lose the last answer: so wait for its end, within a bound. */
static void linger(struct connection *connection)
{
    ssize_t left = LINGER_MAX;
    if (rove_shutdown(connection->fd, SHUT_WR) < 0) {
        return;
    }
    while (left > 0) {
        ssize_t size = rove_read(connection->fd, connection->session.in,
                                 sizeof connection->session.in);
        if (size <= 0) {
            return;
        }
        left -= size;
    }
}

static int64_t serve(void *arg)
{
    struct connection *connection = arg;
    struct session *session = &connection->session;
    session_open(session, connection->shared->service,
                 (unsigned)rove_worker_index());
    session->work = connection->shared->work;
    for (;;) {
        size_t room;
        char *space = session_space(session, &room);
        ssize_t size = rove_read(connection->fd, space, room);
        if (size <= 0) {
            break;
        }
        session_received(session, (size_t)size);
        if (!answer_all(connection)) {
            break;
        }
    }
    if (session->closing) {
        linger(connection);
    }
    if (session->failed) {
        rv_u64_fetch_add_relaxed(&connection->shared->failures, 1);
    }
    rove_close(connection->fd);
    free(connection);
    return 0;
}

void rove_connection_start(struct rove_host_shared *shared, int fd)
{
    struct connection *connection = malloc(sizeof *connection);
    if (connection != NULL) {
        connection->shared = shared;
        connection->fd = fd;
        rove_tcp_set_nodelay(fd, 1);
        if (rove_go(serve, connection) == 0) {
            return;
        }
    }
    free(connection);
    rove_close(fd);
    if (!rove_cancelled()) {
        rove_connection_count_error(shared);
    }
}
