/* Unix sockets by path. */
#include <errno.h>

#include "rove/net.h"

#include "src/io/listen.h"
#include "src/io/socket.h"
#include "src/platform/fd_io.h"

int rove_unix_listen(const char *path, const rove_listen_options *options)
{
    rove_address at;
    int error = rove_address_unix(path, &at);
    return error != 0 ? error : rv_listen_at(&at, options);
}

int rove_unix_connect(const char *path)
{
    return rove_unix_connect_as(path, SOCK_STREAM);
}

int rove_unix_connect_as(const char *path, int type)
{
    rove_address to;
    int error = rove_address_unix(path, &to);
    return error != 0 ? error : rv_socket_connect(&to, type);
}

/* An address without a path lets the kernel choose a name. */
int rove_unix_bind(const char *path, const rove_listen_options *options)
{
    rove_listen_options defaults;
    rove_listen_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    rove_address at = {.length = sizeof at.as.local.sun_family,
                       .as.local.sun_family = AF_UNIX};
    int error = path != NULL ? rove_address_unix(path, &at) : 0;
    if (error == 0 && !rv_listen_options_are_valid(options)) {
        error = -EINVAL;
    }
    if (error != 0) {
        return error;
    }
    int fd = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) {
        return fd;
    }
    error = rv_listen_bind_unix(fd, &at, options);
    if (error != 0) {
        (void)rove_close(fd);
        return error;
    }
    return fd;
}

int rove_unix_pair(int type, int fds[2])
{
    int ends[2];
    int error = rv_fd_socketpair(AF_UNIX, type, ends);
    if (error != 0) {
        return error;
    }
    int near = rv_socket_adopt(ends[0], false);
    int far = rv_socket_adopt(ends[1], false);
    if (near < 0 || far < 0) {
        (void)rove_close(near);
        (void)rove_close(far);
        return near < 0 ? near : far;
    }
    fds[0] = near;
    fds[1] = far;
    return 0;
}

/* The kernel says for a socket without a peer that it is nobody's. */
int rove_unix_peer(int fd, rove_unix_credentials *out)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int error = rv_fd_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    if (error != 0) {
        return error;
    }
    if (peer.uid == (uid_t)-1) {
        return -ENOTCONN;
    }
    *out = (rove_unix_credentials){
        .pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
    return 0;
}
