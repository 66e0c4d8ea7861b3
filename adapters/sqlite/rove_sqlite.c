#include "adapters/sqlite/rove_sqlite.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define STEPS_BETWEEN_LOOKS 1000 /* of SQLite's machine: some 10 us */
#define BUSY_SLEEP_MAX      10 /* ms; SQLite cannot tell when a lock is free */

/* A call on its way to the pool and back, in the caller's frame. */
struct job {
    rove_sqlite *sqlite;
    rove_sqlite_fn *fn;
    void *arg;
    atomic_bool is_unwanted;
};

struct rove_sqlite {
    rove_mutex lock; /* held for the whole of a call */
    sqlite3 *db;
    struct job *job; /* the call that holds the lock */
};

/* sqlite3_interrupt() would be forgotten when no statement runs just then. */
static int is_unwanted(void *arg)
{
    const rove_sqlite *sqlite = arg;
    return sqlite->job != NULL && atomic_load(&sqlite->job->is_unwanted);
}

static int wait_for_lock(void *arg, int tries)
{
    if (is_unwanted(arg)) {
        return 0;
    }
    (void)sqlite3_sleep(tries < BUSY_SLEEP_MAX ? tries + 1 : BUSY_SLEEP_MAX);
    return 1;
}

static int64_t run_on_pool(void *arg)
{
    struct job *job = arg;
    return job->fn(job->sqlite->db, job->arg);
}

static int64_t offload(void *arg)
{
    return rove_offload(run_on_pool, arg);
}

/* The task between is there to be given up: the caller learns at once that it
 * is cancelled, tells the statement to stop, and waits for that. */
int64_t rove_sqlite_call(rove_sqlite *sqlite, rove_sqlite_fn *fn, void *arg)
{
    int64_t result = rove_mutex_lock(&sqlite->lock);
    if (result != 0) {
        return result;
    }
    struct job job = {sqlite, fn, arg, false};
    sqlite->job = &job;
    rove_task *task = rove_spawn(offload, &job);
    if (task != NULL && rove_task_wait(task) != 0) {
        atomic_store(&job.is_unwanted, true);
    }
    result = rove_join(task);
    sqlite->job = NULL;
    rove_mutex_unlock(&sqlite->lock);
    return result;
}

static int64_t exec(sqlite3 *db, void *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int rove_sqlite_exec(rove_sqlite *sqlite, const char *sql)
{
    return (int)rove_sqlite_call(sqlite, exec, (void *)sql);
}

struct opening {
    rove_sqlite *sqlite;
    const char *path;
    int flags;
};

static int64_t open_on_pool(void *arg)
{
    const struct opening *opening = arg;
    rove_sqlite *sqlite = opening->sqlite;
    int code =
        sqlite3_open_v2(opening->path, &sqlite->db, opening->flags, NULL);
    if (code != SQLITE_OK) {
        (void)sqlite3_close(sqlite->db);
        return code;
    }
    sqlite3_progress_handler(sqlite->db, STEPS_BETWEEN_LOOKS, is_unwanted,
                             sqlite);
    (void)sqlite3_busy_handler(sqlite->db, wait_for_lock, sqlite);
    return SQLITE_OK;
}

int rove_sqlite_open(const char *path, int flags, rove_sqlite **out)
{
    rove_sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        return -ENOMEM;
    }
    struct opening opening = {sqlite, path, flags};
    int64_t result = rove_offload(open_on_pool, &opening);
    if (result != SQLITE_OK) {
        free(sqlite);
        return (int)result;
    }
    *out = sqlite;
    return 0;
}

static int64_t close_on_pool(void *arg)
{
    return sqlite3_close_v2(arg);
}

void rove_sqlite_close(rove_sqlite *sqlite)
{
    if (sqlite == NULL) {
        return;
    }
    int64_t result = -ECANCELED;
    ROVE_SHIELD(ROVE_FOREVER)
    {
        result = rove_offload(close_on_pool, sqlite->db);
    }
    if (result < 0) {
        (void)close_on_pool(sqlite->db); /* no pool any more */
    }
    free(sqlite);
}
