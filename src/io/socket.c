#include "src/io/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "rove/io.h"

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

int rv_socket_adopt(int fd, bool is_tcp)
{
    rv_pollable *file;
    int error = rv_pollable_of(fd, &file);
    if (error != 0) {
        (void)rv_fd_close(fd);
        return error;
    }
    rv_pollable_adopt(file, is_tcp ? RV_CALLS_STREAM : 0);
    return fd;
}

int rove_socket(int domain, int type, int protocol)
{
    int fd = rv_fd_socket(domain, type, protocol);
    return fd < 0 ? fd : rv_socket_adopt(fd, is_stream(domain, type, protocol));
}

int rv_socket_set(int fd, int level, int option, int value)
{
    return rv_fd_setsockopt(fd, level, option, &value, sizeof value);
}

int rv_socket_connect(const rove_address *address, int type)
{
    int fd = rove_socket(address->as.any.sa_family, type, 0);
    if (fd < 0) {
        return fd;
    }
    int error = rove_connect(fd, &address->as.any, address->length);
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
