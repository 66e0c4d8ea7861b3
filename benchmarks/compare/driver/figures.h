/* The figures that are reported of one design in one shape. */
#ifndef BENCHMARKS_COMPARE_DRIVER_FIGURES_H
#define BENCHMARKS_COMPARE_DRIVER_FIGURES_H

#include <stdint.h>

#include "benchmarks/compare/driver/campaign.h"

/* Up to this many samples a p99.9 says nothing to a reader. */
#define FIGURES_P999_SAMPLES 100000

struct figures {
    /* medians of the closed runs, and their extremes */
    double requests_per_second, requests_low, requests_high;
    double cpu_per_million, generator_cpu, requests;
    /* medians of the open runs, and their extremes */
    double p50_us, p99_us, p99_low, p99_high;
    /* of all open runs together; 0 without samples */
    double p999_us, computing_p99_us;
    uint64_t samples, computing_samples;
};

void figures_compute(const struct cell *cell, struct figures *figures);

/* The middle of count values, or the mean of the two in the middle; at most
 * ROUNDS_MAX. */
double figures_median(const double *values, unsigned count);

#endif
