/* Making sockets: what rove_socket, rove_tcp_* and rove_unix_* share.
 */
#ifndef SRC_IO_SOCKET_H
#define SRC_IO_SOCKET_H

#include <sys/socket.h>

/* A socket that listens at the address; the fd or -errno. reuse: SO_REUSEADDR,
 * SO_REUSEPORT, or 0 for neither; more than one option as a sum of flags. */
enum { RV_SOCKET_REUSE_ADDRESS = 1, RV_SOCKET_REUSE_PORT = 2 };

int rv_socket_listen(const struct sockaddr *address, socklen_t length,
                     unsigned reuse, int backlog);

/* A stream socket that is connected to the address; the fd or -errno. May
 * suspend. */
int rv_socket_connect(const struct sockaddr *address, socklen_t length);

#endif
