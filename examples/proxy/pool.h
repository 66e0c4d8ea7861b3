/* The idle links of one upstream, the newest taken first, so that those which
 * are too many grow old.
 *
 * Context of all calls: a task; may suspend.
 */
#ifndef EXAMPLES_PROXY_POOL_H
#define EXAMPLES_PROXY_POOL_H

#include <stdint.h>

#include "rove/rove.h"

#include "examples/proxy/link.h"

struct pool {
    uint32_t max;        /* links kept */
    rove_time idle_time; /* of each */
    rove_mutex mutex;
    struct link *links; /* newest first */
    uint32_t count;
};

/* A link whose upstream has not closed it; NULL: there is none. */
struct link *pool_take(struct pool *pool);

/* Keeps a link between two exchanges, or frees it. */
void pool_put(struct pool *pool, struct link *link);

/* Frees those that are too old, or closed by the upstream. */
void pool_sweep(struct pool *pool);

/* Frees all. */
void pool_clear(struct pool *pool);

#endif
