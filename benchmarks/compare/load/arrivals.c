#include "benchmarks/compare/load/arrivals.h"

#include <math.h>

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double choose_gap(struct arrivals *arrivals)
{
    if (!arrivals->random) {
        return arrivals->gap;
    }
    /* Within (0, 1]: 53 random bits. */
    double u = (double)((next_random(&arrivals->state) >> 11) + 1) * 0x1p-53;
    return -log(u) * arrivals->gap;
}

void arrivals_start(struct arrivals *arrivals, int64_t start, double rate)
{
    *arrivals = (struct arrivals){
        .gap = rate > 0 ? 1e9 / rate : 0,
        .start = start,
    };
}

void arrivals_start_random(struct arrivals *arrivals, int64_t start,
                           double rate, uint64_t seed)
{
    arrivals_start(arrivals, start, rate);
    arrivals->random = true;
    arrivals->state = seed;
    arrivals->next = choose_gap(arrivals);
}

int64_t arrivals_peek(const struct arrivals *arrivals)
{
    if (arrivals->gap <= 0) {
        return ARRIVALS_NEVER;
    }
    return arrivals->start + (int64_t)arrivals->next;
}

void arrivals_advance(struct arrivals *arrivals)
{
    arrivals->next += choose_gap(arrivals);
}
