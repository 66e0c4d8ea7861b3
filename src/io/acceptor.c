/* A listener of a server, and the task that accepts from it.
 *
 *     bound {                 its deadline ends the connections
 *         group {             the connections
 *             accepting { }   ends with draining
 *         }
 *     }
 */
#include <errno.h>

#include "rove/io.h"
#include "rove/net.h"
#include "rove/task.h"

#include "src/base/mem.h"
#include "src/io/server.h"

/* How long nothing is accepted after what could not be served: doubled each
 * time. */
#define REST_MIN ROVE_MS
#define REST_MAX (100 * ROVE_MS)

rv_acceptor *rv_acceptor_new(rove_server *server, int listener, int worker)
{
    rv_acceptor *made = rv_mem_zalloc(sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->server = server;
    made->listener = listener;
    made->result = -ENOMEM; /* of a task that never ran, for want of a stack */
    made->worker = worker;
    rv_list_init(&made->connections);
    rv_list_init(&made->told);
    rv_list_init(&made->lost);
    /* Connections inherit it. Without effect on what is not TCP. */
    (void)rove_tcp_set_nodelay(listener, 1);
    return made;
}

void rv_acceptor_free(rv_acceptor *acceptor)
{
    if (acceptor->listener >= 0) {
        (void)rove_close(acceptor->listener);
    }
    rv_mem_free(acceptor);
}

static void count(rv_atomic_u64 *counter)
{
    rv_u64_fetch_add_relaxed(counter, 1); /* orders nothing */
}

/* Waits for a place within the limit. */
static int take_place(rv_acceptor *acceptor)
{
    rove_server *server = acceptor->server;
    if (!server->is_limited ||
        rove_semaphore_try_take(&server->places, 1) == 0) {
        return 0;
    }
    count(&acceptor->limited);
    return rove_semaphore_take(&server->places, 1);
}

static int serve_one(rv_acceptor *acceptor, int fd)
{
    int error = take_place(acceptor);
    if (error != 0) {
        return error;
    }
    error = rv_connection_start(acceptor, fd);
    if (error != 0 && acceptor->server->is_limited) {
        rove_semaphore_give(&acceptor->server->places, 1);
    }
    return error;
}

/* What cannot be served is closed, and concerns nobody else. */
static void refuse(rv_acceptor *acceptor, int fd)
{
    if (fd >= 0) {
        (void)rove_close(fd);
    }
    count(&acceptor->refused);
    count(&acceptor->ended);
}

/* The next one would hardly fare better: it waits in the kernel's queue. */
static int rest(rove_time *pause)
{
    *pause = *pause == 0 ? REST_MIN : *pause * 2;
    *pause = *pause < REST_MAX ? *pause : REST_MAX;
    return rove_sleep(*pause);
}

static int accept_all(rv_acceptor *acceptor)
{
    rove_time pause = 0;
    int error = 0;
    while (error != -ECANCELED) {
        int fd = rove_accept(acceptor->listener, NULL, NULL);
        if (fd < 0 && fd != -EMFILE) {
            return fd;
        }
        count(&acceptor->accepted);
        rv_rest_bury_lost(acceptor);
        error = fd >= 0 ? serve_one(acceptor, fd) : fd;
        if (error == 0) {
            pause = 0;
            continue;
        }
        refuse(acceptor, fd);
        error = error != -ECANCELED ? rest(&pause) : error;
    }
    return error;
}

void rv_acceptor_heed(rv_acceptor *acceptor)
{
    if (acceptor->is_open) {
        rove_scope_set_deadline(&acceptor->bound, acceptor->server->deadline);
    }
    if (acceptor->is_accepting) {
        rove_scope_cancel(&acceptor->accepting);
    }
}

/* Shows its scopes to who drains, or no longer. */
static void show(rv_acceptor *acceptor, bool is_open, bool is_accepting)
{
    rove_server *server = acceptor->server;
    rv_lock_acquire(&server->lock);
    acceptor->is_open = is_open;
    acceptor->is_accepting = is_accepting;
    if (rove_event_is_set(&server->draining)) {
        rv_acceptor_heed(acceptor);
    }
    rv_lock_release(&server->lock);
}

/* Relaxed: the group has ordered it. */
static bool has_cut(const rv_acceptor *acceptor)
{
    return rv_u64_load_relaxed(&acceptor->cut) != 0;
}

static int result_of(const rv_acceptor *acceptor, int error)
{
    if (rove_cancelled()) {
        return -ECANCELED;
    }
    if (has_cut(acceptor)) {
        return -ETIMEDOUT;
    }
    return error == -ECANCELED ? 0 : error;
}

int64_t rv_acceptor_run(void *arg)
{
    rv_acceptor *acceptor = arg;
    rove_scope_open(&acceptor->bound, ROVE_FOREVER);
    rove_group_open(&acceptor->group, ROVE_COLLECT | ROVE_DISCARD);
    rove_scope_open(&acceptor->accepting, ROVE_FOREVER);
    show(acceptor, true, true);
    int error = accept_all(acceptor);
    show(acceptor, true, false);
    (void)rove_scope_close(&acceptor->accepting);
    (void)rove_close(acceptor->listener);
    acceptor->listener = -1;
    (void)rove_group_close(&acceptor->group);
    rv_rest_bury_lost(acceptor);
    show(acceptor, false, false);
    (void)rove_scope_close(&acceptor->bound);
    acceptor->result = result_of(acceptor, error);
    return 0;
}
