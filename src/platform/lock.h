/* A lock of one word for threads, for sections of a few instructions that
 * neither suspend a task nor call back. Not recursive, not fair.
 *
 * Law of `word`
 *
 *   from   to     moved by
 *   FREE   HELD   any thread, by CAS: it has the lock now
 *   HELD   FREE   the holder, by a plain store, and never touches the lock
 *                 again: the next holder may free the memory at once
 *
 * That store is all a release costs; a release that had to find out whether
 * somebody sleeps would need a second locked instruction. So nobody is woken:
 * who finds the lock held pauses, longer each time, before it looks again. When
 * that is in vain the holder has lost its processor, and the waiter gives up
 * its own and then naps, so that the holder, whatever its priority, comes back.
 *
 * Ordering. SECTION: release of the word at the end of a section, acquire of it
 * at the start of the next.
 */
#ifndef SRC_PLATFORM_LOCK_H
#define SRC_PLATFORM_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"

/* All bytes zero is a free lock. */
typedef struct rv_lock {
    rv_atomic_u32 word;
} rv_lock;

enum { RV_LOCK_FREE = 0, RV_LOCK_HELD = 1 };

/* The contended half of rv_lock_acquire. */
void rv_lock_acquire_slow(rv_lock *lock);

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

/* Takes the lock, as soon as it can. The caller does not hold it. Context: any
 * thread. */
static inline void rv_lock_acquire(rv_lock *lock)
{
    if (!rv_lock_try(lock)) {
        rv_lock_acquire_slow(lock);
    }
}

/* Gives the lock back. The caller holds it. */
static inline void rv_lock_release(rv_lock *lock)
{
    /* Relaxed: only the holder moves a held lock. */
    RV_ASSERT(rv_u32_load_relaxed(&lock->word) == RV_LOCK_HELD);
    rv_u32_store_release(&lock->word, RV_LOCK_FREE); /* SECTION */
}

#endif
