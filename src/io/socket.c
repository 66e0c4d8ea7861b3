#include "src/io/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "rove/io.h"
#include "rove/net.h"

#include "src/platform/fd_io.h"
#include "src/sched/pollable.h"

/* Only TCP: on a Unix socket a count is cut short by passed descriptors too,
 * on others by record boundaries. */
static bool is_stream(int domain, int type, int protocol)
{
    return (domain == AF_INET || domain == AF_INET6) &&
           (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
           (protocol == 0 || protocol == IPPROTO_TCP);
}

int rove_socket(int domain, int type, int protocol)
{
    int fd = rv_fd_socket(domain, type, protocol);
    if (fd < 0) {
        return fd;
    }
    rv_pollable *file;
    int error = rv_pollable_of(fd, &file);
    if (error != 0) {
        (void)rv_fd_close(fd);
        return error;
    }
    rv_pollable_adopt(file,
                      is_stream(domain, type, protocol) ? RV_CALLS_STREAM : 0);
    return fd;
}

static int set_option(int fd, int level, int option, int value)
{
    return rv_fd_setsockopt(fd, level, option, &value, sizeof value);
}

static int prepare_listener(int fd, const struct sockaddr *address,
                            socklen_t length, unsigned reuse, int backlog)
{
    int error = 0;
    if ((reuse & RV_SOCKET_REUSE_ADDRESS) != 0) {
        error = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (error == 0 && (reuse & RV_SOCKET_REUSE_PORT) != 0) {
        error = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (error == 0) {
        error = rv_fd_bind(fd, address, length);
    }
    return error != 0 ? error : rv_fd_listen(fd, backlog);
}

int rv_socket_listen(const struct sockaddr *address, socklen_t length,
                     unsigned reuse, int backlog)
{
    int fd = rove_socket(address->sa_family, SOCK_STREAM, 0);
    if (fd < 0) {
        return fd;
    }
    int error = prepare_listener(fd, address, length, reuse, backlog);
    if (error != 0) {
        (void)rove_close(fd);
        return error;
    }
    return fd;
}

int rv_socket_connect(const struct sockaddr *address, socklen_t length)
{
    int fd = rove_socket(address->sa_family, SOCK_STREAM, 0);
    if (fd < 0) {
        return fd;
    }
    int error = rove_connect(fd, address, length);
    if (error != 0) {
        (void)rove_close(fd);
        return error;
    }
    return fd;
}

/* In a call, so that the number is not released meanwhile; but not in one that
 * cancellation refuses. */
int rove_shutdown(int fd, int how)
{
    rv_pollable *file;
    int error = rv_pollable_of(fd, &file);
    if (error != 0) {
        return error;
    }
    if ((rv_pollable_enter(file) & RV_CALLS_CLOSING) != 0) {
        return -EBADF;
    }
    error = rv_fd_shutdown(fd, how);
    rv_pollable_leave(file);
    return error;
}
