/* Making sockets: what rove_socket, rove_tcp_*, rove_udp_* and rove_unix_*
 * share.
 */
#ifndef SRC_IO_SOCKET_H
#define SRC_IO_SOCKET_H

#include <stdbool.h>

#include "rove/address.h"
#include "rove/base.h"

/* Makes a nonblocking socket that nobody else knows yet a managed one; it, or
 * -EMFILE or -ENOMEM: it is closed then. */
int rv_socket_adopt(int fd, bool is_tcp);

/* A socket of that type that is connected to the address; the fd or -errno. May
 * suspend. */
int rv_socket_connect(const rove_address *address, int type);

/* Sets an option that is a number. 0 or -errno. */
int rv_socket_set(int fd, int level, int option, int value);

/* A span in the seconds of socket options, rounded up. */
static inline int rv_socket_seconds(rove_time span)
{
    return (int)((span + ROVE_SEC - 1) / ROVE_SEC);
}

#endif
