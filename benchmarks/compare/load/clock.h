/* The load generator's clocks, in nanoseconds. */
#ifndef BENCHMARKS_COMPARE_LOAD_CLOCK_H
#define BENCHMARKS_COMPARE_LOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t clock_now(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

#endif
