/* PostgreSQL by libpq (14 or later). The connection is libpq's own: all its
 * calls that do not wait may be used on it, these here wait for it.
 *
 *     PGconn *conn;
 *     PGresult *result;
 *     int error = rove_pq_connect("host=/run/postgresql dbname=shop", &conn);
 *     if (error == 0) {
 *         error = rove_pq_query(conn, "SELECT now()", &result);
 *     }
 *     if (error == 0) {
 *         …                              // also a result of PGRES_FATAL_ERROR
 *         PQclear(result);
 *     } else {
 *         fputs(PQerrorMessage(conn), stderr);
 *     }
 *     PQfinish(conn);
 *
 * Parameters, prepared statements: PQsendQueryParams() and its kin, then
 * rove_pq_collect(). Pipelines: PQenterPipelineMode(), any number of PQsend…,
 * PQpipelineSync(), then rove_pq_result() for each.
 *
 * One task at a time uses a connection; it may be another one each time. libpq
 * keeps nothing in the thread. ROVE_TIMEOUT bounds any call. A host given by
 * name is looked up by libpq, which holds up the worker meanwhile: hostaddr
 * avoids that.
 *
 * Common errors: -ECANCELED; -ECONNREFUSED (no connection could be made);
 * -ECONNRESET (it is lost: PQstatus() is CONNECTION_BAD, rove_pq_reset() makes
 * a new one); PQerrorMessage() has the reason. Context: any thread, but where
 * it says otherwise.
 */
#ifndef ADAPTERS_LIBPQ_ROVE_PQ_H
#define ADAPTERS_LIBPQ_ROVE_PQ_H

#include <postgresql/libpq-fe.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Connects, as PQconnectdb(). 0, an error, or -ENOMEM. *conn is the caller's to
 * PQfinish() in any case; NULL after -ENOMEM. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_connect(const char *conninfo,
                                                  PGconn **conn);

/* Closes the connection and makes a new one with the same parameters. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_reset(PGconn *conn);

/* Sends what PQsend… has kept back, and takes what comes meanwhile. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_flush(PGconn *conn);

/* As PQgetResult(): the next result of what was sent, NULL at the end of each
 * query. When it is cancelled nothing was taken: the result comes with the next
 * call. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_result(PGconn *conn,
                                                 PGresult **result);

/* Takes all results of what was sent, and keeps the last one (NULL: there was
 * none). When it is cancelled, the server is told to give the query up, and its
 * results are dropped: after -ECANCELED the connection can be used again,
 * whether or not the query was carried out, or is lost (PQstatus()) when the
 * server did not answer within some seconds. Not for pipelines and COPY.
 * Context  a task; suspends, and after a cancellation for 2 s at most */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_collect(PGconn *conn,
                                                  PGresult **last);

/* PQsendQuery() and rove_pq_collect(). -EBUSY: another query is under way. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_pq_query(PGconn *conn, const char *query,
                                                PGresult **last);

#ifdef __cplusplus
}
#endif

#endif
