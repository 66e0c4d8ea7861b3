#include "src/base/clock.h"

#include <time.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"

#define NS_PER_SEC     INT64_C(1000000000)
#define NS_PER_US      1000
#define CALIBRATION_NS INT64_C(1000000)
#define SAMPLES        5

static rv_atomic_u64 ticks_per_us;

int64_t rv_clock_now(void)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns;

    RV_CHECK(result == 0, "the kernel has no CLOCK_MONOTONIC");
    ns = (int64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec;
    return ns < 0 ? 0 : ns;
}

/* One instant on both clocks. */
typedef struct {
    int64_t ns;
    uint64_t ticks;
} instant;

/* A thread can lose its CPU between the two readings. Of several attempts the
 * one whose readings lie closest together is the one to believe. */
static instant read_both_clocks(void)
{
    instant best = {0};
    uint64_t best_gap = UINT64_MAX;

    for (int i = 0; i < SAMPLES; i++) {
        uint64_t before = rv_clock_ticks();
        int64_t ns = rv_clock_now();
        uint64_t gap = rv_clock_ticks() - before;

        if (gap < best_gap) {
            best_gap = gap;
            best = (instant){.ns = ns, .ticks = before + gap / 2};
        }
    }
    return best;
}

/* Measured and not read from CPUID leaf 0x15: virtual machines leave that leaf
 * empty, or keep the values of the machine they have moved away from. */
static uint64_t measure_ticks_per_us(void)
{
    instant start = read_both_clocks();
    instant end;
    uint64_t ticks;
    uint64_t us;

    do {
        end = read_both_clocks();
    } while (end.ns - start.ns < CALIBRATION_NS);
    ticks = end.ticks > start.ticks ? end.ticks - start.ticks : 0;
    us = (uint64_t)(end.ns - start.ns) / NS_PER_US;
    return us == 0 || ticks < us ? 1 : (ticks + us / 2) / us;
}

uint64_t rv_clock_ticks_per_us(void)
{
    uint64_t known = rv_u64_load_acquire(&ticks_per_us); /* ONCE */

    if (known == 0) {
        uint64_t measured = measure_ticks_per_us();

        if (rv_u64_cas_acq_rel(&ticks_per_us, &known, measured)) { /* ONCE */
            known = measured;
        }
    }
    return known;
}
