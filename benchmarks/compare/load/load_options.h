/* What a run of the load generator is to do. */
#ifndef BENCHMARKS_COMPARE_LOAD_LOAD_OPTIONS_H
#define BENCHMARKS_COMPARE_LOAD_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "benchmarks/compare/load/wire.h"

enum load_shape {
    LOAD_UNIFORM, /* every connection carries the same load */
    LOAD_SKEWED,  /* a tenth of them, all on loop 0, carries nine tenths */
    LOAD_MIXED,   /* uniform, and some connections have the server compute */
};

struct load_options {
    const struct wire *wire;
    enum load_shape shape;
    uint16_t port;
    unsigned loops;       /* of the server */
    unsigned workers;     /* by which the computing is measured */
    double computing;     /* part of each worker's time that it takes */
    unsigned connections; /* without those that compute */
    size_t payload;
    bool open;        /* open loop: requests at planned times; else closed:
                         the next request when the last was answered */
    double rate;      /* of the open loop, requests a second in total */
    int64_t duration; /* of the measured window, after the warm-up */
    int64_t warmup;
    uint64_t seed;
    pid_t server; /* whose CPU time is measured; 0: none */
};

/* Fills *options from the command line; on a bad one prints why and exits. */
void load_options_parse(struct load_options *options, int argc, char **argv);

#endif
