/* One of the servers behind the proxy: where it is, whether it seems to be
 * well, and the idle links to it.
 *
 * It is taken for down after a few failures in a row, for a while: nobody asks
 * it before it is asked for something. The first failure after that puts it
 * down again.
 */
#ifndef EXAMPLES_PROXY_UPSTREAM_H
#define EXAMPLES_PROXY_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/rove.h"

#include "examples/proxy/link.h"
#include "examples/proxy/pool.h"

#define UPSTREAM_FAILURES  3
#define UPSTREAM_DOWN_TIME (5 * ROVE_SEC)

struct upstream {
    const char *path; /* of a Unix socket; NULL: host and port count */
    char host[256];
    uint16_t port;
    struct pool pool;
    rove_mutex mutex; /* for what follows */
    uint32_t failures;
    rove_time down_until;
};

/* Where: HOST:PORT, with a name or an address, or unix:PATH, which is not
 * copied. False: it is none of these. */
bool upstream_init(struct upstream *upstream, const char *where);

/* Connects within `limit`. 0 and *link, or -errno, which counts as a failure
 * unless the caller was cancelled, or this process is out of descriptors,
 * memory or ports.
 * Context  a task; may suspend */
int upstream_connect(struct upstream *upstream, rove_time limit,
                     struct link **link);

/* Takes note of how it did. */
void upstream_report(struct upstream *upstream, bool did_well);

bool upstream_is_up(struct upstream *upstream);

#endif
