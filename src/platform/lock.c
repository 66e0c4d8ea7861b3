#include "src/platform/lock.h"

#include "src/base/assert.h"
#include "src/base/shake.h"
#include "src/platform/cpu.h"
#include "src/platform/futex.h"

/* About 2 us of pauses: less than what a sleep and a wake cost together, more
 * than most sections last. */
#define SPINS_MAX 100

/* Spinning is hopeless once somebody sleeps: the lock has then been held for
 * longer than a spin. */
static bool spin_for(rv_lock *lock)
{
    for (int i = 0; i < SPINS_MAX; i++) {
        /* Relaxed: rv_lock_try does the acquiring. */
        uint32_t word = rv_u32_load_relaxed(&lock->word);

        if (word == RV_LOCK_FREE && rv_lock_try(lock)) {
            return true;
        }
        if (word == RV_LOCK_CROWDED) {
            return false;
        }
        rv_cpu_relax();
    }
    return false;
}

void rv_lock_acquire_slow(rv_lock *lock)
{
    if (spin_for(lock)) {
        return;
    }
    RV_SHAKE_POINT();
    while (rv_u32_exchange_acquire(&lock->word, RV_LOCK_CROWDED) !=
           RV_LOCK_FREE) { /* SECTION */
        RV_SHAKE_POINT();
        (void)rv_futex_wait(&lock->word, RV_LOCK_CROWDED, INT64_MAX);
    }
}

void rv_lock_release_slow(rv_lock *lock)
{
    /* Relaxed: only the holder moves a held lock away from CROWDED. */
    RV_CHECK(rv_u32_load_relaxed(&lock->word) == RV_LOCK_CROWDED,
             "released a lock that nobody holds");
    rv_u32_store_release(&lock->word, RV_LOCK_FREE); /* SECTION */
    RV_SHAKE_POINT();
    rv_futex_wake(&lock->word, 1);
}
