/* The services on rove's public API: one task a connection.
 */
#ifndef BENCHMARKS_PEERS_ROVE_SERVE_H
#define BENCHMARKS_PEERS_ROVE_SERVE_H

#include "rove/rove.h"

/* The main task: arg is the body of a connection's task, a rove_fn that gets
 * the fd as its argument and closes it. Listens once for each worker, on one
 * port; the accept tasks are pinned. Returns the port, or -errno; the accept
 * tasks go on. */
int64_t serve_start(void *body);

/* The bodies. */
int64_t serve_echo(void *fd);
int64_t serve_http(void *fd);

#endif
