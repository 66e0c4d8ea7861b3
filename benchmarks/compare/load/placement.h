/* Which connection is served by which loop. Loops share a port and the kernel
 * chooses among them, so connections are opened and asked until each loop has
 * those that the shape wants there; the others are closed again.
 */
#ifndef BENCHMARKS_COMPARE_LOAD_PLACEMENT_H
#define BENCHMARKS_COMPARE_LOAD_PLACEMENT_H

#include "benchmarks/compare/load/client.h"
#include "benchmarks/compare/load/load_options.h"

/* The connections by their part: first the hot ones, then the plain ones, then
 * those that compute. */
struct crowd {
    struct client *clients;
    unsigned hot, plain, computing;
    unsigned total;
    unsigned misplaced; /* on another loop than the shape wants */
};

/* Opens and watches all connections. 0, or -errno with a line on stderr. */
int placement_open(struct crowd *crowd, const struct load_options *options,
                   struct client_shared *shared);
void placement_close(struct crowd *crowd);

#endif
