/* The thread that wakes others, and how long that took.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common.h"

#define PAUSE 30000 /* ns */

struct foreign {
    pthread_t thread;
    uint64_t rounds;
    void (*ring)(void *context, uint64_t round);
    void *context;
    int64_t *set_at;
    int64_t *latency;
    atomic_ullong begun;
};

/* On any CPU, also when the waiter may use one only. */
static void use_all_cpus(void)
{
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        CPU_SET(cpu, &all);
    }
    sched_setaffinity(0, sizeof all, &all);
}

static void *ring_rounds(void *arg)
{
    struct foreign *foreign = arg;
    use_all_cpus();
    for (uint64_t i = 0; i < foreign->rounds; i++) {
        while (atomic_load(&foreign->begun) <= i) {
        }
        int64_t from = clock_now();
        while (clock_now() - from < PAUSE) {
        }
        foreign->set_at[i] = clock_now();
        foreign->ring(foreign->context, i);
    }
    return NULL;
}

struct foreign *foreign_start(uint64_t rounds,
                              void (*ring)(void *context, uint64_t round),
                              void *context)
{
    struct foreign *foreign = calloc(1, sizeof *foreign);
    require(foreign != NULL);
    foreign->rounds = rounds;
    foreign->ring = ring;
    foreign->context = context;
    foreign->set_at = calloc(rounds, sizeof foreign->set_at[0]);
    foreign->latency = calloc(rounds, sizeof foreign->latency[0]);
    require(foreign->set_at != NULL && foreign->latency != NULL);
    require(pthread_create(&foreign->thread, NULL, ring_rounds, foreign) == 0);
    return foreign;
}

void foreign_begin(struct foreign *foreign, uint64_t round)
{
    atomic_store(&foreign->begun, round + 1);
}

void foreign_end(struct foreign *foreign, uint64_t round)
{
    foreign->latency[round] = clock_now() - foreign->set_at[round];
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void foreign_finish(struct foreign *foreign, struct outcome *outcome)
{
    uint64_t rounds = foreign->rounds;
    pthread_join(foreign->thread, NULL);
    qsort(foreign->latency, rounds, sizeof foreign->latency[0], compare);
    outcome->ns_per_op = (double)foreign->latency[rounds / 2];
    outcome->p99_ns = (double)foreign->latency[rounds * 99 / 100];
    free(foreign->set_at);
    free(foreign->latency);
    free(foreign);
}
