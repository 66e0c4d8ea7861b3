/* One run: a server of one design, the load generator against it, and what
 * both said in the end. */
#ifndef BENCHMARKS_COMPARE_DRIVER_MEASURE_H
#define BENCHMARKS_COMPARE_DRIVER_MEASURE_H

#include "benchmarks/compare/driver/driver_options.h"
#include "benchmarks/compare/load/histogram.h"

struct measure_programs {
    char *server;
    char *load;
};

struct measure_run {
    enum design design;
    enum shape shape;
    double rate; /* of the open loop; 0: closed loop */
    unsigned seed;
};

struct measurement {
    double requests, requests_per_second, seconds;
    double server_cpu, generator_cpu; /* seconds */
    double p50_us, p99_us;
    double errors, misplaced;
    double steals, parks;
};

/* Adds the run's latencies to both histograms. 0, -EINTR when a signal came,
 * or another -errno with a line on stderr; both programs have ended. */
int measure(const struct driver_options *options,
            const struct measure_programs *programs,
            const struct measure_run *run, struct measurement *result,
            struct histogram *plain, struct histogram *computing);

#endif
