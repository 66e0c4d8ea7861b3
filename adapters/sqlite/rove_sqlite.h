/* SQLite (3.x) on the offload pool: SQLite has no calls that do not block, so
 * whole pieces of work go to a thread of the pool.
 *
 *     static int64_t add_user(sqlite3 *db, void *name) { … SQLITE_DONE … }
 *
 *     rove_sqlite *users;
 *     int error = rove_sqlite_open("users.db", SQLITE_OPEN_READWRITE, &users);
 *     …
 *     int64_t result = rove_sqlite_call(users, add_user, "ada");
 *     …
 *     rove_sqlite_close(users);
 *
 * Any number of tasks may use one connection: their calls run one after the
 * other, first in, first out. What belongs together, a transaction, is one
 * call. For reading at the same time open several.
 *
 * A timeout or cancellation stops a statement that runs: SQLite's functions
 * then return SQLITE_INTERRUPT, and the statement has had no effect. A database
 * that another connection has locked is waited for, as long as the caller's
 * deadlines allow; then it is SQLITE_BUSY. For both the connection's progress
 * and busy handlers are ours.
 *
 * Results: SQLite's codes, which are positive, or -errno: -ECANCELED (nothing
 * was begun), -ENOMEM, -ESHUTDOWN, -EPERM (not in a task), -EAGAIN (no task or
 * no thread of the pool to be had). Context of all calls: a task.
 */
#ifndef ADAPTERS_SQLITE_ROVE_SQLITE_H
#define ADAPTERS_SQLITE_ROVE_SQLITE_H

#include <sqlite3.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_sqlite rove_sqlite;

/* What runs on the pool. There it may block and may not use other connections
 * of this kind. Results >= 0 are its own. */
typedef int64_t rove_sqlite_fn(sqlite3 *db, void *arg);

/* Opens a connection. 0 and *out, a code of SQLite, or -errno.
 *
 * flags  as sqlite3_open_v2() */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_sqlite_open(const char *path, int flags,
                                                   rove_sqlite **out);

/* Closes it. Nobody uses it any more, and its statements are finalized. NULL is
 * ignored. Not stopped by cancellation. */
ROVE_SUSPENDS void rove_sqlite_close(rove_sqlite *sqlite);

/* Runs fn(db, arg) on the pool, with the connection to itself, and waits for
 * its result. Never returns before fn has. */
ROVE_SUSPENDS ROVE_MUST_CHECK int64_t rove_sqlite_call(rove_sqlite *sqlite,
                                                       rove_sqlite_fn *fn,
                                                       void *arg);

/* Runs statements without rows: SQLITE_OK (0), a code, or -errno. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_sqlite_exec(rove_sqlite *sqlite,
                                                   const char *sql);

#ifdef __cplusplus
}
#endif

#endif
