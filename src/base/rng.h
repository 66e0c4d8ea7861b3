/* Small fast random numbers for victims, spins and tests; not for secrets.
 * Each generator has one owner. The same seed gives the same numbers.
 *
 * Source: SplitMix64 in Steele, Lea and Flood, "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014. It passes through all 2^64 states, so every
 * seed, 0 included, is as good as any other.
 */
#ifndef SRC_BASE_RNG_H
#define SRC_BASE_RNG_H

#include <stdint.h>

typedef struct rv_rng {
    uint64_t state;
} rv_rng;

static inline void rv_rng_seed(rv_rng *rng, uint64_t seed)
{
    rng->state = seed;
}

/* 64 bits, uniformly distributed. */
static inline uint64_t rv_rng_next(rv_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number in [0, n), n > 0. Multiplies instead of dividing (Lemire, "Fast
 * Random Integer Generation in an Interval", TOMACS 2019) and leaves out his
 * rejection step: some results are more likely than others by n / 2^32. */
static inline uint32_t rv_rng_below(rv_rng *rng, uint32_t n)
{
    return (uint32_t)(((rv_rng_next(rng) >> 32) * n) >> 32);
}

#endif
