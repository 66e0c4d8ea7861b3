/* What the C programs of benchmarks/peers share.
 *
 *     PROGRAM --list                 the workloads, one a line, with the most
 *                                    workers that each makes sense for
 *     PROGRAM WORKLOAD WORKERS OPS   one run: a line of JSON with ns_per_op
 *     PROGRAM serve_SERVICE WORKERS  a server: a line of JSON with its port; it
 *                                    ends when standard input does
 *
 * A workload checks its answer and stops the program when it is wrong; a short
 * run does so before the one that is timed.
 */
#ifndef BENCHMARKS_PEERS_C_COMMON_H
#define BENCHMARKS_PEERS_C_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND      INT64_C(1000000000)
#define WORKERS_ANY 256

/* What a run found; a field that is 0 is not reported. */
struct outcome {
    double ns_per_op;
    double wall_seconds;
    double cpu_seconds;
    double bytes_per_task;
    double p99_ns;
};

struct workload {
    const char *name;
    void (*run)(unsigned workers, uint64_t ops, struct outcome *outcome);
    bool is_cold; /* takes a second however short */
    unsigned workers_max;
};

/* A server on so many workers; does not return. */
struct service {
    const char *name;
    void (*serve)(unsigned workers);
};

/* The whole of a main function. Both tables end with a NULL name. */
int common_main(int argc, char **argv, const struct workload *workloads,
                const struct service *services);

void require(bool is_right);

int64_t clock_now(void);
double cpu_seconds(void);
double resident_bytes(void);
double peak_bytes(void);

/* The same random numbers as everybody's. *state: 0 at first. */
uint64_t next_random(uint64_t *state);

/* A plain thread that calls ring(context, i) a while after the wait of round i
 * began, and notes when. */
struct foreign;
struct foreign *foreign_start(uint64_t rounds,
                              void (*ring)(void *context, uint64_t round),
                              void *context);
void foreign_begin(struct foreign *foreign, uint64_t round);
/* The wait of the round has ended now. */
void foreign_end(struct foreign *foreign, uint64_t round);
/* Joins the thread; the median and the 99th percentile of the latencies. */
void foreign_finish(struct foreign *foreign, struct outcome *outcome);

#endif
