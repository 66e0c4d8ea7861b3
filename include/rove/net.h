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

/* Asks a peer that has been silent for `idle` whether it is still there, then
 * each `interval`; after `count` questions without an answer the connection has
 * failed with -ETIMEDOUT. Times are rounded up to seconds, up to 32767, count
 * is at most 127. idle 0: never asks. 0 or -errno. */
ROVE_API int rove_tcp_set_keepalive(int fd, rove_time idle, rove_time interval,
                                    unsigned count);

/* 1: closing throws away what is unsent and resets the connection, 0: closing
 * sends it in the background. To know that the peer has it all, end the stream
 * by rove_shutdown(fd, SHUT_WR) and read until 0: a linger time would make
 * close wait in the kernel, and the worker with it. 0 or -errno. */
ROVE_API int rove_tcp_set_reset_on_close(int fd, int on);

/* A UDP socket that is bound to a numeric address (NULL: 127.0.0.1; port 0 lets
 * the kernel choose); of the options reuse_port and ipv6_only count. The fd or
 * -errno. Datagrams: rove_sendto, rove_recvfrom, rove_sendmmsg, rove_recvmmsg.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_udp_bind(const char *address, uint16_t port,
                                           const rove_listen_options *options);

/* A UDP socket that sends to and hears from one numeric address only. The fd or
 * -errno. Context  any thread; does not wait, but is refused when cancelled */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_udp_connect(const char *address,
                                                            uint16_t port);

/* Listens on, or connects to, a Unix stream socket. A path that begins with
 * '@' is in the abstract namespace. The file of a listener outlives it: unless
 * unix_replace is set whoever listens there next gets -EADDRINUSE. The fd or
 * -errno; connect may suspend. */
ROVE_API ROVE_MUST_CHECK int
rove_unix_listen(const char *path, const rove_listen_options *options);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_unix_connect(const char *path);

/* The same for a type: SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_unix_connect_as(const char *path, int type);

/* A Unix datagram socket that is bound to a path (NULL: to a name of the
 * kernel's choice, so that it can be answered); of the options unix_mode and
 * unix_replace count. The fd or -errno.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_unix_bind(const char *path,
                                            const rove_listen_options *options);

/* Two connected Unix sockets of a type. 0 or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_unix_pair(int type, int fds[2]);

typedef struct rove_unix_credentials {
    pid_t pid; /* 0: in a namespace that this process does not see */
    uid_t uid;
    gid_t gid;
} rove_unix_credentials;

/* Who connected, listened or made the pair, at that time. 0, -ENOTCONN (also
 * for what is no Unix socket), or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_unix_peer(int fd, rove_unix_credentials *out);

/* Descriptors one message can carry. */
#define ROVE_FDS_MAX 253

/* Sends bytes over a Unix socket, at least one, and with the first of them
 * duplicates of count descriptors; the caller's stay the caller's. Returns a
 * count, and then all descriptors are on their way, or -errno and none is:
 * -EOPNOTSUPP for a socket of another kind. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_send_fds(
    int fd, const void *buffer, size_t size, const int *fds, int count);

/* Receives bytes, and the descriptors that came with them. *count is the room
 * in fds, and afterwards how many there are: close-on-exec, and the caller's to
 * close. When there are more than there was room for it is -EMSGSIZE, when the
 * process had no number left for one it is -EMFILE: all that came are closed
 * then, and the bytes are there all the same. Returns as rove_recv; size is at
 * least 1. The descriptors' flags are shared with the sender's, and not
 * changed. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_recv_fds(int fd, void *buffer, size_t size, int *fds, int *count);

#ifdef __cplusplus
}
#endif

#endif
