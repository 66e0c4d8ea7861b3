/* What the user asked the comparison for. */
#ifndef BENCHMARKS_COMPARE_DRIVER_DRIVER_OPTIONS_H
#define BENCHMARKS_COMPARE_DRIVER_DRIVER_OPTIONS_H

#include <stdbool.h>

enum design {
    DESIGN_EPOLL,
    DESIGN_SINGLE,
    DESIGN_OFFLOAD,
    DESIGN_SHARDED,
    DESIGN_STEALING,
    DESIGNS,
};

enum shape { SHAPE_UNIFORM, SHAPE_SKEWED, SHAPE_MIXED, SHAPES };

extern const char *const design_names[DESIGNS];
extern const char *const shape_names[SHAPES];

#define ROUNDS_MAX      99
#define CONNECTIONS_MAX 1000000

struct driver_options {
    const char *service;
    unsigned workers, connections, rounds;
    double compute;  /* percent of each worker's time, in shape mixed */
    double work;     /* seconds that each plain request computes for */
    double duration; /* measured seconds of each run */
    double rate;     /* of the open loop; 0: chosen after the first round */
    bool designs[DESIGNS];
    bool shapes[SHAPES];
    const char *out; /* directory */
};

/* Fills *options from the command line. On a bad option it prints why and
 * exits with status 2. */
void driver_options_parse(struct driver_options *options, int argc,
                          char **argv);

/* Event loops a server of that design has. */
unsigned driver_options_loops(const struct driver_options *options,
                              enum design design);

/* Seconds of each run before its measured ones. */
double driver_options_warmup(const struct driver_options *options);

#endif
