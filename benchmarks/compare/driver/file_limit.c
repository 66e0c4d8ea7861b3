#include "benchmarks/compare/driver/file_limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

/* Standard streams, listeners, epolls, events, timers; connections that were
 * given up but are not closed yet. */
#define SPARE        32
#define SPARE_WORKER 8

/* What is open beside the connections that --connections counts. */
static uint64_t count_others(const struct driver_options *options)
{
    uint64_t computing =
        options->shapes[SHAPE_MIXED] ? UINT64_C(2) * options->workers : 0;
    return SPARE + (uint64_t)SPARE_WORKER * options->workers + computing;
}

uint64_t file_limit_needed(const struct driver_options *options)
{
    return count_others(options) + options->connections;
}

unsigned file_limit_connections(const struct driver_options *options,
                                uint64_t files)
{
    uint64_t others = count_others(options);
    uint64_t most = files > others ? files - others : 0;
    return most < CONNECTIONS_MAX ? (unsigned)most : CONNECTIONS_MAX;
}

bool file_limit_check(const struct driver_options *options)
{
    struct rlimit limit;
    uint64_t needed = file_limit_needed(options);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max >= needed) {
        return true;
    }
    fprintf(stderr,
            "compare: --connections %u needs %" PRIu64
            " open files in the server and in the generator, and the hard "
            "limit (RLIMIT_NOFILE) is %" PRIu64 "\n",
            options->connections, needed, (uint64_t)limit.rlim_max);
    unsigned most = file_limit_connections(options, limit.rlim_max);
    if (most > 0) {
        fprintf(stderr,
                "Raise it ('ulimit -n %" PRIu64
                "' as root) or try '--connections %u'.\n",
                needed, most);
    } else {
        fprintf(stderr, "Raise it ('ulimit -n %" PRIu64 "' as root).\n",
                needed);
    }
    return false;
}
