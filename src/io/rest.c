/* The rest of a connection: a task that has not started carries it.
 */
#include <errno.h>
#include <poll.h>

#include "rove/io.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/io/readable.h"
#include "src/io/server.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/timer.h"
#include "src/sched/wake.h"
#include "src/task/spawn.h"

/* The arg of that task. */
typedef struct rest {
    rv_readable readable;
    rv_wake_timer timer;
    bool has_timer;
} rest;

/* There is no stack to carry it on with. Its client is told at once; the
 * acceptor, which has one, does the rest. */
static void lose(rove_connection *connection)
{
    rv_acceptor *acceptor = connection->acceptor;
    int error = rove_shutdown(connection->fd, SHUT_RDWR);
    (void)error; /* the client has gone: so much the better */
    rv_lock_acquire(&acceptor->lock);
    rv_list_remove(&connection->node);
    rv_list_push_back(&acceptor->lost, &connection->node);
    rv_lock_release(&acceptor->lock);
    rv_u64_fetch_add_relaxed(&acceptor->losses, 1); /* orders nothing */
    rv_connection_give_place(acceptor->server);
}

static rove_connection *first_lost(rv_acceptor *acceptor)
{
    /* Relaxed: it is asked again, at last when the group has ordered it. */
    if (rv_u64_load_relaxed(&acceptor->losses) == 0) {
        return NULL;
    }
    rv_lock_acquire(&acceptor->lock);
    rv_node *node = rv_list_front(&acceptor->lost);
    rv_lock_release(&acceptor->lock);
    return node != NULL ? rv_container_of(node, rove_connection, node) : NULL;
}

void rv_rest_bury_lost(rv_acceptor *acceptor)
{
    rove_server *server = acceptor->server;
    rove_connection *lost;
    while ((lost = first_lost(acceptor)) != NULL) {
        lost->rested = -ENOMEM;
        (void)server->handler(lost, server->arg);
        rv_connection_give_back(lost, -ENOMEM);
    }
}

/* Whoever has told it of draining was earlier, or will not. */
static void hide(rove_connection *connection)
{
    rv_lock_acquire(&connection->lock);
    connection->resting = 0;
    rv_lock_release(&connection->lock);
}

static void disarm(rv_start *start, bool is_lost)
{
    rest *self = rv_container_of(start, rest, readable.start);
    rv_readable_take_back(&self->readable);
    if (self->has_timer) {
        rv_timer_stop(&self->timer);
    }
    hide(start->arg);
    if (is_lost) {
        lose(start->arg);
    }
}

/* What ended a rest. Bytes that have come count before all else. */
static int judge(const rove_connection *connection)
{
    struct pollfd one = {.fd = connection->fd, .events = POLLIN};
    if (rv_fd_poll(&one, 1, 0) != 0) {
        return 0;
    }
    if (rove_cancelled()) {
        return -ECANCELED;
    }
    if (connection->is_told) {
        return -ESHUTDOWN;
    }
    return rove_now() >= connection->rest_until ? -ETIMEDOUT : 0;
}

static int64_t wake_up(void *arg)
{
    rove_connection *connection = arg;
    connection->rested = judge(connection);
    return rv_connection_attend(connection);
}

/* A task in the group that will carry the connection on, or NULL. */
static rv_task *make_carrier(rove_connection *connection, rest *self)
{
    self->readable.start = (rv_start){wake_up, connection, disarm};
    self->readable.file = NULL;
    rv_task *task = rv_spawn_prepare_start(&self->readable.start);
    if (task == NULL) {
        return NULL;
    }
    if (rove_group_add(&connection->acceptor->group, task) != 0) {
        rv_spawn_drop(task);
        return NULL;
    }
    return task;
}

/* From here on the drainer may end the rest. */
static void show(rove_connection *connection, rv_ref ref)
{
    rv_lock_acquire(&connection->lock);
    connection->resting = ref;
    connection->is_told = rove_connection_is_draining(connection);
    if (connection->is_told) {
        rv_wake(rv_current_worker(), ref, RV_CAUSE_SOURCE);
    }
    rv_lock_release(&connection->lock);
}

bool rv_rest_begin(rove_connection *connection)
{
    rest *self = rv_mem_zalloc(sizeof *self);
    if (self == NULL) {
        return false;
    }
    rv_task *task = make_carrier(connection, self);
    if (task == NULL) {
        rv_mem_free(self);
        return false;
    }
    rv_ref ref = rv_spawn_begin(task);
    int fd = connection->fd;
    self->has_timer = connection->rest_until < ROVE_FOREVER;
    if (self->has_timer) {
        rv_timer_start(rv_current_worker(), &self->timer, ref,
                       connection->rest_until);
    }
    show(connection, ref);
    rv_readable_launch(&self->readable, task, fd, ref);
    return true;
}

void rove_connection_rest(rove_connection *connection, rove_time deadline,
                          void *state)
{
    RV_CHECK(connection->fd >= 0, "the connection's descriptor was taken");
    connection->wants_rest = true;
    connection->rest_until = deadline;
    connection->state = state;
}

int rove_connection_rested(const rove_connection *connection, void **state)
{
    *state = connection->state;
    return connection->rested;
}
