/* Waiting for timers, for plain threads, for the offload pool.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "src/sched/current.h"
#include "src/sched/timer.h"

#include "benchmarks/micro/micro.h"

double micro_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

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

static int64_t sleep_some(void *span)
{
    return rove_sleep((rove_time)(intptr_t)span);
}

void micro_sleepers(uint64_t ops, micro_result *result)
{
    rove_task **tasks = calloc(ops, sizeof *tasks);
    double cpu = micro_cpu_seconds();
    rove_time start = rove_now();
    uint64_t random = 88172645463325252u;
    for (uint64_t i = 0; i < ops; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        intptr_t span = (intptr_t)(random % (uint64_t)ROVE_SEC);
        tasks[i] = rove_spawn(sleep_some, (void *)span);
    }
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_join(tasks[i]) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
    result->cpu_seconds = micro_cpu_seconds() - cpu;
    free(tasks);
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
