/* Making tasks, ending them, and keeping very many.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/micro/micro.h"

#define BATCH 1000

static int64_t do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int64_t wait_once(void *arg)
{
    (void)arg;
    return rove_yield();
}

static void spawn_and_join(rove_fn *fn, uint64_t ops, micro_result *result)
{
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_join(rove_spawn(fn, NULL)) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
}

void micro_spawn_join(uint64_t ops, micro_result *result)
{
    spawn_and_join(do_nothing, ops, result);
}

static int64_t spin_ticks(void *stop)
{
    while (!atomic_load_explicit((atomic_bool *)stop, memory_order_relaxed)) {
        if (rove_yield() != 0) {
            return -1;
        }
    }
    return 0;
}

/* The child waits, so it needs its registers saved and its joiner suspended;
 * another task is ready, so that the wait is one. */
void micro_spawn_join_wait(uint64_t ops, micro_result *result)
{
    atomic_bool stop = false;
    rove_task *other = rove_spawn(spin_ticks, &stop);
    spawn_and_join(wait_once, ops, result);
    atomic_store(&stop, true);
    rove_join(other);
}

void micro_spawn_batch(uint64_t ops, micro_result *result)
{
    static rove_task *handles[BATCH];
    rove_time start = rove_now();
    for (uint64_t done = 0; done < ops; done += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            handles[i] = rove_spawn(do_nothing, NULL);
        }
        for (unsigned i = 0; i < BATCH; i++) {
            if (rove_join(handles[i]) != 0) {
                abort();
            }
        }
    }
    result->ns = (double)(rove_now() - start);
}

/* A line of /proc/self/status, in bytes. */
static uint64_t read_status(const char *key)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long long kib = 0;
    size_t length = strlen(key);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, length) == 0) {
            sscanf(line + length, ": %llu", &kib);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

static uint64_t resident_bytes(void)
{
    return read_status("VmRSS") + read_status("VmPTE");
}

static int64_t park(void *parked)
{
    atomic_fetch_add_explicit((atomic_ullong *)parked, 1, memory_order_relaxed);
    return rove_sleep_until(ROVE_FOREVER - 1);
}

/* They are still parked when the main task returns; the runtime's shutdown
 * cancels them. */
void micro_parked_task(uint64_t ops, micro_result *result)
{
    static atomic_ullong parked;
    atomic_store(&parked, 0);
    uint64_t before = resident_bytes();
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_go(park, &parked) != 0) {
            abort();
        }
        if (i % BATCH == 0) {
            rove_yield();
        }
    }
    while (atomic_load(&parked) < ops) {
        rove_yield();
    }
    rove_yield();
    result->ns = (double)(rove_now() - start);
    result->bytes_per_task = (double)(resident_bytes() - before) / (double)ops;
}
