/* Listening: what rove_listen, rove_tcp_listen and rove_unix_listen share.
 */
#ifndef SRC_IO_LISTEN_H
#define SRC_IO_LISTEN_H

#include "rove/net.h"

/* A socket that listens at the address, with options (NULL: the defaults). The
 * fd or -errno. */
int rv_listen_at(const rove_address *address,
                 const rove_listen_options *options);

#endif
