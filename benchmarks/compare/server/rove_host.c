#include "benchmarks/compare/server/rove_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rove/rove.h"

#include "benchmarks/compare/server/rove_connection.h"

#define STOP_TIME (5 * ROVE_SEC)

struct listener {
    struct rove_host_shared *shared;
    int fd;
};

struct host {
    struct rove_host_shared shared;
    rove_runtime *runtime;
    rove_task *main_task;
    unsigned loops;
    struct listener *listeners; /* one a loop */
};

static int64_t accept_connections(void *arg)
{
    struct listener *listener = arg;
    for (;;) {
        int fd = rove_accept(listener->fd, NULL, NULL);
        if (fd == -ECANCELED) {
            break;
        }
        if (fd < 0) {
            fprintf(stderr, "compare_server: accept: %s\n", strerror(-fd));
            rove_connection_count_error(listener->shared);
            break;
        }
        rove_connection_start(listener->shared, fd);
    }
    return rove_close(listener->fd);
}

/* The main task: one accept task pinned to each worker, then their end. */
static int64_t run_listeners(void *arg)
{
    struct host *host = arg;
    int64_t result = 0;
    rove_task **tasks = calloc(host->loops, sizeof tasks[0]);
    if (tasks == NULL) {
        return -ENOMEM;
    }
    rove_task_options options;
    rove_task_options_init(&options);
    options.pinned = 1;
    options.name = "accept";
    for (unsigned i = 0; i < host->loops; i++) {
        options.worker = (int32_t)i;
        tasks[i] =
            rove_spawn_with(&options, accept_connections, &host->listeners[i]);
        if (tasks[i] == NULL) {
            fprintf(stderr, "compare_server: cannot start an accept task\n");
            rove_connection_count_error(&host->shared);
            rove_close(host->listeners[i].fd);
        }
    }
    for (unsigned i = 0; i < host->loops; i++) {
        if (tasks[i] != NULL) {
            int64_t ended = rove_join(tasks[i]);
            result = result < 0 ? result : ended;
        }
    }
    free(tasks);
    return result;
}

static int open_listeners(struct host *host, uint16_t *port)
{
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.reuse_port = host->loops > 1;
    host->listeners = calloc(host->loops, sizeof host->listeners[0]);
    if (host->listeners == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < host->loops; i++) {
        int fd = rove_tcp_listen(NULL, *port, &options);
        int bound = fd < 0 ? fd : rove_local_port(fd);
        if (bound < 0) {
            host->loops = fd < 0 ? i : i + 1; /* for close_listeners */
            host->listeners[i].fd = fd;
            return bound;
        }
        *port = (uint16_t)bound;
        host->listeners[i] = (struct listener){&host->shared, fd};
    }
    return 0;
}

static void close_listeners(struct host *host)
{
    for (unsigned i = 0; host->listeners != NULL && i < host->loops; i++) {
        rove_close(host->listeners[i].fd);
    }
}

static int start_runtime(struct host *host, const struct host_options *wanted)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = host->loops;
    options.report_crash = 1;
    if (strcmp(wanted->design, "sharded") == 0) {
        options.design = ROVE_SHARDED;
    } else if (strcmp(wanted->design, "stealing") == 0) {
        options.design = ROVE_STEALING;
    } else {
        options.design = ROVE_SINGLE;
    }
    if (host->shared.offload) {
        options.offload_threads_max = wanted->workers;
    }
    return rove_runtime_new(&options, &host->runtime);
}

/* The runtime is up; its tasks take the listeners over. */
static int start_main_task(struct host *host)
{
    host->main_task = rove_runtime_spawn(host->runtime, run_listeners, host);
    if (host->main_task != NULL) {
        return 0;
    }
    int reason = (int)rove_join(NULL);
    if (rove_runtime_shutdown(host->runtime, ROVE_FOREVER) == 0) {
        rove_runtime_free(host->runtime);
    }
    return reason;
}

static void free_host(struct host *host)
{
    free(host->listeners);
    free(host);
}

static int start(const struct host_options *options, void **out, uint16_t *port)
{
    bool many = strcmp(options->design, "sharded") == 0 ||
                strcmp(options->design, "stealing") == 0;
    struct host *host = calloc(1, sizeof *host);
    if (host == NULL) {
        return -ENOMEM;
    }
    host->shared.service = options->service;
    host->shared.work = options->work;
    host->shared.offload = strcmp(options->design, "offload") == 0;
    host->loops = many ? options->workers : 1;
    *port = options->port;
    int result = open_listeners(host, port);
    if (result == 0) {
        result = start_runtime(host, options);
    }
    if (result == 0) {
        result = start_main_task(host);
    }
    if (result < 0) {
        close_listeners(host);
        free_host(host);
        return result;
    }
    *out = host;
    return 0;
}

static int stop(void *arg, struct host_report *report)
{
    struct host *host = arg;
    rove_stats stats = {.size = sizeof stats};
    int result = rove_stats_get(host->runtime, &stats);
    int down = rove_runtime_shutdown(host->runtime, rove_now() + STOP_TIME);
    if (down < 0) {
        return down; /* tasks are left: what they use must stay */
    }
    int64_t ended = rove_join(host->main_task);
    rove_runtime_free(host->runtime);
    *report = (struct host_report){
        .errors = rv_u64_load_relaxed(&host->shared.errors),
        .failures = rv_u64_load_relaxed(&host->shared.failures),
        .steals = stats.steals,
        .parks = stats.parks,
        .wakes = stats.wakes,
        .takeovers = stats.takeovers,
        .switches = stats.switches,
        .io_events = stats.io_events,
    };
    free_host(host);
    return ended < 0 ? (int)ended : result;
}

const struct host_kind rove_host = {start, stop};
