/* A runtime: N workers, each with its own epoll loop, run queues, timers and
 * stacks, stealing from each other when idle. Several runtimes may live in one
 * process; every object may be used across them.
 *
 *     static int64_t hello(void *arg) { puts(arg); return 0; }
 *     int main(void) { return (int)rove_run(NULL, hello, "hello"); }
 */
#ifndef ROVE_RUNTIME_H
#define ROVE_RUNTIME_H

#include "rove/base.h"
#include "rove/task.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_runtime rove_runtime;

typedef enum rove_design {
    ROVE_STEALING = 0, /* N loops; idle ones steal from the others */
    ROVE_SHARDED = 1,  /* N loops; every task stays on the loop it began on */
    ROVE_SINGLE = 2,   /* one loop */
} rove_design;

/* Receives one line of a report, without the line end, valid during the call.
 * Called from any thread; must not call rove. */
typedef void rove_report_fn(void *context, const char *line);

/* Zero means default in every field but size; rove_options_init() writes size
 * and zeroes. */
typedef struct rove_options {
    uint32_t size;         /* sizeof(rove_options); set by rove_options_init */
    uint32_t workers;      /* 0: CPUs this process may use; at most 256 */
    rove_design design;    /* ROVE_SINGLE allows one worker only */
    uint32_t reserved;     /* 0 */
    uint32_t report_crash; /* 1: a stack overflow is reported before it kills
                              the process (installs a SIGSEGV handler) */
    uint32_t offload_threads_max; /* 0: 64; at most 4096 */
    size_t stack_size;            /* bytes, rounded up to 16, 64 or 256 KiB,
                                     which is the most; 0: 64 KiB */
    uint64_t
        tasks_max; /* live tasks; spawn is refused beyond (with some hundred
                           a worker, up to 3 % earlier); 0: no limit */
    uint64_t offload_queue_max;   /* waiting jobs; 0: 1024 */
    rove_time offload_keep_alive; /* of an idle pool thread; 0: 10 s */
    uint64_t seed;    /* of victim choice and the like; 0: from the clock */
    const char *name; /* prefix of thread names; copied; NULL: "rove" */
    rove_report_fn *report; /* NULL: lines go to stderr, where the line
                               about a stack overflow goes always */
    void *report_context;
} rove_options;

/* Sets every field of *options to its default. */
ROVE_API void rove_options_init(rove_options *options);

/* asyncio.run: starts a runtime, runs fn(arg) as its main task, cancels and
 * awaits what is left, stops it.
 *
 * options   NULL for the defaults; not kept
 *
 * Returns fn's result, or why the runtime could not start:
 *   -EINVAL   an option is out of range (a line on the sink names it)
 *   -ENOMEM, -EMFILE, -ENFILE, -EAGAIN   no memory, fds or threads
 *   -EDEADLK  called from a task or a pool thread
 * Context  a plain thread; blocks until everything has ended */
ROVE_API int64_t rove_run(const rove_options *options, rove_fn *fn, void *arg);

/* Starts a runtime. *out is written only on success; its owner ends it by
 * rove_runtime_shutdown(), then rove_runtime_free(). Errors as rove_run(). */
ROVE_API ROVE_MUST_CHECK int rove_runtime_new(const rove_options *options,
                                              rove_runtime **out);

/* Refuses new work, cancels every task, waits until all have ended and all
 * threads are joined.
 *
 * Returns 0; -ETIMEDOUT when at the deadline tasks are left or a pool thread
 * still runs a job (a line on the sink says so): the runtime stays as it is
 * then, cancelled and refusing new work, and this may be called again; or
 * -EDEADLK from a task or a pool thread of this runtime.
 * Context  a plain thread; blocks */
ROVE_API ROVE_MUST_CHECK int rove_runtime_shutdown(rove_runtime *rt,
                                                   rove_time deadline);

/* Gives a runtime back whose shutdown returned 0; NULL is ignored. */
ROVE_API void rove_runtime_free(rove_runtime *rt);

/* Spawns from any thread; the handle is the caller's. NULL when it cannot
 * start; rove_join(NULL) then says why to this thread. */
ROVE_API rove_task *rove_runtime_spawn(rove_runtime *rt, rove_fn *fn,
                                       void *arg);

/* The runtime of the calling task or pool thread, NULL elsewhere. */
ROVE_API rove_runtime *rove_runtime_current(void);

/* Number of workers of a runtime. */
ROVE_API unsigned rove_runtime_workers(const rove_runtime *rt);

/* Index of the worker that runs the calling task, from 0; -1 outside a task.
 * A hint: the task may move at its next wait, unless it is pinned. */
ROVE_API int rove_worker_index(void);

/* "major.minor.patch" of the library. */
ROVE_API const char *rove_version(void);

#ifdef __cplusplus
}
#endif

#endif
