/* A closed loop over many connections, on one thread, and what it measured in
 * the window after the warm-up.
 */
#ifndef BENCHMARKS_PEERS_LOAD_LOAD_H
#define BENCHMARKS_PEERS_LOAD_LOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "benchmarks/compare/load/histogram.h"
#include "benchmarks/peers/load/exchange.h"

#define LOAD_SERVERS_MAX 64

struct load_options {
    const struct exchange *exchange;
    uint16_t port;
    unsigned connections;
    unsigned depth;                  /* requests in flight on each */
    int64_t warmup, window;          /* ns */
    pid_t servers[LOAD_SERVERS_MAX]; /* whose CPU time is measured */
    unsigned server_count;
};

struct load_result {
    double seconds;           /* length of the window as it came out */
    double server_cpu;        /* seconds of all servers within it */
    uint64_t requests;        /* answered within it */
    struct histogram latency; /* ns, from the write to the read */
};

/* 0 and *result, or -errno with a line on stderr. A wrong byte, a lost
 * connection and a silence of seconds are errors. */
int load_run(const struct load_options *options, struct load_result *result);

#endif
