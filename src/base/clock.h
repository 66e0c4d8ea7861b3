/* Two clocks. Nanoseconds of CLOCK_MONOTONIC for everything that is compared
 * with a deadline; time stamp counter ticks, which cost less, for measuring
 * how long something took on this machine.
 *
 * Law of `ticks_per_us` (clock.c): 0 until somebody has calibrated, then fixed.
 * Any thread may move it from 0, by CAS, so that all see one value; a loser
 * drops its own measurement.
 *
 * Ordering. ONCE: the CAS that sets it, and every load of it.
 */
#ifndef SRC_BASE_CLOCK_H
#define SRC_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC, never negative, never going back.
 * Context: any thread. Cost: about 25 ns, no system call. */
int64_t rv_clock_now(void);

/* The time stamp counter. Not ordered with the loads and stores around it, and
 * different CPUs may disagree by a few ticks, so differences are clamped by
 * their users. Cost: 7 to 10 ns. */
static inline uint64_t rv_clock_ticks(void)
{
    return __builtin_ia32_rdtsc();
}

/* Ticks in a microsecond, at least 1; the same value in every call. The first
 * call spins for 1 ms to measure it, so a runtime makes that call when it
 * starts. Context: any thread. */
uint64_t rv_clock_ticks_per_us(void);

#endif
