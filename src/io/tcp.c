/* TCP: listening by numeric addresses, connecting by names, too. */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rove/net.h"

#include "src/io/listen.h"
#include "src/io/race.h"
#include "src/io/socket.h"

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
