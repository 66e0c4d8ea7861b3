/* A mutex of one word for threads, for sections of a few instructions that
 * neither suspend a task nor call back. Not recursive, not fair.
 *
 * Law of `word`
 *
 *   FREE     0  nobody holds it, nobody needs waking
 *   HELD     1  held, nobody sleeps
 *   CROWDED  2  held, and somebody may sleep
 *
 *   from        to       moved by
 *   FREE        HELD     any thread, by CAS: it has the lock now
 *   FREE, HELD, CROWDED  any thread in the slow path, by exchange: if it found
 *   CROWDED              FREE it has the lock, else it sleeps while CROWDED
 *   HELD        FREE     the holder, by CAS
 *   CROWDED     FREE     the holder, by store; it then wakes one sleeper
 *
 * A thread that has slept takes the lock as CROWDED, since it cannot know
 * whether it was the last; at worst one wake is for nobody. After the word is
 * FREE the former holder does not touch it again, except to name its address to
 * the kernel: the next holder may free the memory at once.
 *
 * Ordering. SECTION: release of the word at the end of a section, acquire of it
 * at the start of the next.
 *
 * Source: Drepper, "Futexes Are Tricky", 2011, mutex of section 6.
 */
#ifndef SRC_PLATFORM_LOCK_H
#define SRC_PLATFORM_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/atomic.h"

/* All bytes zero is a free lock. */
typedef struct rv_lock {
    rv_atomic_u32 word;
} rv_lock;

enum { RV_LOCK_FREE = 0, RV_LOCK_HELD = 1, RV_LOCK_CROWDED = 2 };

/* The contended halves; only the inline functions below call them. */
void rv_lock_acquire_slow(rv_lock *lock);
void rv_lock_release_slow(rv_lock *lock);

/* Makes a free lock of memory that nobody else can see yet. */
static inline void rv_lock_init(rv_lock *lock)
{
    /* Relaxed: whoever shows the lock to others orders this before. */
    rv_u32_store_relaxed(&lock->word, RV_LOCK_FREE);
}

/* Takes the lock if it is free; true if it did. Never waits. */
static inline bool rv_lock_try(rv_lock *lock)
{
    uint32_t expected = RV_LOCK_FREE;

    return rv_u32_cas_acquire(&lock->word, &expected,
                              RV_LOCK_HELD); /* SECTION */
}

/* Takes the lock; spins for a few microseconds and then sleeps until it can.
 * The caller does not hold it. Context: any thread. */
static inline void rv_lock_acquire(rv_lock *lock)
{
    if (!rv_lock_try(lock)) {
        rv_lock_acquire_slow(lock);
    }
}

/* Gives the lock back. The caller holds it. */
static inline void rv_lock_release(rv_lock *lock)
{
    uint32_t expected = RV_LOCK_HELD;

    if (!rv_u32_cas_release(&lock->word, &expected,
                            RV_LOCK_FREE)) { /* SECTION */
        rv_lock_release_slow(lock);
    }
}

#endif
