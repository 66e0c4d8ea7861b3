/* Reading: rove_read and its relatives.
 *
 * A pipe that rove made is read as it is. Else a socket is asked with
 * MSG_DONTWAIT, whatever its flags. What is no socket (pipes, terminals, files)
 * is read without waiting where the kind of file can do so; where not it is
 * read after poll has found it readable. Files that cannot be polled never have
 * to wait, beyond their disk.
 */
#include "src/io/read.h"

#include <errno.h>
#include <limits.h>

#include "rove/io.h"

#include "src/io/message.h"
#include "src/platform/fd_io.h"

typedef struct rv_read {
    void *buffer;
    size_t size;
    int flags;
    struct sockaddr *address;
    socklen_t *length;
} rv_read;

typedef struct rv_read_parts {
    const struct iovec *parts;
    int count;
} rv_read_parts;

static bool is_readable(const rv_io_call *call)
{
    return call->may_block || rv_io_events(call, POLLIN) != 0;
}

static ssize_t read_file(rv_io_call *call, void *buffer, size_t size)
{
    if (call->may_block) {
        return rv_fd_read(call->fd, buffer, size);
    }
    ssize_t count = rv_fd_read_nowait(call->fd, buffer, size);
    if (count == -EOPNOTSUPP) {
        count =
            is_readable(call) ? rv_fd_read(call->fd, buffer, size) : -EAGAIN;
    }
    return count;
}

ssize_t rv_read_try(rv_io_call *call, void *buffer, size_t size)
{
    if (call->is_file) {
        return rv_fd_read(call->fd, buffer, size);
    }
    ssize_t count = rv_fd_recv(call->fd, buffer, size, MSG_DONTWAIT);
    return count == -ENOTSOCK ? read_file(call, buffer, size) : count;
}

static ssize_t do_read(rv_io_call *call, void *args)
{
    const rv_read *r = args;
    return rv_read_try(call, r->buffer, r->size);
}

/* Nothing is asked for: the kernel checks the descriptor, and a datagram stays
 * where it is. */
static ssize_t do_read_nothing(rv_io_call *call, void *args)
{
    const rv_read *r = args;
    return rv_fd_read(call->fd, r->buffer, 0);
}

ssize_t rove_read(int fd, void *buffer, size_t size)
{
    rv_read r = {.buffer = buffer, .size = size};
    return rv_io_run(fd, RV_SIDE_READ, size != 0 ? do_read : do_read_nothing,
                     &r, size);
}

static size_t total_size(const struct iovec *parts, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        total += parts[i].iov_len;
    }
    return total;
}

static ssize_t do_readv(rv_io_call *call, void *args)
{
    const rv_read_parts *r = args;
    if (call->is_file) {
        return rv_fd_readv(call->fd, r->parts, r->count);
    }
    struct msghdr message = {.msg_iov = (struct iovec *)r->parts,
                             .msg_iovlen = (size_t)r->count};
    ssize_t count = rv_fd_recvmsg(call->fd, &message, MSG_DONTWAIT);
    if (count == -ENOTSOCK) {
        count = is_readable(call) ? rv_fd_readv(call->fd, r->parts, r->count)
                                  : -EAGAIN;
    }
    return count;
}

ssize_t rove_readv(int fd, const struct iovec *parts, int count)
{
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    size_t size = total_size(parts, count);
    if (size == 0) {
        return rove_read(fd, NULL, 0);
    }
    rv_read_parts r = {.parts = parts, .count = count};
    return rv_io_run(fd, RV_SIDE_READ, do_readv, &r, size);
}

static ssize_t do_recvfrom(rv_io_call *call, void *args)
{
    const rv_read *r = args;
    return rv_fd_recvfrom(call->fd, r->buffer, r->size, r->flags | MSG_DONTWAIT,
                          r->address, r->length);
}

/* What was only looked at is still there, however little it was. */
static size_t wanted_of(size_t size, int flags)
{
    return (flags & ~(MSG_DONTWAIT | MSG_WAITALL)) == 0 ? size : 0;
}

ssize_t rove_recv(int fd, void *buffer, size_t size, int flags)
{
    return rove_recvfrom(fd, buffer, size, flags, NULL, NULL);
}

ssize_t rove_recvfrom(int fd, void *buffer, size_t size, int flags,
                      struct sockaddr *address, socklen_t *length)
{
    rv_read r = {buffer, size, flags, address, length};
    return rv_io_run(fd, rv_message_side(flags), do_recvfrom, &r,
                     wanted_of(size, flags));
}

typedef struct rv_read_message {
    struct msghdr *message;
    int flags;
} rv_read_message;

static ssize_t do_recvmsg(rv_io_call *call, void *args)
{
    const rv_read_message *r = args;
    return rv_fd_recvmsg(call->fd, r->message, r->flags | MSG_DONTWAIT);
}

/* A message with descriptors or credentials ends early without having drained
 * the socket. */
ssize_t rove_recvmsg(int fd, struct msghdr *message, int flags)
{
    rv_read_message r = {message, flags};
    return rv_io_run(fd, rv_message_side(flags), do_recvmsg, &r, 0);
}

ssize_t rove_read_exact(int fd, void *buffer, size_t size, size_t *moved)
{
    size_t done = 0;
    ssize_t count = 1;
    while (done < size && count > 0) {
        count = rove_read(fd, (char *)buffer + done, size - done);
        done += count > 0 ? (size_t)count : 0;
    }
    if (moved != NULL) {
        *moved = done;
    }
    return done > 0 || count >= 0 ? (ssize_t)done : count;
}
