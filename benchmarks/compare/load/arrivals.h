/* Planned points in time at a given rate: evenly spaced, or at random with
 * exponential gaps (a Poisson process), the same for the same seed. */
#ifndef BENCHMARKS_COMPARE_LOAD_ARRIVALS_H
#define BENCHMARKS_COMPARE_LOAD_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVALS_NEVER INT64_MAX

struct arrivals {
    double gap;    /* mean, in nanoseconds; 0: none ever */
    double next;   /* since `start` */
    int64_t start; /* of the clock */
    bool random;
    uint64_t state; /* of the random numbers */
};

/* rate: a second; <= 0: never. */
void arrivals_start(struct arrivals *arrivals, int64_t start, double rate);
void arrivals_start_random(struct arrivals *arrivals, int64_t start,
                           double rate, uint64_t seed);

/* The next planned time, and on to the one after it. */
int64_t arrivals_peek(const struct arrivals *arrivals);
void arrivals_advance(struct arrivals *arrivals);

#endif
