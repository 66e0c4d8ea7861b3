/* Descriptors that travel with a message over a Unix socket. What arrives is
 * handed on whole, or closed: nothing is left open that nobody was told of.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "rove/net.h"

#include "src/platform/fd_io.h"

/* Room for what else a socket may be set to report (credentials, times), so
 * that it does not push descriptors out. */
#define OTHERS_SIZE 256

typedef union rv_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(ROVE_FDS_MAX * sizeof(int)) + OTHERS_SIZE];
} rv_control;

/* Other sockets take the bytes, and forget the descriptors without a word. */
static int check_domain(int fd)
{
    int domain;
    socklen_t size = sizeof domain;
    int error = rv_fd_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return error == 0 && domain != AF_UNIX ? -EOPNOTSUPP : error;
}

ssize_t rove_send_fds(int fd, const void *buffer, size_t size, const int *fds,
                      int count)
{
    if (size == 0 || count < 0 || count > ROVE_FDS_MAX) {
        return -EINVAL;
    }
    int error = count > 0 ? check_domain(fd) : 0;
    if (error != 0) {
        return error;
    }
    rv_control control;
    struct iovec part = {.iov_base = (void *)buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        size_t bytes = (size_t)count * sizeof *fds;
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(bytes);
        memcpy(CMSG_DATA(header), fds, bytes);
    }
    return rove_sendmsg(fd, &message, 0);
}

static void close_all(const int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        (void)rv_fd_close(fds[i]);
    }
}

/* Takes those of one header; how many there are then. More than `room` are
 * closed, but counted. */
static int take(const struct cmsghdr *header, int *fds, int taken, int room)
{
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        if (taken < room) {
            fds[taken] = fd;
        } else {
            close_all(&fd, 1);
        }
        taken++;
    }
    return taken;
}

/* How many came, or why there are none. The kernel, which has room for all
 * there can be, cuts them short when it has no number for one. */
static int take_all(struct msghdr *message, int *fds, int room)
{
    int taken = 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    for (; header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET &&
            header->cmsg_type == SCM_RIGHTS) {
            taken = take(header, fds, taken, room);
        }
    }
    bool is_cut = (message->msg_flags & MSG_CTRUNC) != 0;
    if (taken <= room && !is_cut) {
        return taken;
    }
    close_all(fds, taken < room ? taken : room);
    return is_cut ? -EMFILE : -EMSGSIZE;
}

ssize_t rove_recv_fds(int fd, void *buffer, size_t size, int *fds, int *count)
{
    int room = *count;
    *count = 0;
    if (size == 0 || room < 0) {
        return -EINVAL;
    }
    rv_control control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t got = rove_recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (got >= 0) {
        *count = take_all(&message, fds, room);
    }
    return got;
}
