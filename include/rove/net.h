/* Sockets by address, and addresses by name. Fds returned here are nonblocking,
 * close-on-exec, and closed by rove_close().
 */
#ifndef ROVE_NET_H
#define ROVE_NET_H

#include "rove/address.h"
#include "rove/base.h"
#include "rove/io.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a field says about another kind of address than the one listened on has
 * no effect, so that one set of options serves whatever a user names. */
typedef struct rove_listen_options {
    uint32_t size;          /* sizeof; by rove_listen_options_init */
    uint32_t reuse_port;    /* 1: SO_REUSEPORT, one listener a worker may share
                               the address; IP */
    uint32_t backlog;       /* connections that wait; 0: SOMAXCONN */
    uint32_t ipv6_only;     /* 1: "::" is not for IPv4 clients, too */
    rove_time defer_accept; /* a connection is accepted when its first bytes are
                               there, or after that time, rounded up to seconds;
                               0: at once; TCP */
    uint32_t fast_open;     /* connections whose first bytes may come with their
                               SYN, and maybe twice; 0: none; TCP */
    uint32_t unix_type;     /* SOCK_STREAM (0 too) or SOCK_SEQPACKET */
    uint32_t unix_mode;     /* permissions of the socket's file, the umask
                               notwithstanding; 0: what the umask leaves */
    uint32_t unix_replace;  /* 1: a socket file that nobody listens on is
                               removed first. Of two services that start at
                               once the later one may take the other's */
} rove_listen_options;

/* Sets every field to its default. */
ROVE_API void rove_listen_options_init(rove_listen_options *options);

/* Listens on an address given as text (rove/address.h); options may be NULL.
 * The fd or -errno: -EINVAL for a bad text or bad options, -EADDRINUSE …
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_listen(const char *where,
                                         const rove_listen_options *options);

/* Listens on a numeric IPv4 or IPv6 address (NULL: 127.0.0.1); port 0 lets the
 * kernel choose (see rove_local_port). SO_REUSEADDR is set. The fd or -errno.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int
rove_tcp_listen(const char *address, uint16_t port,
                const rove_listen_options *options);

/* Finds the addresses of a host, as the C library does (getaddrinfo: a file of
 * hosts, name servers), best first.
 *
 * name      a host's name, or a numeric address, which is answered at once;
 *           NULL: 127.0.0.1
 * family    AF_INET, AF_INET6, or AF_UNSPEC for both
 * out, max  receives up to max addresses (at least 1; at most 64), with port
 * code      NULL, or receives getaddrinfo's EAI_ code, for gai_strerror(); 0
 *           when there is none
 *
 * Returns how many addresses, at least 1, or
 *   -ENOENT        there is no such name, or no address of that family
 *   -EAGAIN        no name server has answered, later one may; or no thread of
 *                  the pool could be created, and none exists
 *   -EIO           the lookup failed for good
 *   -EINVAL        no host's name: letters, digits, '-', '_' and '.', at most
 *                  253, of which the last part is no number
 *   -EAFNOSUPPORT  another family
 *   -ECANCELED     at once, and nobody will see the answer
 *   -ENOMEM, or what a system call said
 *
 * A lookup runs on the offload pool and may hold its thread as long as name
 * servers take (resolv.conf; half a minute is usual), also when its caller has
 * left; shutting the runtime down waits for it. So at most half of the pool's
 * threads look up at a time, at least one; further callers wait for their
 * turns, first in, first out.
 * Context  any thread; may suspend. Plain and pool threads block */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_resolve(const char *name, uint16_t port, int family, rove_address out[],
             size_t max, int *code);

/* Connects to a host by name or numeric address (NULL: 127.0.0.1), with
 * TCP_NODELAY. Of several addresses the first that answers is taken (happy
 * eyeballs, RFC 8305): IPv6 and IPv4 take turns, each attempt begins 250 ms
 * after the one before or when one fails, at most 16 in all. No limit of time
 * but the scope's.
 *
 * The fd, or -errno: as rove_resolve(); else the first attempt's error, or that
 * of a later one that says more than that there is no way to the address.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_tcp_connect(const char *host,
                                                            uint16_t port);

/* Turns Nagle's algorithm off (1) or on (0). 0 or -errno. */
ROVE_API int rove_tcp_set_nodelay(int fd, int on);

/* Listens on, or connects to, a Unix stream socket. A path that begins with
 * '@' is in the abstract namespace. The file of a listener outlives it: unless
 * unix_replace is set whoever listens there next gets -EADDRINUSE. The fd or
 * -errno; connect may suspend. */
ROVE_API ROVE_MUST_CHECK int
rove_unix_listen(const char *path, const rove_listen_options *options);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_unix_connect(const char *path);

#ifdef __cplusplus
}
#endif

#endif
