#include "src/api/options.h"

#include <errno.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/context/stack.h"
#include "src/platform/cpu.h"

#define OFFLOAD_THREADS_DEFAULT 64
#define OFFLOAD_THREADS_MAX     4096
#define OFFLOAD_QUEUE_DEFAULT   1024
#define OFFLOAD_KEEP_ALIVE      (10 * ROVE_SEC)

void rove_options_init(rove_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* Why the options cannot be used, or NULL. */
static const char *find_fault(const rove_options *o)
{
    if (o->size != sizeof *o) {
        return "rove: options: size is not that of this library";
    }
    if (o->reserved != 0) {
        return "rove: options: reserved is not 0";
    }
    if (o->workers > RV_WORKERS_MAX) {
        return "rove: options: workers is more than 256";
    }
    if ((unsigned)o->design > ROVE_SINGLE) {
        return "rove: options: design is none of the three";
    }
    if (o->design == ROVE_SINGLE && o->workers > 1) {
        return "rove: options: the single design has one worker";
    }
    if (rv_stack_class_for(o->stack_size) < 0) {
        return "rove: options: stack_size is more than 256 KiB";
    }
    if (o->tasks_max > INT64_MAX) {
        return "rove: options: tasks_max is out of range";
    }
    if (o->offload_threads_max > OFFLOAD_THREADS_MAX) {
        return "rove: options: offload_threads_max is more than 4096";
    }
    if (o->offload_keep_alive < 0) {
        return "rove: options: offload_keep_alive is negative";
    }
    return NULL;
}

static unsigned count_workers(const rove_options *options)
{
    if (options->design == ROVE_SINGLE) {
        return 1;
    }
    if (options->workers != 0) {
        return options->workers;
    }
    unsigned cpus = rv_cpu_count();
    return cpus < RV_WORKERS_MAX ? cpus : RV_WORKERS_MAX;
}

static const char *name_of(const rove_options *options)
{
    return options->name != NULL ? options->name : "rove";
}

int rv_options_check(const rove_options *options, rv_scheduler_options *out)
{
    rv_report report = {options->report, options->report_context};
    const char *fault = find_fault(options);
    if (fault != NULL) {
        rv_report_line(&report, fault);
        return -EINVAL;
    }
    memset(out, 0, sizeof *out);
    out->workers = count_workers(options);
    out->design = options->design;
    out->stack_class = (rv_stack_class)rv_stack_class_for(options->stack_size);
    out->tasks_max = options->tasks_max;
    out->seed = options->seed != 0 ? options->seed : (uint64_t)rv_clock_now();
    out->name = name_of(options);
    out->report = report;
    out->reports_crashes = options->report_crash != 0;
    return 0;
}

void rv_options_pool(const rove_options *options, rv_pool_options *out)
{
    memset(out, 0, sizeof *out);
    out->threads_max = options->offload_threads_max != 0
                           ? options->offload_threads_max
                           : OFFLOAD_THREADS_DEFAULT;
    out->queue_max = options->offload_queue_max != 0
                         ? options->offload_queue_max
                         : OFFLOAD_QUEUE_DEFAULT;
    out->keep_alive = options->offload_keep_alive != 0
                          ? options->offload_keep_alive
                          : OFFLOAD_KEEP_ALIVE;
    out->name = name_of(options);
}
