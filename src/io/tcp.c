/* TCP: listening by numeric addresses, connecting by names, too. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>

#include "rove/net.h"

#include "src/io/listen.h"
#include "src/io/race.h"
#include "src/io/socket.h"
#include "src/platform/fd_io.h"

int rove_tcp_listen(const char *address, uint16_t port,
                    const rove_listen_options *options)
{
    rove_address at;
    int error = rove_address_ip(address, port, &at);
    return error != 0 ? error : rv_listen_at(&at, options);
}

int rove_tcp_set_nodelay(int fd, int on)
{
    return rv_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, on != 0);
}

#define KEEPALIVE_TIME_MAX  (INT64_C(32767) * ROVE_SEC)
#define KEEPALIVE_COUNT_MAX 127

static bool is_keepalive_time(rove_time span)
{
    return span > 0 && span <= KEEPALIVE_TIME_MAX;
}

int rove_tcp_set_keepalive(int fd, rove_time idle, rove_time interval,
                           unsigned count)
{
    if (idle == 0) {
        return rv_socket_set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    }
    if (!is_keepalive_time(idle) || !is_keepalive_time(interval) ||
        count == 0 || count > KEEPALIVE_COUNT_MAX) {
        return -EINVAL;
    }
    int error =
        rv_socket_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, rv_socket_seconds(idle));
    if (error == 0) {
        error = rv_socket_set(fd, IPPROTO_TCP, TCP_KEEPINTVL,
                              rv_socket_seconds(interval));
    }
    if (error == 0) {
        error = rv_socket_set(fd, IPPROTO_TCP, TCP_KEEPCNT, (int)count);
    }
    return error != 0 ? error : rv_socket_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int rove_tcp_set_reset_on_close(int fd, int on)
{
    struct linger linger = {.l_onoff = on != 0, .l_linger = 0};
    return rv_fd_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int rove_tcp_connect(const char *host, uint16_t port)
{
    rove_address list[RV_RACE_MAX];
    int found = rove_resolve(host, port, AF_UNSPEC, list, RV_RACE_MAX, NULL);
    if (found < 0) {
        return found;
    }
    int fd = rv_race_connect(list, (size_t)found);
    if (fd >= 0) {
        /* Refused when the peer has reset the connection already: whoever uses
         * it will be told. */
        (void)rove_tcp_set_nodelay(fd, 1);
    }
    return fd;
}
