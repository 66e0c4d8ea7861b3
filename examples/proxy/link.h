/* A connection to an upstream, made for one client and then maybe used for
 * others.
 */
#ifndef EXAMPLES_PROXY_LINK_H
#define EXAMPLES_PROXY_LINK_H

#include <stdbool.h>

#include "rove/rove.h"

#include "examples/proxy/peer.h"

struct upstream;

struct link {
    struct peer peer;
    struct upstream *upstream;
    bool is_reused;
    rove_time idle_since;
    struct link *next; /* in the pool */
};

/* Takes the descriptor in any case. NULL: no memory. */
struct link *link_new(struct upstream *upstream, int fd);

void link_free(struct link *link);

/* Nothing was said since it was put aside, and it is still open. */
bool link_is_silent(const struct link *link);

#endif
