/* One connection of a server, and its tasks: one for each call of the handler.
 */
#include <errno.h>
#include <poll.h>

#include "rove/io.h"
#include "rove/stream.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/io/server.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"
#include "src/task/spawn.h"

/* So many are told at once, with others kept from coming and going. */
#define TELL_BATCH 32

static void add(rv_acceptor *acceptor, rove_connection *connection)
{
    rv_lock_acquire(&acceptor->lock);
    rv_list_push_back(&acceptor->connections, &connection->node);
    rv_lock_release(&acceptor->lock);
}

static void remove_from(rv_acceptor *acceptor, rove_connection *connection)
{
    rv_lock_acquire(&acceptor->lock);
    rv_list_remove(&connection->node);
    rv_lock_release(&acceptor->lock);
}

static void count(rv_atomic_u64 *counter)
{
    rv_u64_fetch_add_relaxed(counter, 1); /* orders nothing */
}

/* Ends the stream, if there is one; the connection's result. */
static int64_t finish(rove_connection *connection, int64_t result)
{
    rove_stream *stream = connection->stream;
    if (stream == NULL || result < 0) {
        rove_stream_free(stream);
        return result;
    }
    int error = rove_stream_close(stream);
    return error != 0 ? error : result;
}

void rv_connection_give_place(rove_server *server)
{
    if (server->is_limited) {
        rove_semaphore_give(&server->places, 1);
    }
}

void rv_connection_give_back(rove_connection *connection, int64_t result)
{
    rv_acceptor *acceptor = connection->acceptor;
    result = finish(connection, result);
    if (result < 0 && result != -ECANCELED) {
        count(&acceptor->failed);
    }
    if (rove_cancelled()) {
        count(&acceptor->cut);
    }
    remove_from(acceptor, connection);
    if (connection->fd >= 0) {
        (void)rove_close(connection->fd);
    }
    rv_mem_free(connection);
    count(&acceptor->ended);
}

/* No memory for that, or for one more task: this one waits. */
static void rest_here(rove_connection *connection)
{
    rove_connection_idle_begin(connection, connection->rest_until);
    int events = rove_poll(connection->fd, POLLIN);
    int status = rove_connection_idle_end(connection);
    connection->rested = events > 0 ? 0 : status;
}

/* What the stream keeps is not for later. */
static int flush(const rove_connection *connection)
{
    rove_stream *stream = connection->stream;
    return stream != NULL ? rove_stream_flush(stream) : 0;
}

int64_t rv_connection_attend(rove_connection *connection)
{
    rove_server *server = connection->acceptor->server;
    for (;;) {
        connection->wants_rest = false;
        int64_t result = server->handler(connection, server->arg);
        RV_CHECK(!connection->is_idle, "a handler returned while it was idle");
        if (!connection->wants_rest) {
            rv_connection_give_back(connection, result);
            rv_connection_give_place(server);
            return 0;
        }
        connection->rested = flush(connection);
        if (connection->rested == 0) {
            if (rv_rest_begin(connection)) {
                return 0;
            }
            rest_here(connection);
        }
    }
}

static int64_t serve(void *arg)
{
    rove_connection *connection = arg;
    add(connection->acceptor, connection);
    return rv_connection_attend(connection);
}

/* A task that serves for sure: the descriptor, and the place within the limit,
 * are nobody else's to give back. */
static int spawn_in(rove_group *group, rove_connection *connection)
{
    rv_task *task = rv_spawn_prepare_sure(serve, connection);
    if (task == NULL) {
        return rv_spawn_last_error();
    }
    int error = rove_group_add(group, task);
    if (error != 0) {
        rv_spawn_drop(task);
        return error;
    }
    rv_spawn_launch(task);
    return 0;
}

int rv_connection_start(rv_acceptor *acceptor, int fd)
{
    rove_connection *made = rv_mem_zalloc(sizeof *made);
    if (made == NULL) {
        return -ENOMEM;
    }
    made->acceptor = acceptor;
    made->fd = fd;
    int error = spawn_in(&acceptor->group, made);
    if (error != 0) {
        rv_mem_free(made);
    }
    return error;
}

/* Under its lock. */
static void tell(rove_connection *connection)
{
    if (connection->is_idle) {
        connection->is_told = true;
        rove_scope_cancel(&connection->idle);
    } else if (connection->resting != 0) {
        connection->is_told = true;
        rv_wake(rv_current_worker(), connection->resting, RV_CAUSE_SOURCE);
    }
}

static bool tell_some(rv_acceptor *acceptor)
{
    rv_node *node = NULL;
    rv_lock_acquire(&acceptor->lock);
    for (int i = 0; i < TELL_BATCH; i++) {
        node = rv_list_pop_front(&acceptor->connections);
        if (node == NULL) {
            break;
        }
        rove_connection *told = rv_container_of(node, rove_connection, node);
        rv_lock_acquire(&told->lock);
        tell(told);
        rv_lock_release(&told->lock);
        rv_list_push_back(&acceptor->told, node);
    }
    rv_lock_release(&acceptor->lock);
    return node != NULL;
}

void rv_connection_tell_all(rv_acceptor *acceptor)
{
    while (tell_some(acceptor)) {
    }
}

int rove_connection_fd(const rove_connection *connection)
{
    return connection->fd;
}

int rove_connection_take_fd(rove_connection *connection)
{
    RV_CHECK(connection->stream == NULL, "the connection's stream is on it");
    int fd = connection->fd;
    connection->fd = -1;
    return fd;
}

rove_stream *rove_connection_stream(rove_connection *connection,
                                    const rove_stream_options *options)
{
    RV_CHECK(connection->fd >= 0, "the descriptor was taken");
    if (connection->stream == NULL) {
        rove_stream_options own;
        rove_stream_options_init(&own);
        own = options != NULL ? *options : own;
        own.borrowed = 1;
        connection->stream = rove_stream_new(connection->fd, &own);
    }
    return connection->stream;
}

rove_server *rove_connection_server(const rove_connection *connection)
{
    return connection->acceptor->server;
}

bool rove_connection_is_draining(const rove_connection *connection)
{
    return rove_event_is_set(&connection->acceptor->server->draining);
}

void rove_connection_idle_begin(rove_connection *connection, rove_time deadline)
{
    RV_CHECK(!connection->is_idle, "the connection is idle already");
    rove_scope_open(&connection->idle, deadline);
    connection->is_told = false;
    rv_lock_acquire(&connection->lock);
    connection->is_idle = true;
    if (rove_connection_is_draining(connection)) {
        tell(connection);
    }
    rv_lock_release(&connection->lock);
}

int rove_connection_idle_end(rove_connection *connection)
{
    RV_CHECK(connection->is_idle, "the connection is not idle");
    rv_lock_acquire(&connection->lock);
    connection->is_idle = false;
    rv_lock_release(&connection->lock);
    int status = rove_scope_close(&connection->idle);
    return status == -ECANCELED && connection->is_told ? -ESHUTDOWN : status;
}
