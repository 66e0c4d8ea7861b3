/* Sleeping on a word until somebody changes it: the kernel's futex, private to
 * the process, with absolute deadlines on CLOCK_MONOTONIC.
 *
 * A futex orders nothing: what the waker wrote becomes visible through the
 * accesses to the word that the two sides make around these calls.
 */
#ifndef SRC_PLATFORM_FUTEX_H
#define SRC_PLATFORM_FUTEX_H

#include <stdint.h>

#include "src/base/atomic.h"

/* Sleeps while `*word` is `expected`, until a wake, a signal or `deadline`
 * (INT64_MAX: never).
 *
 * Returns 0 when woken, interrupted, or because the word was different: the
 * caller looks at the word again and decides. -ETIMEDOUT when the deadline has
 * passed, never earlier.
 *
 * Context: any thread; blocks the thread. */
int rv_futex_wait(rv_atomic_u32 *word, uint32_t expected, int64_t deadline);

/* Wakes up to `count` of those who sleep on `word`. The memory may be gone or
 * in use for something else: whoever woke a waiter by changing the word can
 * find that the waiter has already left and freed it. In that case nobody, or
 * somebody who looks again and goes back to sleep, is woken. Never blocks. */
void rv_futex_wake(rv_atomic_u32 *word, int count);

#endif
