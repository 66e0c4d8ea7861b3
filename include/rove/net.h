/* Sockets by address. Fds returned here are nonblocking, close-on-exec, and
 * closed by rove_close().
 */
#ifndef ROVE_NET_H
#define ROVE_NET_H

#include "rove/base.h"
#include "rove/io.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_listen_options {
    uint32_t size;       /* sizeof; by rove_listen_options_init */
    uint32_t reuse_port; /* 1: SO_REUSEPORT, one listener a worker may share
                            the address */
    uint32_t backlog;    /* 0: SOMAXCONN */
    uint32_t reserved;   /* 0 */
} rove_listen_options;

/* Sets every field to its default. */
ROVE_API void rove_listen_options_init(rove_listen_options *options);

/* Listens on a numeric IPv4 or IPv6 address (NULL: 127.0.0.1); port 0 lets the
 * kernel choose (see rove_local_port). SO_REUSEADDR is set. The fd or -errno.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int
rove_tcp_listen(const char *address, uint16_t port,
                const rove_listen_options *options);

/* Connects to a numeric address (NULL: 127.0.0.1), with TCP_NODELAY. The fd or
 * -errno. Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_tcp_connect(const char *address,
                                                            uint16_t port);

/* The port a socket is bound to, or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_local_port(int fd);

/* Turns Nagle's algorithm off (1) or on (0). 0 or -errno. */
ROVE_API int rove_tcp_set_nodelay(int fd, int on);

/* Listens on, or connects to, a Unix stream socket. A path that begins with
 * '@' is in the abstract namespace. A stale socket file is not removed:
 * -EADDRINUSE. The fd or -errno; connect may suspend. */
ROVE_API ROVE_MUST_CHECK int rove_unix_listen(const char *path);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_unix_connect(const char *path);

#ifdef __cplusplus
}
#endif

#endif
