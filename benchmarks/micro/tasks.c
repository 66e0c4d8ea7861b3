/* Making tasks and ending them.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rove/group.h"

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

static int64_t return_arg(void *arg)
{
    return (intptr_t)arg;
}

void micro_gather(uint64_t ops, micro_result *result)
{
    static rove_task *handles[BATCH];
    static int64_t results[BATCH];
    rove_time start = rove_now();
    for (uint64_t done = 0; done < ops; done += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            handles[i] = rove_spawn(return_arg, (void *)(uintptr_t)i);
        }
        if (rove_gather(handles, BATCH, results, 0) != 0 || results[0] != 0 ||
            results[BATCH - 1] != BATCH - 1) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
}
