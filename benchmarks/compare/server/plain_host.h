/* The baseline: the same services on one plain, edge-triggered epoll loop,
 * written by hand and without rove. Design "epoll". */
#ifndef BENCHMARKS_COMPARE_SERVER_PLAIN_HOST_H
#define BENCHMARKS_COMPARE_SERVER_PLAIN_HOST_H

#include "benchmarks/compare/server/host.h"

extern const struct host_kind plain_host;

#endif
