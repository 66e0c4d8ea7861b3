/* One connection of a rove host: a task that reads requests, has them
 * answered, and writes the answers.
 *
 * rove_host_shared: `service`, `work` and `offload` are fixed before the start;
 * the counters are added to by any connection (relaxed: they are read only
 * after the runtime has stopped).
 */
#ifndef BENCHMARKS_COMPARE_SERVER_ROVE_CONNECTION_H
#define BENCHMARKS_COMPARE_SERVER_ROVE_CONNECTION_H

#include <stdbool.h>

#include "src/base/atomic.h"

#include "benchmarks/compare/service/session.h"

struct rove_host_shared {
    const struct service *service;
    int64_t work; /* ns that each plain request computes for */
    bool offload; /* requests are answered on the offload pool */
    rv_atomic_u64 errors;
    rv_atomic_u64 failures;
};

/* Serves fd by a new task and closes it in the end. A connection that cannot
 * be served is closed at once and counted. Context  a task; may suspend */
void rove_connection_start(struct rove_host_shared *shared, int fd);

void rove_connection_count_error(struct rove_host_shared *shared);

#endif
