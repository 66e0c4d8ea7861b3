/* The micro benchmarks: each is a function that does `ops` operations in a task
 * and says how long they took.
 */
#ifndef BENCHMARKS_MICRO_MICRO_H
#define BENCHMARKS_MICRO_MICRO_H

#include <stddef.h>
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
    uint64_t ops;          /* done, when other than asked for */
} micro_result;

typedef struct micro_bench {
    const char *name;
    const char *workload; /* of //benchmarks:peers, for any number of workers;
                             NULL: there is none */
    unsigned workers;
    uint64_t ops; /* an operation: a switch, a task, a call, an item */
    void (*run)(uint64_t ops, micro_result *result);
} micro_bench;

extern const micro_bench micro_benches[];
extern const size_t micro_bench_count;

/* The floor F: a flat ping-pong of two bare contexts; ns for each jump. */
double micro_raw_jump(uint64_t jumps);

/* Two tasks a worker. */
void micro_yield(uint64_t ops, micro_result *result);
void micro_yield_100(uint64_t ops, micro_result *result);
void micro_wake_same_worker(uint64_t ops, micro_result *result);
void micro_future_pingpong(uint64_t ops, micro_result *result);

void micro_spawn_join(uint64_t ops, micro_result *result);
void micro_spawn_join_wait(uint64_t ops, micro_result *result);
void micro_spawn_batch(uint64_t ops, micro_result *result);
void micro_gather(uint64_t ops, micro_result *result);

/* Very many tasks that wait, or that have not started (one worker only). */
void micro_parked_task(uint64_t ops, micro_result *result);
void micro_unstarted_task(uint64_t ops, micro_result *result);

/* Sockets whose tasks start when bytes arrive: as many as may be open. */
void micro_idle_connection(uint64_t ops, micro_result *result);

/* The largest tree with at most `ops` nodes: of calls, of leaves, of boards. */
void micro_fib(uint64_t ops, micro_result *result);
void micro_skynet(uint64_t ops, micro_result *result);
void micro_skynet_spawn(uint64_t ops, micro_result *result);
void micro_nqueens(uint64_t ops, micro_result *result);

/* An operation is an item, or a round trip (rendezvous, pingpong). */
void micro_chan_buffered(uint64_t ops, micro_result *result);
void micro_chan_mpmc(uint64_t ops, micro_result *result);
void micro_chan_rendezvous(uint64_t ops, micro_result *result);
void micro_chan_pingpong(uint64_t ops, micro_result *result);
void micro_select_ready(uint64_t ops, micro_result *result);

/* An operation is a lock and an unlock. */
void micro_mutex_uncontended(uint64_t ops, micro_result *result);
void micro_mutex_contended(uint64_t ops, micro_result *result);
void micro_mutex_brief(uint64_t ops, micro_result *result);

/* A cache line between two cores; an operation is a store to it, or a locked
 * add. Beside the runtime, on two threads. */
void micro_line_transfer(uint64_t ops, micro_result *result);
void micro_line_locked(uint64_t ops, micro_result *result);
void micro_line_contended(uint64_t ops, micro_result *result);

void micro_scope_unused(uint64_t ops, micro_result *result);
void micro_foreign_wake(uint64_t ops, micro_result *result);
void micro_timer_add_cancel(uint64_t ops, micro_result *result);
void micro_offload_roundtrip(uint64_t ops, micro_result *result);

/* Within a second: tasks that sleep, and tasks that start. */
void micro_sleepers(uint64_t ops, micro_result *result);
void micro_delayed(uint64_t ops, micro_result *result);

#ifdef __cplusplus
}
#endif

#endif
