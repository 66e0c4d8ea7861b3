/* Writing: rove_write and its relatives.
 *
 * As in read.c: pipes that rove made as they are, sockets by MSG_DONTWAIT,
 * other files without waiting where they can, else after poll has found them
 * writable. Of those a pipe then takes PIPE_BUF bytes without waiting, and gets
 * no more at once; what can be sought in has only its disk to wait for.
 */
#include <errno.h>
#include <limits.h>

#include "rove/io.h"

#include "src/io/call.h"
#include "src/io/message.h"
#include "src/platform/fd_io.h"

typedef struct rv_write {
    const void *buffer;
    size_t size;
    int flags;
    const struct sockaddr *address;
    socklen_t length;
} rv_write;

typedef struct rv_write_parts {
    const struct iovec *parts;
    int count;
    size_t size;
} rv_write_parts;

typedef struct rv_write_message {
    const struct msghdr *message;
    int flags;
} rv_write_message;

static bool is_writable(const rv_io_call *call)
{
    return call->may_block || rv_io_events(call, POLLOUT) != 0;
}

/* True when writing that much, to what is writable, waits for nobody. */
static bool fits(const rv_io_call *call, size_t size)
{
    return size <= PIPE_BUF || rv_fd_pwrite(call->fd, "", 0, 0) != -ESPIPE;
}

static ssize_t write_file(rv_io_call *call, const void *buffer, size_t size)
{
    ssize_t count = rv_fd_write_nowait(call->fd, buffer, size);
    if (count == -EOPNOTSUPP) {
        count = -EAGAIN;
    } else if (count != -EAGAIN || !call->may_block) {
        return count;
    }
    if (is_writable(call)) {
        count =
            rv_fd_write(call->fd, buffer, fits(call, size) ? size : PIPE_BUF);
    }
    return count;
}

static ssize_t do_write(rv_io_call *call, void *args)
{
    const rv_write *w = args;
    if (call->is_file) {
        return rv_fd_write(call->fd, w->buffer, w->size);
    }
    ssize_t count = rv_fd_send(call->fd, w->buffer, w->size, MSG_DONTWAIT);
    return count == -ENOTSOCK ? write_file(call, w->buffer, w->size) : count;
}

ssize_t rove_write(int fd, const void *buffer, size_t size)
{
    rv_write w = {.buffer = buffer, .size = size};
    return rv_io_run(fd, RV_SIDE_WRITE, do_write, &w, size);
}

/* Where not all fit at once the first part that is not empty goes alone. */
static ssize_t write_file_parts(rv_io_call *call, const rv_write_parts *w)
{
    if (!fits(call, w->size)) {
        int first = 0;
        while (w->parts[first].iov_len == 0) {
            first++;
        }
        return write_file(call, w->parts[first].iov_base,
                          w->parts[first].iov_len);
    }
    return is_writable(call) ? rv_fd_writev(call->fd, w->parts, w->count)
                             : -EAGAIN;
}

static ssize_t do_writev(rv_io_call *call, void *args)
{
    const rv_write_parts *w = args;
    if (call->is_file) {
        return rv_fd_writev(call->fd, w->parts, w->count);
    }
    struct msghdr message = {.msg_iov = (struct iovec *)w->parts,
                             .msg_iovlen = (size_t)w->count};
    ssize_t count = rv_fd_sendmsg(call->fd, &message, MSG_DONTWAIT);
    return count == -ENOTSOCK ? write_file_parts(call, w) : count;
}

ssize_t rove_writev(int fd, const struct iovec *parts, int count)
{
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    rv_write_parts w = {.parts = parts, .count = count};
    for (int i = 0; i < count; i++) {
        w.size += parts[i].iov_len;
    }
    return rv_io_run(fd, RV_SIDE_WRITE, do_writev, &w, w.size);
}

static ssize_t do_sendto(rv_io_call *call, void *args)
{
    const rv_write *w = args;
    rove_time pause = 0;
    ssize_t count;
    do {
        count = rv_fd_sendto(call->fd, w->buffer, w->size,
                             w->flags | MSG_DONTWAIT, w->address, w->length);
    } while (count == -EAGAIN && rv_message_must_try_again(w->address) &&
             (count = rv_io_back_off(call, &pause)) == 0);
    return count;
}

ssize_t rove_send(int fd, const void *buffer, size_t size, int flags)
{
    return rove_sendto(fd, buffer, size, flags, NULL, 0);
}

ssize_t rove_sendto(int fd, const void *buffer, size_t size, int flags,
                    const struct sockaddr *address, socklen_t length)
{
    rv_write w = {buffer, size, flags, address, length};
    return rv_io_run(fd, RV_SIDE_WRITE, do_sendto, &w, size);
}

static ssize_t do_sendmsg(rv_io_call *call, void *args)
{
    const rv_write_message *w = args;
    rove_time pause = 0;
    ssize_t count;
    do {
        count = rv_fd_sendmsg(call->fd, w->message, w->flags | MSG_DONTWAIT);
    } while (count == -EAGAIN &&
             rv_message_must_try_again(w->message->msg_name) &&
             (count = rv_io_back_off(call, &pause)) == 0);
    return count;
}

ssize_t rove_sendmsg(int fd, const struct msghdr *message, int flags)
{
    rv_write_message w = {message, flags};
    return rv_io_run(fd, RV_SIDE_WRITE, do_sendmsg, &w, 0);
}

ssize_t rove_write_all(int fd, const void *buffer, size_t size, size_t *moved)
{
    size_t done = 0;
    ssize_t count = 0;
    while (done < size && count >= 0) {
        count = rove_write(fd, (const char *)buffer + done, size - done);
        done += count > 0 ? (size_t)count : 0;
    }
    if (moved != NULL) {
        *moved = done;
    }
    return done > 0 || count >= 0 ? (ssize_t)done : count;
}
