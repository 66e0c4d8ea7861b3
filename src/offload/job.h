/* One call on its way through the offload pool.
 *
 * Law. `fn`, `arg`, `destroy` and `locals` are fixed. `result` and `has_run`
 * belong to the pool thread while RUNNING, and to the caller from DONE on. All
 * else is guarded by the pool's lock.
 *
 *   from     to       moved by                      when
 *   NEW      QUEUED   its caller                    submits it
 *   QUEUED   NEW      its caller                    cancelled: takes it back
 *   QUEUED   RUNNING  a pool thread                 takes it
 *   QUEUED   DONE     who could start no thread     none is left: -EAGAIN
 *   RUNNING  DONE     the thread that ran it        fn, and destroy, returned
 *
 * Who frees it. A job lies on the frame of its caller, who stays until DONE or
 * until it has taken the job back; or on the heap, and then the caller frees
 * it, unless it left while the job was RUNNING (`abandoned`): then the pool
 * thread does. Once the lock is released after DONE, nobody but the caller
 * touches a job that is not abandoned.
 */
#ifndef SRC_OFFLOAD_JOB_H
#define SRC_OFFLOAD_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rove/base.h"

#include "src/base/list.h"
#include "src/sched/task.h"

typedef enum rv_job_state {
    RV_JOB_NEW = 0,
    RV_JOB_QUEUED,
    RV_JOB_RUNNING,
    RV_JOB_DONE,
} rv_job_state;

typedef struct rv_job {
    rv_node node; /* in the queue while QUEUED */
    rove_fn *fn;
    void *arg;
    void (*destroy)(void *); /* runs on arg after fn; NULL: nothing to do */
    int64_t result;
    int64_t since;                 /* when it was queued */
    rv_ref waiter;                 /* woken at DONE; 0: nobody */
    struct rv_local_table *locals; /* what fn and destroy see, or NULL */
    rv_job_state state;
    bool has_run;   /* fn was called, and destroy after it */
    bool abandoned; /* nobody will ask for the result */
} rv_job;

/* Makes a job that nobody else has seen. */
static inline void rv_job_init(rv_job *job, rove_fn *fn, void *arg,
                               void (*destroy)(void *))
{
    memset(job, 0, sizeof *job);
    job->fn = fn;
    job->arg = arg;
    job->destroy = destroy;
}

#endif
