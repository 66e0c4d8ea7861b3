#include "benchmarks/compare/load/histogram.h"

#include <math.h>

#define SUB_BITS 7
#define SUB      (1u << SUB_BITS)

static unsigned bucket_of(uint64_t value)
{
    if (value < SUB) {
        return (unsigned)value;
    }
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
    return (shift + 1) * SUB + (unsigned)((value >> shift) - SUB);
}

/* The middle of a bucket. */
static int64_t value_of(unsigned bucket)
{
    if (bucket < SUB) {
        return bucket;
    }
    unsigned shift = bucket / SUB - 1;
    uint64_t low = (uint64_t)(bucket % SUB + SUB) << shift;
    return (int64_t)(low + ((UINT64_C(1) << shift) - 1) / 2);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    uint64_t positive = value < 0 ? 0 : (uint64_t)value;
    histogram_add_bucket(histogram, bucket_of(positive), 1);
}

void histogram_add_bucket(struct histogram *histogram, unsigned bucket,
                          uint64_t count)
{
    if (bucket < HISTOGRAM_BUCKETS) {
        histogram->counts[bucket] += count;
        histogram->total += count;
    }
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        histogram_add_bucket(histogram, i, other->counts[i]);
    }
}

int64_t histogram_quantile(const struct histogram *histogram, double q)
{
    double wanted = ceil(q * (double)histogram->total);
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= rank) {
            return value_of(i);
        }
    }
    return 0;
}
