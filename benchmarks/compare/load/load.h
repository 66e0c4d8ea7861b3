/* One run: the connections' load and what came of it.
 *
 * The window begins after the warm-up. In the open loop a request belongs to
 * the window in which it was planned, and its latency counts from that time,
 * whenever it could be sent; in the closed loop it belongs to the window in
 * which it was answered, and counts from when it was sent. Requests that
 * compute come at planned times in either loop.
 */
#ifndef BENCHMARKS_COMPARE_LOAD_LOAD_H
#define BENCHMARKS_COMPARE_LOAD_LOAD_H

#include "benchmarks/compare/load/histogram.h"
#include "benchmarks/compare/load/load_options.h"

struct load_result {
    double seconds;         /* length of the window as it came out */
    uint64_t requests;      /* answered within it */
    uint64_t errors;        /* wrong answers, lost connections, no answers */
    unsigned misplaced;     /* see placement.h */
    double server_cpu;      /* seconds, within the window */
    double generator_cpu;   /* the same of this process */
    struct histogram plain; /* latencies, ns */
    struct histogram computing; /* the same of requests that compute */
    struct histogram lag;       /* how late the generator itself was, ns */
};

/* 0 and *result, or -errno with a line on stderr. */
int load_run(const struct load_options *options, struct load_result *result);

#endif
