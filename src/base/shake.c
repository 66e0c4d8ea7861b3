#include "src/base/shake.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/base/atomic.h"
#include "src/base/clock.h"
#include "src/base/rng.h"

#define SPINS_MAX  512
#define YIELDS_MAX 4

static rv_atomic_u64 chosen_seed;
static rv_atomic_u64 threads_seen;

static _Thread_local rv_rng rng;
static _Thread_local bool rng_is_seeded;

static void report_seed(uint64_t seed)
{
    char line[64];
    int length = snprintf(line, sizeof line, "rove: RV_SHAKE_SEED=%llu\n",
                          (unsigned long long)seed);
    ssize_t written = write(STDERR_FILENO, line, (size_t)length);

    (void)written;
}

static uint64_t process_seed(void)
{
    uint64_t seed = rv_u64_load_acquire(&chosen_seed); /* ONCE */

    if (seed == 0) {
        const char *text = getenv("RV_SHAKE_SEED");
        uint64_t wanted =
            text != NULL ? strtoull(text, NULL, 10) : (uint64_t)rv_clock_now();

        wanted |= 1;
        if (!rv_u64_cas_acq_rel(&chosen_seed, &seed, wanted)) { /* ONCE */
            return seed;
        }
        report_seed(wanted);
        return wanted;
    }
    return seed;
}

/* Thread k continues at a point of its own: the k-th number of the sequence
 * that the seed starts. */
static void seed_this_thread(void)
{
    /* Relaxed: only the number must be unique. */
    uint64_t k = rv_u64_fetch_add_relaxed(&threads_seen, 1);

    rv_rng_seed(&rng, process_seed() + k * UINT64_C(0x9e3779b97f4a7c15));
    rv_rng_seed(&rng, rv_rng_next(&rng));
    rng_is_seeded = true;
}

/* Half of the calls do nothing, so that delays stay uneven; a yield is rare
 * because it costs as much as a hundred spins. */
void rv_shake_point(void)
{
    uint32_t choice;

    if (!rng_is_seeded) {
        seed_this_thread();
    }
    choice = rv_rng_below(&rng, 16);
    if (choice == 0) {
        uint32_t yields = 1 + rv_rng_below(&rng, YIELDS_MAX);

        for (uint32_t i = 0; i < yields; i++) {
            sched_yield();
        }
    } else if (choice < 8) {
        uint32_t spins = rv_rng_below(&rng, SPINS_MAX);

        for (uint32_t i = 0; i < spins; i++) {
            __builtin_ia32_pause();
        }
    }
}
