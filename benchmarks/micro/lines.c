/* What a cache line costs that another core has: below all that workers share.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "benchmarks/micro/micro.h"

#define LOOKS_MAX 4096

/* The line that goes back and forth: even numbers are the caller's turn. */
typedef struct court {
    _Alignas(128) atomic_ulong ball;
    unsigned long strokes;
} court;

static void play(court *c, unsigned long side)
{
    for (unsigned long n = side; n < c->strokes; n += 2) {
        unsigned looks = 0;
        while (atomic_load_explicit(&c->ball, memory_order_acquire) != n) {
            if (++looks % LOOKS_MAX == 0) {
                sched_yield(); /* no core for the other side? */
            }
        }
        atomic_store_explicit(&c->ball, n + 1, memory_order_release);
    }
}

static void *play_other_side(void *arg)
{
    play(arg, 1);
    return NULL;
}

/* An operation is one way: the line goes to the other core and is written. With
 * the cores of one worker each, or the figure is a time slice. */
void micro_line_transfer(uint64_t ops, micro_result *result)
{
    court c = {0, ops & ~1UL};
    pthread_t other;
    if (pthread_create(&other, NULL, play_other_side, &c) != 0) {
        abort();
    }
    rove_time start = rove_now();
    play(&c, 0);
    result->ns = (double)(rove_now() - start);
    (void)pthread_join(other, NULL);
}

/* An operation is a locked add to a line that nobody else has. */
void micro_line_locked(uint64_t ops, micro_result *result)
{
    court c = {0, 0};
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        atomic_fetch_add_explicit(&c.ball, 1, memory_order_relaxed);
    }
    result->ns = (double)(rove_now() - start);
}

static void *add_often(void *arg)
{
    court *c = arg;
    for (unsigned long i = 0; i < c->strokes; i++) {
        atomic_fetch_add_explicit(&c->ball, 1, memory_order_relaxed);
    }
    return NULL;
}

/* An operation is a locked add to a line that two cores fight for. */
void micro_line_contended(uint64_t ops, micro_result *result)
{
    court c = {0, ops / 2};
    pthread_t other;
    if (pthread_create(&other, NULL, add_often, &c) != 0) {
        abort();
    }
    rove_time start = rove_now();
    add_often(&c);
    (void)pthread_join(other, NULL);
    result->ns = (double)(rove_now() - start);
}
