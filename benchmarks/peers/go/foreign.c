/* The thread of foreign_wake: not one of Go's. It rings a while after the
 * goroutine began to wait, and notes when. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "_cgo_export.h"

#define PAUSE 30000 /* ns */

static pthread_t thread;
static uint64_t round_count;
static int64_t *set_at;
static atomic_ullong begun;

int64_t foreign_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void *ring(void *arg)
{
    for (uint64_t i = 0; i < round_count; i++) {
        while (atomic_load(&begun) <= i) {
        }
        int64_t from = foreign_now();
        while (foreign_now() - from < PAUSE) {
        }
        set_at[i] = foreign_now();
        foreignRing(i);
    }
    return arg;
}

int foreign_start(uint64_t rounds)
{
    round_count = rounds;
    set_at = calloc(rounds, sizeof *set_at);
    atomic_store(&begun, 0);
    return set_at == NULL ? -1 : pthread_create(&thread, NULL, ring, NULL);
}

void foreign_join(void)
{
    pthread_join(thread, NULL);
    free(set_at);
}

void foreign_wait_begins(uint64_t round)
{
    atomic_store(&begun, round + 1);
}

int64_t foreign_set_at(uint64_t round)
{
    return set_at[round];
}
