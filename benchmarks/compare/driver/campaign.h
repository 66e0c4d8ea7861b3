/* All runs of a comparison. A round runs every design in every shape, first in
 * the closed loop, then in the open loop; the order of the designs moves by one
 * from round to round, so that a noisy minute hits all of them alike.
 */
#ifndef BENCHMARKS_COMPARE_DRIVER_CAMPAIGN_H
#define BENCHMARKS_COMPARE_DRIVER_CAMPAIGN_H

#include "benchmarks/compare/driver/driver_options.h"
#include "benchmarks/compare/driver/measure.h"

/* What the rounds gave for one design in one shape. */
struct cell {
    enum design design;
    enum shape shape;
    unsigned rounds;
    /* of each closed run */
    double requests_per_second[ROUNDS_MAX];
    double cpu_per_million[ROUNDS_MAX]; /* the server's, seconds */
    double generator_cpu[ROUNDS_MAX];   /* cores */
    double requests[ROUNDS_MAX];
    /* of each open run, requests that do not compute */
    double p50_us[ROUNDS_MAX];
    double p99_us[ROUNDS_MAX];
    /* of all open runs together */
    struct histogram plain, computing;
    /* sums over all runs */
    double errors, misplaced, steals, parks;
};

struct campaign {
    const struct driver_options *options;
    const struct measure_programs *programs;
    double rate; /* of the open loop */
    unsigned count;
    struct cell *cells; /* by shape, then by design */
};

/* 0, -EINTR when a signal came, or another -errno with a line on stderr. To be
 * freed in any case. */
int campaign_run(struct campaign *campaign,
                 const struct driver_options *options,
                 const struct measure_programs *programs);
void campaign_free(struct campaign *campaign);

/* The open loop's rate when the user gave none: a tenth of what the slowest
 * cell managed in the first round, to two digits, at least 1. Cells that
 * managed nothing, because others starved them, do not count. */
double campaign_choose_rate(const struct campaign *campaign);

/* NULL when it is not part of the comparison. */
const struct cell *campaign_find(const struct campaign *campaign,
                                 enum shape shape, enum design design);

/* Errors of all runs. */
double campaign_errors(const struct campaign *campaign);

#endif
