/* TCP by numeric addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>

#include "rove/net.h"

#include "src/io/socket.h"
#include "src/platform/fd_io.h"

typedef union rv_ip_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} rv_ip_address;

/* The length of the address, or -EINVAL when the text is none. */
static int parse(const char *text, uint16_t port, rv_ip_address *out)
{
    memset(out, 0, sizeof *out);
    if (text == NULL) {
        text = "127.0.0.1";
    }
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return (int)sizeof out->v4;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return (int)sizeof out->v6;
    }
    return -EINVAL;
}

void rove_listen_options_init(rove_listen_options *options)
{
    *options = (rove_listen_options){.size = sizeof *options};
}

static bool are_valid(const rove_listen_options *options)
{
    return options->size == sizeof *options && options->reuse_port <= 1 &&
           options->backlog <= INT_MAX && options->reserved == 0;
}

int rove_tcp_listen(const char *address, uint16_t port,
                    const rove_listen_options *options)
{
    rove_listen_options defaults;
    rove_listen_options_init(&defaults);
    if (options == NULL) {
        options = &defaults;
    }
    rv_ip_address at;
    int length = parse(address, port, &at);
    if (length < 0 || !are_valid(options)) {
        return -EINVAL;
    }
    unsigned reuse = RV_SOCKET_REUSE_ADDRESS;
    reuse |= options->reuse_port != 0 ? RV_SOCKET_REUSE_PORT : 0;
    int backlog = options->backlog != 0 ? (int)options->backlog : SOMAXCONN;
    return rv_socket_listen(&at.any, (socklen_t)length, reuse, backlog);
}

int rove_tcp_set_nodelay(int fd, int on)
{
    int value = on != 0;
    return rv_fd_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
}

int rove_tcp_connect(const char *address, uint16_t port)
{
    rv_ip_address to;
    int length = parse(address, port, &to);
    if (length < 0) {
        return length;
    }
    int fd = rv_socket_connect(&to.any, (socklen_t)length);
    if (fd >= 0) {
        /* Refused when the peer has reset the connection already: whoever uses
         * it will be told. */
        (void)rove_tcp_set_nodelay(fd, 1);
    }
    return fd;
}

int rove_local_port(int fd)
{
    rv_ip_address at;
    socklen_t length = sizeof at;
    int error = rv_fd_getsockname(fd, &at.any, &length);
    if (error != 0) {
        return error;
    }
    switch (at.any.sa_family) {
    case AF_INET:
        return ntohs(at.v4.sin_port);
    case AF_INET6:
        return ntohs(at.v6.sin6_port);
    default:
        return -EAFNOSUPPORT;
    }
}
