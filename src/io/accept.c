/* Accepting: one connection a call, and nothing that belongs to a connection
 * that is gone, or to a shortage that will pass, reaches the caller.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rove/io.h"

#include "src/base/clock.h"
#include "src/io/call.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/scheduler.h"

/* Connections that are skipped one after the other, before it looks as if they
 * were not the reason. */
#define SKIPS_MAX 16

/* How long a shortage is not met before the next one is news. */
#define EPISODE_GAP (10 * ROVE_SEC)

typedef struct rv_accept {
    struct sockaddr *address;
    socklen_t *length;
    rove_time pause;
    unsigned skips;
    bool is_beyond; /* the number was one that is not served */
} rv_accept;

/* The network's errors that wait on the new connection come from accept. */
static bool is_of_connection(int error)
{
    switch (error) {
    case -ECONNABORTED:
    case -EPROTO:
    case -ENOPROTOOPT:
    case -ENETDOWN:
    case -ENETUNREACH:
    case -EHOSTDOWN:
    case -EHOSTUNREACH:
    case -ENONET:
        return true;
    default:
        return false;
    }
}

static bool is_shortage(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS ||
           error == -ENOMEM;
}

/* Nobody else knows the descriptor yet. One of too large a number is closed, as
 * they all will be until others have gone: the caller had better know. */
static int adopt(const rv_io_call *call, rv_accept *a, int fd)
{
    rv_pollable *file;
    int error = rv_pollable_of(fd, &file);
    if (error != 0) {
        (void)rv_fd_close(fd);
        a->is_beyond = error == -EMFILE;
        return error;
    }
    rv_pollable_adopt(file, call->is_stream ? RV_CALLS_STREAM : 0);
    return fd;
}

/* A foreign listener may be a blocking one: it is not asked for what is not
 * there. What is no socket is to say so. */
static bool must_wait(const rv_io_call *call)
{
    return !call->is_managed && rv_io_events(call, POLLIN) == 0 &&
           rv_fd_recv(call->fd, NULL, 0, MSG_PEEK | MSG_DONTWAIT) != -ENOTSOCK;
}

static int accept_one(const rv_io_call *call, rv_accept *a)
{
    if (must_wait(call)) {
        return -EAGAIN;
    }
    int fd = rv_fd_accept(call->fd, a->address, a->length);
    return fd >= 0 ? adopt(call, a, fd) : fd;
}

/* One line an episode, which ends when the shortage was not met for a while. */
static void report_shortage(const rv_io_call *call, int error)
{
    const rv_worker *w = rv_current_worker();
    if (w == NULL) {
        return;
    }
    rv_atomic_u64 *shortage = &w->scheduler->shortage;
    uint64_t now = (uint64_t)rv_clock_now();
    /* relaxed: it orders nothing; two that come at once may both tell */
    uint64_t last = rv_u64_load_relaxed(shortage);
    rv_u64_store_relaxed(shortage, now);
    if (last == 0 || now - last >= (uint64_t)EPISODE_GAP) {
        char line[128];
        snprintf(line, sizeof line,
                 "rove: accept on fd %d waits: %s; connections queue up until "
                 "others are closed",
                 call->fd, strerrorname_np(-error));
        rv_report_line(&w->scheduler->report, line);
    }
}

static ssize_t do_accept(rv_io_call *call, void *args)
{
    rv_accept *a = args;
    for (;;) {
        int fd = accept_one(call, a);
        bool is_short = is_shortage(fd) && !a->is_beyond;
        bool is_skipped = is_of_connection(fd) && ++a->skips < SKIPS_MAX;
        if (!is_of_connection(fd) && !is_short) {
            return fd;
        }
        if (is_short) {
            report_shortage(call, fd);
        }
        int error = is_skipped ? 0 : rv_io_back_off(call, &a->pause);
        if (error != 0) {
            return error;
        }
    }
}

int rove_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    rv_accept a = {.address = address, .length = length};
    return (int)rv_io_run(fd, RV_SIDE_READ, do_accept, &a, 0);
}
