/* The upstreams, which take turns.
 *
 * Context of the calls that open and sweep: a task; may suspend.
 */
#ifndef EXAMPLES_PROXY_BALANCER_H
#define EXAMPLES_PROXY_BALANCER_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/rove.h"

#include "examples/proxy/options.h"
#include "examples/proxy/upstream.h"

struct balancer {
    struct upstream upstreams[OPTION_LIST_MAX];
    uint32_t count;
    rove_time connect_time;
    rove_mutex mutex;
    uint32_t turn; /* whose it is */
};

/* False: one of the upstreams is none, and it said so. */
bool balancer_init(struct balancer *balancer, const struct options *options);

/* Gives the idle links back. */
void balancer_fini(struct balancer *balancer);

/* A link to the next upstream that is up: an idle one, unless it has to be
 * fresh, or a new one. When it cannot be had the upstream after that is asked,
 * each once. 0 and *link; -EHOSTDOWN: none is up; or why the last one could not
 * be reached. */
int balancer_open(struct balancer *balancer, bool is_fresh, struct link **link);

/* Frees idle links that are of no more use, until it is cancelled. A task's
 * body; arg: the balancer. */
int64_t balancer_sweep(void *arg);

#endif
