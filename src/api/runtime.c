/* The composition root: starts and stops the parts of a runtime in order.
 */
#include "rove/runtime.h"

#include <errno.h>
#include <stdio.h>

#include "rove/inspect.h"

#include "src/api/crash_report.h"
#include "src/api/options.h"
#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/inspect/stats.h"
#include "src/inspect/tasks.h"
#include "src/offload/pool.h"
#include "src/platform/cpu.h"
#include "src/platform/topology.h"
#include "src/sched/current.h"
#include "src/sched/scheduler.h"
#include "src/task/spawn.h"

struct rove_runtime {
    rv_scheduler *scheduler;
    rv_pool pool;
};

static rove_runtime *runtime_of(const rv_scheduler *s)
{
    return s != NULL ? rv_container_of(rv_pool_of(s), rove_runtime, pool)
                     : NULL;
}

static int start_scheduler(rv_scheduler **out,
                           const rv_scheduler_options *chosen)
{
    rv_scheduler_options options = *chosen;
    rv_topology topology;
    rv_cpu_set allowed;
    if (rv_cpu_allowed(&allowed)) {
        rv_topology_read(&topology, &allowed, "/sys/devices/system/cpu");
        options.topology = &topology;
    }
    return rv_scheduler_start(out, &options);
}

/* The pool has no threads before the first job, and no task runs yet that could
 * bring one: it is made last, and cannot fail. */
static int start(rove_runtime *rt, const rove_options *options)
{
    rv_scheduler_options chosen;
    int error = rv_options_check(options, &chosen);
    if (error != 0) {
        return error;
    }
    rv_pool_options pool_options;
    rv_options_pool(options, &pool_options);
    if (chosen.reports_crashes) {
        error = rv_crash_report_begin();
        if (error != 0) {
            return error;
        }
    }
    chosen.offload = &rt->pool;
    error = start_scheduler(&rt->scheduler, &chosen);
    if (error != 0) {
        if (chosen.reports_crashes) {
            rv_crash_report_end();
        }
        return error;
    }
    rv_pool_init(&rt->pool, &pool_options, rt->scheduler);
    return 0;
}

int rove_runtime_new(const rove_options *options, rove_runtime **out)
{
    rove_options defaults;
    if (options == NULL) {
        rove_options_init(&defaults);
        options = &defaults;
    }
    rove_runtime *rt = rv_mem_zalloc(sizeof *rt);
    if (rt == NULL) {
        return -ENOMEM;
    }
    int error = start(rt, options);
    if (error != 0) {
        rv_mem_free(rt);
        return error;
    }
    *out = rt;
    return 0;
}

static bool has_stopped(const rove_runtime *rt)
{
    return rv_scheduler_phase(rt->scheduler) == RV_PHASE_STOPPED;
}

static int report_left(const rove_runtime *rt, uint64_t left)
{
    char line[96];
    snprintf(line, sizeof line,
             "rove: shutdown: %llu tasks have not ended at the deadline",
             (unsigned long long)left);
    rv_report_line(&rt->scheduler->report, line);
    return -ETIMEDOUT;
}

/* What has ended between the deadline and the look is not late. */
static int drain(rove_runtime *rt, rove_time deadline)
{
    while (rv_scheduler_drain(rt->scheduler, deadline) != 0) {
        uint64_t left = rv_scheduler_tasks_left(rt->scheduler);
        if (left != 0) {
            return report_left(rt, left);
        }
    }
    return 0;
}

int rove_runtime_shutdown(rove_runtime *rt, rove_time deadline)
{
    RV_CHECK(rt != NULL, "there is no runtime");
    if (has_stopped(rt)) {
        return 0;
    }
    if (rv_current_get()->scheduler == rt->scheduler) {
        return -EDEADLK;
    }
    if (drain(rt, deadline) != 0) {
        return -ETIMEDOUT;
    }
    if (rv_pool_stop(&rt->pool, deadline) != 0) {
        rv_report_line(&rt->scheduler->report,
                       "rove: shutdown: pool threads still run a job at "
                       "the deadline");
        return -ETIMEDOUT;
    }
    rv_scheduler_stop(rt->scheduler);
    if (rt->scheduler->reports_crashes) {
        rv_crash_report_end();
    }
    return 0;
}

void rove_runtime_free(rove_runtime *rt)
{
    if (rt != NULL) {
        RV_CHECK(has_stopped(rt),
                 "a runtime is freed after a shutdown that returned 0");
        rv_scheduler_free(rt->scheduler);
        rv_mem_free(rt);
    }
}

rove_task *rove_runtime_spawn(rove_runtime *rt, rove_fn *fn, void *arg)
{
    RV_CHECK(rt != NULL, "there is no runtime");
    RV_CHECK(fn != NULL, "there is no function to run");
    return rv_spawn_into(rt->scheduler, fn, arg);
}

rove_runtime *rove_runtime_current(void)
{
    return runtime_of(rv_current_get()->scheduler);
}

unsigned rove_runtime_workers(const rove_runtime *rt)
{
    RV_CHECK(rt != NULL, "there is no runtime");
    return rt->scheduler->count;
}

int64_t rove_run(const rove_options *options, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    if (rv_current_get()->scheduler != NULL) {
        return -EDEADLK;
    }
    rove_runtime *rt;
    int error = rove_runtime_new(options, &rt);
    if (error != 0) {
        return error;
    }
    int64_t result = rove_join(rove_runtime_spawn(rt, fn, arg));
    error = rove_runtime_shutdown(rt, ROVE_FOREVER);
    RV_CHECK(error == 0, "a shutdown without a deadline must succeed");
    rove_runtime_free(rt);
    return result;
}

int rove_stats_get(rove_runtime *rt, rove_stats *stats)
{
    RV_CHECK(rt != NULL, "there is no runtime");
    RV_CHECK(stats != NULL, "there is nothing to fill");
    if (stats->size != sizeof *stats) {
        return -EINVAL;
    }
    int error = -ESHUTDOWN;
    rv_scheduler_visit(rt->scheduler);
    if (!has_stopped(rt)) {
        rv_stats_sum(rt->scheduler, stats);
        stats->offload_threads = rv_pool_threads(&rt->pool);
        error = 0;
    }
    rv_scheduler_leave(rt->scheduler);
    return error;
}

int64_t rove_tasks(rove_runtime *rt, rove_task_visit *visit, void *arg)
{
    RV_CHECK(visit != NULL, "there is nothing to call");
    const rv_scheduler *s =
        rt != NULL ? rt->scheduler : rv_current_get()->scheduler;
    return s != NULL ? rv_tasks_visit(s, visit, arg) : -EPERM;
}
