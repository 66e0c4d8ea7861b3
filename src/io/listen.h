/* Listening: what rove_listen, rove_tcp_listen and rove_unix_listen share.
 */
#ifndef SRC_IO_LISTEN_H
#define SRC_IO_LISTEN_H

#include <stdbool.h>

#include "rove/net.h"

bool rv_listen_options_are_valid(const rove_listen_options *options);

/* Binds a socket to a Unix address as the options say about its file. 0 or
 * -errno, and then there is no file of its own. */
int rv_listen_bind_unix(int fd, const rove_address *at,
                        const rove_listen_options *options);

/* A socket that listens at the address, with options (NULL: the defaults). The
 * fd or -errno. */
int rv_listen_at(const rove_address *address,
                 const rove_listen_options *options);

#endif
