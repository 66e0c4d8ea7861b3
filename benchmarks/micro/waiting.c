/* Waiting for timers, for plain threads, for the offload pool; and a deadline
 * for a wait that is not needed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "rove/scope.h"

#include "src/sched/current.h"
#include "src/sched/timer.h"

#include "benchmarks/micro/micro.h"

static int compare_times(const void *a, const void *b)
{
    rove_time x = *(const rove_time *)a;
    rove_time y = *(const rove_time *)b;
    return (x > y) - (x < y);
}

/* A plain thread sets each future a while after the task began to wait for it,
 * when its worker is asleep, and notes the time. */
typedef struct exchange {
    uint64_t rounds;
    rove_future **futures;
    rove_time *set_at;
    atomic_ullong waiting; /* rounds the task has begun */
} exchange;

static void *set_from_outside(void *arg)
{
    exchange *e = arg;
    for (uint64_t i = 0; i < e->rounds; i++) {
        while (atomic_load(&e->waiting) <= i) {
        }
        rove_time from = rove_now();
        while (rove_now() - from < 30 * ROVE_US) {
        }
        e->set_at[i] = rove_now();
        rove_future_set(e->futures[i], 0);
    }
    return NULL;
}

static void wait_rounds(exchange *e, rove_time *latency)
{
    for (uint64_t i = 0; i < e->rounds; i++) {
        atomic_store(&e->waiting, i + 1);
        if (rove_future_wait(e->futures[i], NULL) != 0) {
            abort();
        }
        latency[i] = rove_now() - e->set_at[i];
    }
}

void micro_foreign_wake(uint64_t ops, micro_result *result)
{
    exchange e = {.rounds = ops,
                  .futures = calloc(ops, sizeof *e.futures),
                  .set_at = calloc(ops, sizeof *e.set_at)};
    rove_time *latency = calloc(ops, sizeof *latency);
    for (uint64_t i = 0; i < ops; i++) {
        e.futures[i] = rove_future_new();
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, set_from_outside, &e) != 0) {
        abort();
    }
    wait_rounds(&e, latency);
    pthread_join(thread, NULL);
    qsort(latency, ops, sizeof *latency, compare_times);
    result->ns = (double)latency[ops / 2] * (double)ops;
    result->p99_ns = (double)latency[ops * 99 / 100];
    for (uint64_t i = 0; i < ops; i++) {
        rove_future_unref(e.futures[i]);
    }
    free(e.futures);
    free(e.set_at);
    free(latency);
}

static __attribute__((noinline)) uint64_t compute(uint64_t x)
{
    return x * 0x9e3779b97f4a7c15u >> 1;
}

/* What is inside waits for nothing. */
void micro_scope_unused(uint64_t ops, micro_result *result)
{
    uint64_t sum = 0;
    int late = 0;
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        int status;
        ROVE_TIMEOUT(250 * ROVE_MS, &status)
        {
            sum += compute(i);
        }
        late |= status;
    }
    result->ns = (double)(rove_now() - start);
    for (uint64_t i = 0; i < ops; i++) {
        sum -= compute(i);
    }
    if (late != 0 || sum != 0) {
        abort();
    }
}

/* The timer of a wait that ends before its deadline. */
void micro_timer_add_cancel(uint64_t ops, micro_result *result)
{
    rv_worker *w = rv_current_worker();
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        rv_wake_timer timer;
        rv_timer_start(w, &timer, 0, start + ROVE_SEC + (int64_t)(i % 4096));
        rv_timer_stop(&timer);
    }
    result->ns = (double)(rove_now() - start);
}

static int64_t do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

void micro_offload_roundtrip(uint64_t ops, micro_result *result)
{
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_offload(do_nothing, NULL) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
}
