/* Order shaking. RV_SHAKE_POINT() stands in the windows of a protocol where
 * another thread's step would hurt most if the protocol were wrong. It is empty
 * in normal builds; under --config=shake (which defines RV_SHAKE) it spins or
 * yields at random, so that rare interleavings become common.
 *
 * The seed is the number in the environment variable RV_SHAKE_SEED, or the
 * clock's when that is unset, and is printed to stderr by the first call. Each
 * thread draws its own sequence from it, in the order in which threads first
 * arrive.
 *
 * Law of `chosen_seed` (shake.c): 0 until somebody has chosen, then the seed
 * with its lowest bit set. Any thread may move it from 0, by CAS; a loser takes
 * the winner's seed.
 *
 * Ordering. ONCE: the CAS that sets it, and every load of it.
 */
#ifndef SRC_BASE_SHAKE_H
#define SRC_BASE_SHAKE_H

/* Spins or yields at random. Suspends no task, takes no lock, allocates
 * nothing. Context: any thread. */
void rv_shake_point(void);

#ifdef RV_SHAKE
#define RV_SHAKE_POINT() rv_shake_point()
#else
#define RV_SHAKE_POINT() ((void)0)
#endif

#endif
