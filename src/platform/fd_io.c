#include "src/platform/fd_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/platform/sigpipe.h"

#define NS_PER_SEC INT64_C(1000000000)

/* The offset that makes preadv2 and pwritev2 use and move the position. */
#define CURRENT_POSITION (-1)

static bool interrupted(ssize_t result)
{
    return result < 0 && errno == EINTR;
}

static ssize_t count_or_error(ssize_t result)
{
    return result < 0 ? -errno : result;
}

static int int_or_error(int result)
{
    return result < 0 ? -errno : result;
}

ssize_t rv_fd_read(int fd, void *buffer, size_t size)
{
    ssize_t count;

    do {
        count = read(fd, buffer, size);
    } while (interrupted(count));
    return count_or_error(count);
}

ssize_t rv_fd_readv(int fd, const struct iovec *pieces, int count)
{
    ssize_t got;

    do {
        got = readv(fd, pieces, count);
    } while (interrupted(got));
    return count_or_error(got);
}

ssize_t rv_fd_read_nowait(int fd, void *buffer, size_t size)
{
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    ssize_t count;

    do {
        count = preadv2(fd, &piece, 1, CURRENT_POSITION, RWF_NOWAIT);
    } while (interrupted(count));
    return count_or_error(count);
}

/* Writes at the current position, by pwritev2 for its flags. */
static ssize_t write_quietly(int fd, const struct iovec *pieces, int count,
                             int flags)
{
    sigset_t before = rv_sigpipe_hold();
    ssize_t done;

    do {
        done = flags == 0
                   ? writev(fd, pieces, count)
                   : pwritev2(fd, pieces, count, CURRENT_POSITION, flags);
    } while (interrupted(done));
    done = count_or_error(done);
    rv_sigpipe_drop(done == -EPIPE, &before);
    return done;
}

ssize_t rv_fd_write(int fd, const void *buffer, size_t size)
{
    struct iovec piece = {.iov_base = (void *)buffer, .iov_len = size};

    return write_quietly(fd, &piece, 1, 0);
}

ssize_t rv_fd_writev(int fd, const struct iovec *pieces, int count)
{
    return write_quietly(fd, pieces, count, 0);
}

ssize_t rv_fd_write_nowait(int fd, const void *buffer, size_t size)
{
    struct iovec piece = {.iov_base = (void *)buffer, .iov_len = size};

    return write_quietly(fd, &piece, 1, RWF_NOWAIT);
}

/* No SIGPIPE to hold back: pipes and sockets, which raise it, have no position
 * and refuse pwrite. */
ssize_t rv_fd_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    ssize_t count;

    do {
        count = pwrite(fd, buffer, size, offset);
    } while (interrupted(count));
    return count_or_error(count);
}

ssize_t rv_fd_recv(int fd, void *buffer, size_t size, int flags)
{
    return rv_fd_recvfrom(fd, buffer, size, flags, NULL, NULL);
}

ssize_t rv_fd_recvfrom(int fd, void *buffer, size_t size, int flags,
                       struct sockaddr *from, socklen_t *from_size)
{
    ssize_t count;

    do {
        count = recvfrom(fd, buffer, size, flags, from, from_size);
    } while (interrupted(count));
    return count_or_error(count);
}

ssize_t rv_fd_recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t count;

    do {
        count = recvmsg(fd, message, flags);
    } while (interrupted(count));
    return count_or_error(count);
}

ssize_t rv_fd_send(int fd, const void *buffer, size_t size, int flags)
{
    return rv_fd_sendto(fd, buffer, size, flags, NULL, 0);
}

ssize_t rv_fd_sendto(int fd, const void *buffer, size_t size, int flags,
                     const struct sockaddr *to, socklen_t to_size)
{
    ssize_t count;

    do {
        count = sendto(fd, buffer, size, flags | MSG_NOSIGNAL, to, to_size);
    } while (interrupted(count));
    return count_or_error(count);
}

ssize_t rv_fd_sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t count;

    do {
        count = sendmsg(fd, message, flags | MSG_NOSIGNAL);
    } while (interrupted(count));
    return count_or_error(count);
}

int rv_fd_socket(int domain, int type, int protocol)
{
    return int_or_error(
        socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

int rv_fd_pipe(int fds[2])
{
    return int_or_error(pipe2(fds, O_NONBLOCK | O_CLOEXEC));
}

int rv_fd_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0) {
        flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        flags = fcntl(fd, F_SETFL, flags);
    }
    return int_or_error(flags);
}

int rv_fd_socketpair(int domain, int type, int fds[2])
{
    return int_or_error(
        socketpair(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
}

int rv_fd_accept(int fd, struct sockaddr *from, socklen_t *from_size)
{
    int accepted;

    do {
        accepted = accept4(fd, from, from_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (interrupted(accepted));
    return int_or_error(accepted);
}

int rv_fd_connect(int fd, const struct sockaddr *to, socklen_t to_size)
{
    int result = int_or_error(connect(fd, to, to_size));

    return result == -EINTR ? -EINPROGRESS : result;
}

int rv_fd_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return int_or_error(bind(fd, address, size));
}

int rv_fd_listen(int fd, int backlog)
{
    return int_or_error(listen(fd, backlog));
}

int rv_fd_shutdown(int fd, int how)
{
    return int_or_error(shutdown(fd, how));
}

int rv_fd_setsockopt(int fd, int level, int option, const void *value,
                     socklen_t size)
{
    return int_or_error(setsockopt(fd, level, option, value, size));
}

int rv_fd_getsockopt(int fd, int level, int option, void *value,
                     socklen_t *size)
{
    return int_or_error(getsockopt(fd, level, option, value, size));
}

int rv_fd_getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    return int_or_error(getpeername(fd, address, size));
}

int rv_fd_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    return int_or_error(getsockname(fd, address, size));
}

/* The time left is computed anew after each signal, or signals that come often
 * enough would keep the wait from ending. */
int rv_fd_poll(struct pollfd *fds, unsigned count, int64_t timeout)
{
    int64_t deadline = timeout > 0 ? rv_time_add(rv_clock_now(), timeout) : 0;
    int64_t left = timeout;
    int ready;

    for (;;) {
        struct timespec limit = {.tv_sec = left / NS_PER_SEC,
                                 .tv_nsec = left % NS_PER_SEC};

        ready = ppoll(fds, count, timeout < 0 ? NULL : &limit, NULL);
        if (!interrupted(ready)) {
            return int_or_error(ready);
        }
        if (timeout > 0) {
            left = rv_time_sub(deadline, rv_clock_now());
            left = left < 0 ? 0 : left;
        }
    }
}

int rv_fd_close(int fd)
{
    int result = int_or_error(close(fd));

    return result == -EINTR ? 0 : result;
}
