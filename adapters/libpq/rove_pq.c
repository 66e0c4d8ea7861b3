#include "adapters/libpq/rove_pq.h"

#include <errno.h>

#define CALL_OFF_SPAN (2 * ROVE_SEC)

/* libpq closes and opens sockets as it goes through the addresses it knows, so
 * the fd is asked for each time. */
static int finish_connecting(PGconn *conn,
                             PostgresPollingStatusType (*step)(PGconn *))
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        int events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (state == PGRES_POLLING_FAILED || PQsocket(conn) < 0) {
            return -ECONNREFUSED;
        }
        int ready = rove_poll(PQsocket(conn), events);
        if (ready < 0) {
            return ready;
        }
        state = step(conn);
    }
    return PQsetnonblocking(conn, 1) == 0 ? 0 : -ECONNRESET;
}

int rove_pq_connect(const char *conninfo, PGconn **conn)
{
    *conn = PQconnectStart(conninfo);
    if (*conn == NULL) {
        return -ENOMEM;
    }
    return finish_connecting(*conn, PQconnectPoll);
}

int rove_pq_reset(PGconn *conn)
{
    if (rove_cancelled()) {
        return -ECANCELED;
    }
    return PQresetStart(conn) == 1 ? finish_connecting(conn, PQresetPoll)
                                   : -ECONNREFUSED;
}

/* Waits until libpq can go on, and lets it. The server may be waiting for us to
 * read while we wait to write. */
static int go_on(PGconn *conn, bool has_more)
{
    int ready = rove_poll(PQsocket(conn), has_more ? POLLIN | POLLOUT : POLLIN);
    if (ready < 0) {
        return ready;
    }
    bool has_input = (ready & ~POLLOUT) != 0;
    return has_input && PQconsumeInput(conn) == 0 ? -ECONNRESET : 0;
}

/* Until all is sent, and if a result is wanted, until one can be had. */
static int flush(PGconn *conn, bool wants_result)
{
    int error = rove_cancelled() ? -ECANCELED : 0;
    while (error == 0) {
        int left = PQflush(conn);
        if (left < 0 || PQstatus(conn) == CONNECTION_BAD) {
            return -ECONNRESET;
        }
        if (left == 0 && (!wants_result || PQisBusy(conn) == 0)) {
            return 0;
        }
        error = go_on(conn, left > 0);
    }
    return error;
}

int rove_pq_flush(PGconn *conn)
{
    return flush(conn, false);
}

int rove_pq_result(PGconn *conn, PGresult **result)
{
    int error = flush(conn, true);
    if (error == 0) {
        *result = PQgetResult(conn);
    }
    return error;
}

static int64_t send_cancel(void *cancel)
{
    char why[256];
    return PQcancel(cancel, why, sizeof why) == 1 ? 0 : -ECONNRESET;
}

static void free_cancel(void *cancel)
{
    PQfreeCancel(cancel);
}

static int take_all(PGconn *conn, PGresult **last)
{
    PGresult *kept = NULL;
    PGresult *next = NULL;
    int error;
    while ((error = rove_pq_result(conn, &next)) == 0 && next != NULL) {
        PQclear(kept);
        kept = next;
    }
    if (error != 0) {
        PQclear(kept);
        return error;
    }
    *last = kept;
    return 0;
}

/* PQcancel() connects and blocks: it goes to the pool, and is left to itself
 * when it takes too long. */
static void call_off(PGconn *conn)
{
    int64_t error = -ENOMEM;
    ROVE_SHIELD(CALL_OFF_SPAN)
    {
        PGcancel *cancel = PQgetCancel(conn);
        PGresult *dropped = NULL;
        if (cancel != NULL) {
            error = rove_offload_owned(send_cancel, cancel, free_cancel);
        }
        if (error == 0) {
            error = take_all(conn, &dropped);
        }
        PQclear(dropped);
    }
    if (error != 0 && PQsocket(conn) >= 0) {
        (void)shutdown(PQsocket(conn), SHUT_RDWR);
        while (PQconsumeInput(conn) == 1) { /* until libpq has seen the end */
        }
    }
}

int rove_pq_collect(PGconn *conn, PGresult **last)
{
    int error = take_all(conn, last);
    if (error == -ECANCELED) {
        call_off(conn);
    }
    return error;
}

int rove_pq_query(PGconn *conn, const char *query, PGresult **last)
{
    if (rove_cancelled()) {
        return -ECANCELED;
    }
    if (PQsendQuery(conn, query) != 1) {
        return PQstatus(conn) == CONNECTION_BAD ? -ECONNRESET : -EBUSY;
    }
    return rove_pq_collect(conn, last);
}
