/* From one descriptor to another: rove_sendfile and rove_splice.
 *
 * The task is in a call on both, so that neither number is released under it.
 * After -EAGAIN the side that poll finds not ready is waited for; the turn on
 * the other one, if the task had it, goes to who else waits there.
 *
 * The kernel has no flag that keeps a blocking socket from waiting here. So
 * what belongs to others and is blocking is asked by poll first, and then given
 * as little as it surely has room for.
 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "rove/io.h"

#include "src/io/call.h"
#include "src/platform/fd_move.h"

typedef struct rv_move {
    rv_io_call in;
    rv_io_call out;
    off_t *in_offset;
    off_t *out_offset;
    size_t size;
    unsigned flags;
    rv_io_call *wanting; /* the side that others wait for already, or NULL */
    bool was_ready;      /* both sides were, after -EAGAIN */
    rove_time pause;
} rv_move;

typedef ssize_t rv_move_op(rv_move *m);

static bool is_ready(const rv_io_call *call, int events)
{
    return rv_io_events(call, events) != 0;
}

/* Whether a call on it may wait inside the kernel; those that splice never
 * waits for are pipes. */
static bool may_wait(const rv_io_call *call, bool pipes_too)
{
    if (call->is_managed || !rv_fd_is_blocking(call->fd)) {
        return false;
    }
    mode_t type = rv_fd_type(call->fd);
    return type == S_IFSOCK || type == S_IFCHR ||
           (type == S_IFIFO && pipes_too);
}

static size_t at_most(size_t size, size_t limit)
{
    return size < limit ? size : limit;
}

static ssize_t move_file(rv_move *m)
{
    size_t size = m->size;
    if (may_wait(&m->out, true)) {
        if (!is_ready(&m->out, POLLOUT)) {
            return -EAGAIN;
        }
        size = at_most(size, PIPE_BUF);
    }
    return rv_fd_sendfile(m->out.fd, m->in.fd, m->in_offset, size);
}

static ssize_t move_spliced(rv_move *m)
{
    size_t size = m->size;
    if (may_wait(&m->in, false) && !is_ready(&m->in, POLLIN)) {
        return -EAGAIN;
    }
    if (may_wait(&m->out, false)) {
        if (!is_ready(&m->out, POLLOUT)) {
            return -EAGAIN;
        }
        size = at_most(size, PIPE_BUF);
    }
    return rv_fd_splice(m->in.fd, m->in_offset, m->out.fd, m->out_offset, size,
                        m->flags);
}

static ssize_t try_once(rv_move *m, rv_move_op *op)
{
    bool may_take = rv_io_may_try(&m->in);
    bool may_give = rv_io_may_try(&m->out);
    m->wanting = may_give ? NULL : &m->out;
    m->wanting = may_take ? m->wanting : &m->in;
    return m->wanting == NULL ? op(m) : -EAGAIN;
}

/* Both sides may have become ready after the kernel was asked. If asking again
 * does not help, then no event will tell when it does. */
static int wait_for_either(rv_move *m)
{
    if (m->wanting == NULL && !is_ready(&m->out, POLLOUT)) {
        m->wanting = &m->out;
    } else if (m->wanting == NULL && !is_ready(&m->in, POLLIN)) {
        m->wanting = &m->in;
    }
    bool was_ready = m->was_ready;
    m->was_ready = m->wanting == NULL;
    if (m->wanting != NULL) {
        m->pause = 0;
        return rv_io_wait_beside(m->wanting,
                                 m->wanting == &m->in ? &m->out : &m->in);
    }
    return was_ready ? rv_io_back_off(&m->out, &m->pause) : 0;
}

static ssize_t run(rv_move *m, int in, int out, rv_move_op *op)
{
    ssize_t count = rv_io_begin(&m->in, in, 1u << RV_SIDE_READ);
    if (count != 0) {
        return count;
    }
    count = rv_io_begin(&m->out, out, 1u << RV_SIDE_WRITE);
    if (count == 0) {
        do {
            count = try_once(m, op);
        } while (count == -EAGAIN && (count = wait_for_either(m)) == 0);
        rv_io_end(&m->out, false);
    }
    rv_io_end(&m->in, false);
    return count;
}

ssize_t rove_sendfile(int out, int in, off_t *offset, size_t size)
{
    rv_move m = {.in_offset = offset, .size = size};
    return run(&m, in, out, move_file);
}

ssize_t rove_splice(int in, off_t *in_offset, int out, off_t *out_offset,
                    size_t size, unsigned flags)
{
    rv_move m = {.in_offset = in_offset,
                 .out_offset = out_offset,
                 .size = size,
                 .flags = flags};
    return run(&m, in, out, move_spliced);
}
