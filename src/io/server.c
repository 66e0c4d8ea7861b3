#include "src/io/server.h"

#include <errno.h>

#include "rove/io.h"
#include "rove/net.h"
#include "rove/task.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/io/listen.h"
#include "src/sched/current.h"
#include "src/sched/pollable.h"
#include "src/sched/scheduler.h"

void rove_server_options_init(rove_server_options *options)
{
    *options = (rove_server_options){.size = sizeof *options};
}

rove_server *rove_server_new(const rove_server_options *options,
                             rove_connection_fn *handler, void *arg)
{
    RV_CHECK(handler != NULL, "there is no handler");
    if (options != NULL && options->size != sizeof *options) {
        return NULL;
    }
    rove_server *made = rv_mem_zalloc(sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    uint32_t most = options != NULL ? options->connections_max : 0;
    made->handler = handler;
    made->arg = arg;
    made->is_limited = most != 0;
    made->deadline = ROVE_FOREVER;
    rove_semaphore_init(&made->places, most, most);
    return made;
}

static void free_chain(rv_acceptor *first)
{
    while (first != NULL) {
        rv_acceptor *next = first->next;
        rv_acceptor_free(first);
        first = next;
    }
}

void rove_server_free(rove_server *server)
{
    if (server == NULL) {
        return;
    }
    RV_CHECK(!server->is_running, "the server still runs");
    free_chain(server->acceptors);
    rv_mem_free(server);
}

/* Adds a chain of acceptors. */
static void add_chain(rove_server *server, rv_acceptor *first)
{
    RV_CHECK(!server->has_run, "listeners are added before the server runs");
    rv_lock_acquire(&server->lock);
    while (first != NULL) {
        rv_acceptor *next = first->next;
        first->next = server->acceptors;
        server->acceptors = first;
        server->count++;
        first = next;
    }
    rv_lock_release(&server->lock);
}

int rove_server_add(rove_server *server, int listener)
{
    RV_CHECK(server != NULL, "there is no server");
    if (listener >= RV_POLLABLE_MAX) {
        return -EMFILE;
    }
    rv_acceptor *made = rv_acceptor_new(server, listener, -1);
    if (made == NULL) {
        return -ENOMEM;
    }
    add_chain(server, made);
    return 0;
}

/* Puts one more before *chain. *at gets the port that it is bound to. */
static int listen_more(rove_server *server, rove_address *at,
                       const rove_listen_options *options, int worker,
                       rv_acceptor **chain)
{
    int listener = rv_listen_at(at, options);
    if (listener < 0) {
        return listener;
    }
    rv_acceptor *made = rv_acceptor_new(server, listener, worker);
    if (made == NULL) {
        (void)rove_close(listener);
        return -ENOMEM;
    }
    made->next = *chain;
    *chain = made;
    return rove_local_address(listener, at);
}

static int port_of(const rv_acceptor *acceptor)
{
    int port = rove_local_port(acceptor->listener);
    return port >= 0 ? port : 0; /* a Unix socket */
}

int rove_server_listen(rove_server *server, const char *where,
                       const rove_listen_options *options)
{
    RV_CHECK(server != NULL, "there is no server");
    const rv_scheduler *scheduler = rv_current_get()->scheduler;
    RV_CHECK(scheduler != NULL, "only a task may call this");
    rove_address at;
    int error = rove_address_parse(where, &at);
    if (error != 0) {
        return error;
    }
    rove_listen_options each;
    rove_listen_options_init(&each);
    each = options != NULL ? *options : each;
    bool is_shared = at.as.any.sa_family != AF_UNIX && scheduler->count > 1;
    each.reuse_port |= is_shared;
    rv_acceptor *chain = NULL;
    unsigned count = is_shared ? scheduler->count : 1;
    for (unsigned i = 0; i < count && error == 0; i++) {
        int worker = is_shared ? (int)i : -1;
        error = listen_more(server, &at, &each, worker, &chain);
    }
    if (error != 0) {
        free_chain(chain);
        return error;
    }
    int port = port_of(chain);
    add_chain(server, chain);
    return port;
}

static rove_task *start(rv_acceptor *acceptor)
{
    rove_task_options options;
    rove_task_options_init(&options);
    options.name = "accept";
    options.worker = acceptor->worker;
    options.pinned = acceptor->worker >= 0;
    return rove_spawn_with(&options, rv_acceptor_run, acceptor);
}

/* Starts all acceptors and waits for them; 0, or why one was not started. */
static int run_all(rove_server *server, rove_task *tasks[])
{
    size_t count = 0;
    int64_t error = 0;
    for (rv_acceptor *a = server->acceptors; a != NULL; a = a->next) {
        tasks[count] = start(a);
        if (tasks[count] == NULL) {
            error = rove_join(NULL);
            rove_server_drain(server, rove_now());
            break;
        }
        count++;
    }
    (void)rove_gather(tasks, count, NULL, ROVE_COLLECT);
    return (int)error;
}

/* A cancellation before a failure before a deadline. */
static int result_of(const rove_server *server)
{
    int result = 0;
    for (const rv_acceptor *a = server->acceptors; a != NULL; a = a->next) {
        if (a->result == -ECANCELED) {
            return a->result;
        }
        if (result == 0 || (result == -ETIMEDOUT && a->result != 0)) {
            result = a->result;
        }
    }
    return result;
}

/* Deaf to cancellation: they do not wait themselves. */
static void await_drainers(rove_server *server)
{
    rove_scope shield;
    rove_shield_open(&shield, ROVE_FOREVER);
    int error = rove_wait_group_wait(&server->drainers);
    RV_CHECK(error == 0, "a task behind a shield can always wait");
    (void)rove_scope_close(&shield);
}

int rove_server_run(rove_server *server)
{
    RV_CHECK(server != NULL, "there is no server");
    RV_CHECK(!server->has_run, "a server runs once");
    RV_CHECK(server->count != 0, "the server has no listener");
    rove_task **tasks = rv_mem_alloc(server->count * sizeof(rove_task *));
    if (tasks == NULL) {
        return -ENOMEM;
    }
    server->has_run = true;
    server->is_running = true;
    int error = run_all(server, tasks);
    await_drainers(server);
    server->is_running = false;
    rv_mem_free(tasks);
    return error != 0 ? error : result_of(server);
}

void rove_server_drain(rove_server *server, rove_time deadline)
{
    RV_CHECK(server != NULL, "there is no server");
    rv_lock_acquire(&server->lock);
    if (deadline < server->deadline) {
        server->deadline = deadline;
    }
    rove_event_set(&server->draining);
    rove_wait_group_add(&server->drainers, 1);
    rv_acceptor *first = server->acceptors;
    for (rv_acceptor *a = first; a != NULL; a = a->next) {
        rv_acceptor_heed(a);
    }
    rv_lock_release(&server->lock);
    for (rv_acceptor *a = first; a != NULL; a = a->next) {
        rv_connection_tell_all(a);
    }
    rove_wait_group_done(&server->drainers);
}

rove_event *rove_server_draining(rove_server *server)
{
    return &server->draining;
}

/* Relaxed: a counter is right for itself. */
static uint64_t value(const rv_atomic_u64 *counter)
{
    return rv_u64_load_relaxed(counter); /* see above */
}

/* What came and ended between two reads must not make it negative. */
static uint64_t difference(uint64_t accepted, uint64_t ended)
{
    return accepted > ended ? accepted - ended : 0;
}

int rove_server_get_stats(rove_server *server, rove_server_stats *stats)
{
    RV_CHECK(server != NULL, "there is no server");
    RV_CHECK(stats != NULL, "there is nothing to fill");
    if (stats->size != sizeof *stats) {
        return -EINVAL;
    }
    *stats = (rove_server_stats){.size = sizeof *stats};
    rv_lock_acquire(&server->lock);
    for (const rv_acceptor *a = server->acceptors; a != NULL; a = a->next) {
        uint64_t accepted = value(&a->accepted);
        stats->accepted += accepted;
        stats->current += difference(accepted, value(&a->ended));
        stats->failed += value(&a->failed);
        stats->refused += value(&a->refused);
        stats->limited += value(&a->limited);
    }
    rv_lock_release(&server->lock);
    return 0;
}
