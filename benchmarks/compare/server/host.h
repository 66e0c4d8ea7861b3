/* A server of the comparison inside its process: started, then asked to stop.
 * Two of them: rove_host.h (the four designs on the public API) and
 * plain_host.h (the baseline, one plain epoll loop). */
#ifndef BENCHMARKS_COMPARE_SERVER_HOST_H
#define BENCHMARKS_COMPARE_SERVER_HOST_H

#include <stdint.h>

#include "benchmarks/compare/service/session.h"

struct host_options {
    const char *design;
    const struct service *service;
    unsigned workers; /* loops, or threads of the pool of design offload */
    uint16_t port;    /* 0: any */
    int64_t work;     /* ns that each plain request computes for */
};

struct host_report {
    uint64_t errors;   /* of the server's own making */
    uint64_t failures; /* connections whose peer broke the protocol */
    uint64_t steals, parks, wakes, takeovers, switches, io_events;
};

struct host_kind {
    /* Listens on 127.0.0.1 and serves. 0 and the port, or -errno. */
    int (*start)(const struct host_options *options, void **host,
                 uint16_t *port);

    /* Ends every connection, fills the report and frees the host. 0 or
     * -errno. */
    int (*stop)(void *host, struct host_report *report);
};

#endif
