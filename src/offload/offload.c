/* The public offload calls, seen from the caller: a task that waits for its job
 * and may be cancelled meanwhile. Who may queue, and the threads, are in pool.h
 * and crew.h; the life of a job in job.h.
 */
#include "rove/offload.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/offload/pool.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/task/await.h"
#include "src/task/spawn.h"

/* The pool of the calling task or pool thread; NULL on a plain thread. */
static rv_pool *find_pool(void)
{
    const rv_scheduler *scheduler = rv_current_get()->scheduler;

    return scheduler != NULL ? rv_pool_of(scheduler) : NULL;
}

static bool is_task(void)
{
    return rv_current_worker() != NULL;
}

/* Queues the calling task's job and waits. 0: it is DONE. -EINPROGRESS: the
 * caller was cancelled and the job runs. Else it will not run: -ECANCELED,
 * -ESHUTDOWN. */
static int run_on_pool(rv_pool *pool, rv_job *job)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);

    if (error != 0) {
        return error;
    }
    error = rv_pool_submit(pool, job, wait.ref);
    if (error != 0) {
        (void)rv_wait_abort(&wait);
        return error;
    }
    if (rv_wait_suspend(&wait) == RV_CAUSE_SOURCE) {
        return 0;
    }
    int refused = rv_wait_refused(&wait);
    return rv_pool_retract(pool, job) ? refused : -EINPROGRESS;
}

/* The result of a job that can no longer be taken back, however long it
 * takes. */
static int64_t await_result(rv_pool *pool, rv_job *job)
{
    rv_wait wait;
    int error = rv_wait_begin_deaf(&wait);

    RV_CHECK(error == 0, "only a task has a job on the pool");
    if (rv_pool_attach(pool, job, wait.ref)) {
        (void)rv_wait_suspend(&wait);
    } else {
        (void)rv_wait_abort(&wait);
    }
    return job->result;
}

int64_t rove_offload(rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_pool *pool = find_pool();
    rv_job job;

    if (pool == NULL) {
        return -EPERM;
    }
    if (!is_task()) {
        return fn(arg);
    }
    rv_job_init(&job, fn, arg, NULL);
    job.locals = rv_extra_locals_here();
    int error = run_on_pool(pool, &job);
    if (error == -EINPROGRESS) {
        return await_result(pool, &job);
    }
    return error == 0 ? job.result : error;
}

/* The job may be left behind, so it takes along what it may inherit. */
static rv_job *make_owned(rove_fn *fn, void *block, void (*destroy)(void *))
{
    const rv_local_table *here = rv_extra_locals_here();
    size_t heir_size = rv_local_table_heir_size(here);
    rv_job *job = rv_mem_alloc(sizeof *job + heir_size);

    if (job != NULL) {
        rv_job_init(job, fn, block, destroy);
        if (heir_size != 0) {
            job->locals = rv_local_table_make_heir(job + 1, here);
        }
    }
    return job;
}

static int64_t run_owned(rv_pool *pool, rv_job *job)
{
    int64_t result = run_on_pool(pool, job);

    if (result == -EINPROGRESS && rv_pool_abandon(pool, job)) {
        return -ECANCELED;
    }
    if (result == 0 || result == -EINPROGRESS) {
        result = job->result;
    }
    if (!job->has_run) {
        job->destroy(job->arg);
    }
    rv_mem_free(job);
    return result;
}

int64_t rove_offload_owned(rove_fn *fn, void *block, void (*destroy)(void *))
{
    RV_CHECK(fn != NULL, "there is no function to run");
    RV_CHECK(destroy != NULL, "there is no function to destroy the block");
    rv_pool *pool = find_pool();
    int64_t result = -EPERM;

    if (pool != NULL && is_task()) {
        rv_job *job = make_owned(fn, block, destroy);

        if (job != NULL) {
            return run_owned(pool, job);
        }
        result = -ENOMEM;
    } else if (pool != NULL) {
        result = fn(block);
    }
    destroy(block);
    return result;
}

/* A spawned job's task. It waits for its job before its first run, and so finds
 * the job DONE, or was cancelled. */
static int64_t run_spawned(void *arg)
{
    rv_job *job = arg;
    rv_pool *pool = find_pool();
    int64_t result = -ECANCELED;

    if (!rv_pool_retract(pool, job)) {
        result = await_result(pool, job);
    }
    rv_mem_free(job);
    return result;
}

/* The queue's bound is checked at the call and the job is queued at the call,
 * whenever a worker gets to the task. */
rove_task *rove_offload_spawn(rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_pool *pool = find_pool();

    if (pool == NULL) {
        return rv_spawn_refuse(-EPERM);
    }
    int error = rv_pool_reserve(pool);
    if (error != 0) {
        return rv_spawn_refuse(error);
    }
    rv_job *job = rv_mem_alloc(sizeof *job);
    if (job == NULL) {
        rv_pool_unreserve(pool);
        return rv_spawn_refuse(-ENOMEM);
    }
    rv_job_init(job, fn, arg, NULL);
    rv_task *task = rv_spawn_prepare_sure(run_spawned, job);
    if (task == NULL) {
        rv_pool_unreserve(pool);
        rv_mem_free(job);
        return NULL;
    }
    job->locals = rv_extra_locals(task); /* it outlasts the job's run */
    rv_pool_submit_reserved(pool, job, rv_spawn_begin(task));
    rv_wait_park(rv_current_worker(), task);
    return task;
}
