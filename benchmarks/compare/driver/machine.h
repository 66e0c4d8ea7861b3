/* Where and when the figures were taken. */
#ifndef BENCHMARKS_COMPARE_DRIVER_MACHINE_H
#define BENCHMARKS_COMPARE_DRIVER_MACHINE_H

#include <stdbool.h>

#ifdef NDEBUG
#define MACHINE_BUILD "release"
#else
#define MACHINE_BUILD "debug"
#endif
#ifdef __clang__
#define MACHINE_COMPILER __VERSION__
#else
#define MACHINE_COMPILER "gcc " __VERSION__
#endif

#define MACHINE_WARNING "other work is running: figures are noisy"

struct machine {
    char date[40]; /* ISO 8601 */
    char host[65];
    char kernel[130];
    char cpu[128]; /* its model's name */
    unsigned cpus;
    double mhz;
    bool is_scaling; /* the governor may change the clock rate */
    double load[3];
    const char *build; /* "release" or "debug" */
    const char *compiler;
};

void machine_look(struct machine *machine);

/* True when the load average says that other work ran while it was looked at,
 * or just before: over 0.5 for each CPU. */
bool machine_is_busy(const struct machine *machine);

#endif
