/* Counts of values from 0 to 2^63-1 in log-linear buckets: exact below 128,
 * then 128 buckets for each power of two, so that a quantile is off by less
 * than 0.4 %.
 */
#ifndef BENCHMARKS_COMPARE_LOAD_HISTOGRAM_H
#define BENCHMARKS_COMPARE_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (57 * 128)

struct histogram {
    uint64_t total;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

/* Adds a value; a negative one counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* Adds `count` values to a bucket, as another histogram had them. */
void histogram_add_bucket(struct histogram *histogram, unsigned bucket,
                          uint64_t count);

void histogram_merge(struct histogram *histogram,
                     const struct histogram *other);

/* The value that the fraction q of all values (0 < q <= 1) does not exceed;
 * 0 when there are none. */
int64_t histogram_quantile(const struct histogram *histogram, double q);

#endif
