/* Addresses of sockets, as the kernel takes them and as text:
 *
 *     127.0.0.1:80    [::1]:80    [fe80::1%2]:80    unix:/path    unix:@name
 *
 * The number behind '%' is that of the interface of a link-local address. A
 * Unix path that begins with '@' is in the abstract namespace. Names of hosts
 * are not looked up here.
 */
#ifndef ROVE_ADDRESS_H
#define ROVE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For bind, connect and sendto: &address.as.any and address.length. */
typedef struct rove_address {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
        struct sockaddr_un local;
    } as;
} rove_address;

/* Room for every address as text, with its zero byte. */
#define ROVE_ADDRESS_TEXT 128

/* Context of all: any thread; none suspends. */

/* Takes an address apart: HOST:PORT with a numeric host, in brackets when it is
 * an IPv6 one, or unix:PATH. 0, -EINVAL, or -ENAMETOOLONG for a path. */
ROVE_API ROVE_MUST_CHECK int rove_address_parse(const char *text,
                                                rove_address *out);

/* The same for a numeric IPv4 or IPv6 host (NULL: 127.0.0.1) and a port, and
 * for a Unix path. 0, -EINVAL, or -ENAMETOOLONG. */
ROVE_API ROVE_MUST_CHECK int rove_address_ip(const char *host, uint16_t port,
                                             rove_address *out);
ROVE_API ROVE_MUST_CHECK int rove_address_unix(const char *path,
                                               rove_address *out);

/* Writes an address as text that rove_address_parse() takes; a Unix socket
 * without a name is "unix:". Returns the length without the zero byte, -ENOSPC,
 * or -EAFNOSUPPORT for what is neither IP nor Unix. Zero bytes inside an
 * abstract name are shown as '@'. */
ROVE_API ROVE_MUST_CHECK int rove_address_format(const rove_address *address,
                                                 char *text, size_t size);

/* The address a socket is bound to, and the one it is connected to. 0 or
 * -errno, -ENOTCONN among them. */
ROVE_API ROVE_MUST_CHECK int rove_local_address(int fd, rove_address *out);
ROVE_API ROVE_MUST_CHECK int rove_peer_address(int fd, rove_address *out);

/* The same as text: a length as of rove_address_format(), or -errno, and then
 * the text is empty. */
ROVE_API int rove_local_text(int fd, char *text, size_t size);
ROVE_API int rove_peer_text(int fd, char *text, size_t size);

/* The port a socket is bound to, or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_local_port(int fd);

#ifdef __cplusplus
}
#endif

#endif
