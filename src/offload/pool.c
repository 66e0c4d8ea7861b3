#include "src/offload/pool.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/platform/futex.h"

void rv_pool_init(rv_pool *pool, const rv_pool_options *options,
                  rv_scheduler *scheduler)
{
    RV_ASSERT(options->threads_max > 0);
    RV_ASSERT(options->queue_max > 0);
    RV_ASSERT(options->keep_alive > 0);
    rv_crew_init(&pool->crew, scheduler, options->threads_max,
                 options->keep_alive, options->name);
    pool->queue_max = options->queue_max;
    pool->reserved = 0;
    pool->long_turns = (rove_semaphore)ROVE_SEMAPHORE_INIT(
        ((uint64_t)options->threads_max + 1) / 2);
}

/* One thread a round is called until none rests; those that run a job see the
 * closed crew when they look for the next. */
int rv_pool_stop(rv_pool *pool, int64_t deadline)
{
    rv_crew *crew = &pool->crew;
    int error = 0;

    for (;;) {
        rv_errands errands = {0};

        rv_lock_acquire(&crew->lock);
        crew->is_closed = true;
        bool called = rv_crew_dismiss_one(crew, &errands);
        uint32_t threads = rv_crew_threads(crew);
        RV_ASSERT(threads != 0 || crew->queued + pool->reserved == 0);
        rv_lock_release(&crew->lock);
        rv_crew_run_errands(crew, &errands);
        if (threads == 0) {
            return 0;
        }
        if (!called) {
            if (error != 0) {
                return error;
            }
            error = rv_futex_wait(&crew->threads, threads, deadline);
        }
    }
}

int rv_pool_submit(rv_pool *pool, rv_job *job, rv_ref waiter)
{
    rv_crew *crew = &pool->crew;
    int64_t now = rv_clock_now();
    rv_errands errands = {0};

    rv_lock_acquire(&crew->lock);
    if (crew->is_closed) {
        rv_lock_release(&crew->lock);
        return -ESHUTDOWN;
    }
    job->waiter = waiter;
    rv_crew_push(crew, job, now, &errands);
    rv_lock_release(&crew->lock);
    rv_crew_run_errands(crew, &errands);
    return 0;
}

int rv_pool_reserve(rv_pool *pool)
{
    int error = 0;

    rv_lock_acquire(&pool->crew.lock);
    if (pool->crew.is_closed) {
        error = -ESHUTDOWN;
    } else if (pool->crew.queued + pool->reserved >= pool->queue_max) {
        error = -EAGAIN;
    } else {
        pool->reserved++;
    }
    rv_lock_release(&pool->crew.lock);
    return error;
}

void rv_pool_unreserve(rv_pool *pool)
{
    rv_lock_acquire(&pool->crew.lock);
    RV_ASSERT(pool->reserved > 0);
    pool->reserved--;
    rv_lock_release(&pool->crew.lock);
}

void rv_pool_submit_reserved(rv_pool *pool, rv_job *job, rv_ref waiter)
{
    rv_crew *crew = &pool->crew;
    int64_t now = rv_clock_now();
    rv_errands errands = {0};

    rv_lock_acquire(&crew->lock);
    RV_ASSERT(pool->reserved > 0);
    pool->reserved--;
    job->waiter = waiter;
    rv_crew_push(crew, job, now, &errands);
    rv_lock_release(&crew->lock);
    rv_crew_run_errands(crew, &errands);
}

bool rv_pool_retract(rv_pool *pool, rv_job *job)
{
    rv_lock_acquire(&pool->crew.lock);
    bool was_queued = job->state == RV_JOB_QUEUED;
    if (was_queued) {
        rv_crew_remove(&pool->crew, job);
        job->state = RV_JOB_NEW;
    }
    rv_lock_release(&pool->crew.lock);
    return was_queued;
}

bool rv_pool_attach(rv_pool *pool, rv_job *job, rv_ref waiter)
{
    rv_lock_acquire(&pool->crew.lock);
    bool is_done = job->state == RV_JOB_DONE;
    if (!is_done) {
        job->waiter = waiter;
    }
    rv_lock_release(&pool->crew.lock);
    return !is_done;
}

bool rv_pool_abandon(rv_pool *pool, rv_job *job)
{
    rv_lock_acquire(&pool->crew.lock);
    bool is_done = job->state == RV_JOB_DONE;
    if (!is_done) {
        job->waiter = 0;
        job->abandoned = true;
    }
    rv_lock_release(&pool->crew.lock);
    return !is_done;
}

rv_pool_census rv_pool_look(rv_pool *pool)
{
    const rv_crew *crew = &pool->crew;

    rv_lock_acquire(&pool->crew.lock);
    unsigned threads = rv_crew_threads(crew);
    rv_pool_census census = {
        .threads = threads,
        .idle = threads - crew->busy - crew->coming - crew->has_watch,
        .busy = crew->busy,
        .queued = crew->queued,
        .reserved = pool->reserved,
        .started = crew->started,
    };
    rv_lock_release(&pool->crew.lock);
    return census;
}
