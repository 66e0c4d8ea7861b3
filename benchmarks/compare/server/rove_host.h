/* The services on rove's public API, in four designs:
 *
 *   single    one loop; every connection is a task on it
 *   sharded   a loop for each worker; a connection stays on the loop that
 *             accepted it
 *   stealing  the same, but idle workers take tasks, sockets and timers over
 *   offload   one loop that only reads and writes; every request is answered
 *             on the offload pool
 *
 * Each loop has a listener of its own on the common port (SO_REUSEPORT), its
 * accept task is pinned, and every connection is one task.
 */
#ifndef BENCHMARKS_COMPARE_SERVER_ROVE_HOST_H
#define BENCHMARKS_COMPARE_SERVER_ROVE_HOST_H

#include "benchmarks/compare/server/host.h"

extern const struct host_kind rove_host;

#endif
