/* The offload pool of a runtime: who may queue a job, and how a caller leaves
 * one again. The threads and the queue are its crew (crew.h), whose lock guards
 * all of this.
 *
 * The bound. A job whose caller waits for it lies on the caller's stack and is
 * always taken in: the line of callers that wait for a place is the queue's own
 * tail, first in, first out. Only a spawned job, for which nobody waits yet,
 * needs a place, and is refused when queue_max jobs are queued or have a place
 * reserved.
 *
 * Long jobs. What may hold a thread for very long because somebody far away
 * does not answer takes one of `long_turns` before it is queued, and gives it
 * back when the thread has come back. There are half as many as threads, at
 * least one: the others are left for what only takes as long as a disk.
 */
#ifndef SRC_OFFLOAD_POOL_H
#define SRC_OFFLOAD_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/sync.h"

#include "src/offload/crew.h"
#include "src/offload/job.h"
#include "src/sched/scheduler.h"

typedef struct rv_pool_options {
    unsigned threads_max; /* at least 1, like the next two */
    uint64_t queue_max;
    int64_t keep_alive; /* nanoseconds until an idle thread leaves */
    const char *name;   /* prefix of thread names, cut to 7 bytes; copied */
} rv_pool_options;

typedef struct rv_pool {
    rv_crew crew;
    uint64_t queue_max; /* fixed */
    uint64_t reserved;  /* places of jobs being spawned; crew.lock */
    rove_semaphore long_turns;
} rv_pool;

/* A consistent look at a pool. */
typedef struct rv_pool_census {
    unsigned threads;  /* alive, or being started */
    unsigned idle;     /* resting, the one on watch not counted */
    unsigned busy;     /* running a job */
    uint64_t queued;   /* jobs no thread has taken */
    uint64_t reserved; /* places of jobs being spawned */
    uint64_t started;  /* threads, ever */
} rv_pool_census;

/* Makes a pool without threads. scheduler: what rove calls on pool threads
 * work for; NULL in tests of the pool alone. */
void rv_pool_init(rv_pool *pool, const rv_pool_options *options,
                  rv_scheduler *scheduler);

/* Closes the pool, lets it run what is queued, and joins all threads. After the
 * last task has ended and before the scheduler stops: until then a pool thread
 * may be busy waking a task that has already ended, or running a job whose
 * caller has left.
 *
 * Returns 0, and the pool's memory is the caller's; or -ETIMEDOUT when threads
 * are left at the deadline. May be called again after either.
 * Context  one plain thread at a time, no pool thread; blocks */
int rv_pool_stop(rv_pool *pool, int64_t deadline);

/* Queues a NEW job. waiter: the wait that ends, for RV_CAUSE_SOURCE, when the
 * job is DONE; begun and not yet suspended.
 *
 * Returns 0, or -ESHUTDOWN and the job has not been touched.
 * Context  any thread; may start a thread, never suspends */
int rv_pool_submit(rv_pool *pool, rv_job *job, rv_ref waiter);

/* Reserves a place for a job to be spawned: 0, -EAGAIN (full) or -ESHUTDOWN.
 * The pool is not stopped before the place was used or given back. */
int rv_pool_reserve(rv_pool *pool);
void rv_pool_unreserve(rv_pool *pool);

/* As rv_pool_submit, in a reserved place. */
void rv_pool_submit_reserved(rv_pool *pool, rv_job *job, rv_ref waiter);

/* Takes a job back, whose caller was cancelled. True: it was queued, will not
 * run, and is the caller's again. False: it runs or is DONE. */
bool rv_pool_retract(rv_pool *pool, rv_job *job);

/* Makes `waiter` the wait that ends at DONE. False: it is DONE already, and
 * the wait must be given up. */
bool rv_pool_attach(rv_pool *pool, rv_job *job, rv_ref waiter);

/* Leaves a heap job that could not be taken back to the pool, which frees it.
 * False: it is DONE, and still the caller's. */
bool rv_pool_abandon(rv_pool *pool, rv_job *job);

/* Context  any thread; takes the lock */
rv_pool_census rv_pool_look(rv_pool *pool);

/* Threads now, without the lock. */
static inline uint32_t rv_pool_threads(const rv_pool *pool)
{
    return rv_crew_threads(&pool->crew);
}

/* The pool of a scheduler's runtime; NULL when it has none. */
static inline rv_pool *rv_pool_of(const rv_scheduler *scheduler)
{
    return (rv_pool *)scheduler->offload;
}

#endif
