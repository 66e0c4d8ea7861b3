#include "src/io/listen.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "src/io/socket.h"
#include "src/platform/fd_io.h"
#include "src/platform/socket_file.h"

/* What TCP_DEFER_ACCEPT is asked for at most, about nine hours. */
#define DEFER_MAX (INT64_C(32767) * ROVE_SEC)

#define MODE_BITS 0777u

void rove_listen_options_init(rove_listen_options *options)
{
    *options = (rove_listen_options){.size = sizeof *options};
}

bool rv_listen_options_are_valid(const rove_listen_options *o)
{
    return o->size == sizeof *o && o->reuse_port <= 1 &&
           o->backlog <= INT_MAX && o->ipv6_only <= 1 && o->defer_accept >= 0 &&
           o->defer_accept <= DEFER_MAX && o->fast_open <= INT_MAX &&
           (o->unix_type == 0 || o->unix_type == SOCK_STREAM ||
            o->unix_type == SOCK_SEQPACKET) &&
           (o->unix_mode & ~MODE_BITS) == 0 && o->unix_replace <= 1;
}

static int backlog_of(const rove_listen_options *o)
{
    return o->backlog != 0 ? (int)o->backlog : SOMAXCONN;
}

static int start_tcp(int fd, const rove_address *at,
                     const rove_listen_options *o)
{
    int error = rv_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && o->reuse_port != 0) {
        error = rv_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (error == 0 && at->as.any.sa_family == AF_INET6) {
        error = rv_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, (int)o->ipv6_only);
    }
    if (error == 0 && o->defer_accept != 0) {
        error = rv_socket_set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
                              rv_socket_seconds(o->defer_accept));
    }
    if (error == 0 && o->fast_open != 0) {
        error = rv_socket_set(fd, IPPROTO_TCP, TCP_FASTOPEN, (int)o->fast_open);
    }
    if (error == 0) {
        error = rv_fd_bind(fd, &at->as.any, at->length);
    }
    return error != 0 ? error : rv_fd_listen(fd, backlog_of(o));
}

/* Nobody listens on a socket whose file refuses connections; a full queue or
 * another type are signs of life. */
static bool is_abandoned(const rove_address *at)
{
    int fd = rv_fd_socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        return false;
    }
    int error = rv_fd_connect(fd, &at->as.any, at->length);
    (void)rv_fd_close(fd);
    return error == -ECONNREFUSED;
}

static int bind_or_replace(int fd, const rove_address *at, bool may_replace)
{
    int error = rv_fd_bind(fd, &at->as.any, at->length);
    if (error == -EADDRINUSE && may_replace && is_abandoned(at) &&
        rv_socket_file_remove(at->as.local.sun_path) == 0) {
        error = rv_fd_bind(fd, &at->as.any, at->length);
    }
    return error;
}

static bool has_file(const rove_address *at)
{
    return at->as.local.sun_path[0] != '\0';
}

/* The file never has more permissions than it is to have. */
int rv_listen_bind_unix(int fd, const rove_address *at,
                        const rove_listen_options *options)
{
    bool sets_mode = has_file(at) && options->unix_mode != 0;
    bool may_replace = has_file(at) && options->unix_replace != 0;
    int error = 0;
    if (sets_mode) {
        error = rv_socket_file_limit_mode(fd, options->unix_mode);
    }
    if (error == 0) {
        error = bind_or_replace(fd, at, may_replace);
    }
    if (error == 0 && sets_mode) {
        error =
            rv_socket_file_set_mode(at->as.local.sun_path, options->unix_mode);
        if (error != 0) {
            (void)rv_socket_file_remove(at->as.local.sun_path);
        }
    }
    return error;
}

static int start_unix(int fd, const rove_address *at,
                      const rove_listen_options *o)
{
    int error = rv_listen_bind_unix(fd, at, o);
    if (error != 0) {
        return error;
    }
    error = rv_fd_listen(fd, backlog_of(o));
    if (error != 0 && has_file(at)) {
        (void)rv_socket_file_remove(at->as.local.sun_path);
    }
    return error;
}

int rv_listen_at(const rove_address *address,
                 const rove_listen_options *options)
{
    rove_listen_options defaults;
    rove_listen_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    if (!rv_listen_options_are_valid(options)) {
        return -EINVAL;
    }
    bool is_unix = address->as.any.sa_family == AF_UNIX;
    int type = is_unix && options->unix_type != 0 ? (int)options->unix_type
                                                  : SOCK_STREAM;
    int fd = rove_socket(address->as.any.sa_family, type, 0);
    if (fd < 0) {
        return fd;
    }
    int error = is_unix ? start_unix(fd, address, options)
                        : start_tcp(fd, address, options);
    if (error != 0) {
        (void)rove_close(fd);
        return error;
    }
    return fd;
}

int rove_listen(const char *where, const rove_listen_options *options)
{
    rove_address at;
    int error = rove_address_parse(where, &at);
    return error != 0 ? error : rv_listen_at(&at, options);
}
