/* UDP by numeric addresses. */
#include <errno.h>
#include <netinet/in.h>

#include "rove/net.h"

#include "src/io/listen.h"
#include "src/io/socket.h"
#include "src/platform/fd_io.h"

static int prepare(int fd, const rove_address *at, const rove_listen_options *o)
{
    int error = 0;
    if (o->reuse_port != 0) {
        error = rv_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (error == 0 && at->as.any.sa_family == AF_INET6) {
        error = rv_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, (int)o->ipv6_only);
    }
    return error != 0 ? error : rv_fd_bind(fd, &at->as.any, at->length);
}

int rove_udp_bind(const char *address, uint16_t port,
                  const rove_listen_options *options)
{
    rove_listen_options defaults;
    rove_listen_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    rove_address at;
    int error = rove_address_ip(address, port, &at);
    if (error != 0 || !rv_listen_options_are_valid(options)) {
        return -EINVAL;
    }
    int fd = rove_socket(at.as.any.sa_family, SOCK_DGRAM, 0);
    if (fd < 0) {
        return fd;
    }
    error = prepare(fd, &at, options);
    if (error != 0) {
        (void)rove_close(fd);
        return error;
    }
    return fd;
}

int rove_udp_connect(const char *address, uint16_t port)
{
    rove_address to;
    int error = rove_address_ip(address, port, &to);
    return error != 0 ? error : rv_socket_connect(&to, SOCK_DGRAM);
}
