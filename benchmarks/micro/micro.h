/* The micro benchmarks: each is a function that does `ops` operations in a task
 * and says how long they took.
 */
#ifndef BENCHMARKS_MICRO_MICRO_H
#define BENCHMARKS_MICRO_MICRO_H

#include <stdint.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What one run found. A field that is 0 is not reported. */
typedef struct micro_result {
    double ns;             /* for all ops, on the wall clock */
    double p99_ns;         /* of single operations */
    double cpu_seconds;    /* of the process */
    double bytes_per_task; /* resident, page tables included */
} micro_result;

typedef struct micro_bench {
    const char *name;
    unsigned workers;
    uint64_t ops; /* an operation: a switch, a task, a call, an item */
    void (*run)(uint64_t ops, micro_result *result);
} micro_bench;

/* The floor F: a flat ping-pong of two bare contexts; ns for each jump. */
double micro_raw_jump(uint64_t jumps);

void micro_yield_2(uint64_t ops, micro_result *result);
void micro_yield_100(uint64_t ops, micro_result *result);
void micro_wake_same_worker(uint64_t ops, micro_result *result);
void micro_future_pingpong(uint64_t ops, micro_result *result);

void micro_spawn_join(uint64_t ops, micro_result *result);
void micro_spawn_join_wait(uint64_t ops, micro_result *result);
void micro_spawn_batch(uint64_t ops, micro_result *result);
void micro_parked_task(uint64_t ops, micro_result *result);

void micro_fib(uint64_t ops, micro_result *result);
void micro_skynet(uint64_t ops, micro_result *result);

void micro_foreign_wake(uint64_t ops, micro_result *result);
void micro_timer_add_cancel(uint64_t ops, micro_result *result);
void micro_sleepers(uint64_t ops, micro_result *result);
void micro_offload_roundtrip(uint64_t ops, micro_result *result);

/* CPU seconds the process has used so far. */
double micro_cpu_seconds(void);

#ifdef __cplusplus
}
#endif

#endif
