#include "src/platform/lock.h"

#include "src/base/clock.h"
#include "src/base/shake.h"
#include "src/platform/cpu.h"
#include "src/platform/futex.h"
#include "src/platform/os_thread.h"

/* Pauses between looks: 0.6 us, then twice as many, up to 2.5 us. Each look
 * takes the line away from who works under the lock; a long first pause lets
 * the holder's processor go on with it, a few sections in a row. */
#define SPINS_MIN 32
#define SPINS_MAX 128

/* How often a processor is given up before the thread naps. */
#define YIELDS_MAX 8

/* About what a sleep and a wake cost together, a few times over. */
#define NAP_NS 50000

static bool spin_for(rv_lock *lock)
{
    for (int spins = SPINS_MIN; spins <= SPINS_MAX; spins *= 2) {
        for (int i = 0; i < spins; i++) {
            rv_cpu_relax();
        }
        /* Relaxed: rv_lock_try does the acquiring. */
        if (rv_u32_load_relaxed(&lock->word) == RV_LOCK_FREE &&
            rv_lock_try(lock)) {
            return true;
        }
    }
    return false;
}

/* On the futex of the word, which nobody wakes, so that the nap is left out
 * when the lock has become free meanwhile. */
static void nap(rv_lock *lock)
{
    (void)rv_futex_wait(&lock->word, RV_LOCK_HELD, rv_clock_now() + NAP_NS);
}

void rv_lock_acquire_slow(rv_lock *lock)
{
    for (int rounds = 0; !spin_for(lock); rounds++) {
        RV_SHAKE_POINT();
        if (rounds < YIELDS_MAX) {
            rv_thread_yield();
        } else {
            nap(lock);
        }
    }
}
