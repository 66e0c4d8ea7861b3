/* The command line.
 */
#ifndef EXAMPLES_PROXY_OPTIONS_H
#define EXAMPLES_PROXY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/rove.h"

#include "examples/service/option.h"

struct options {
    const char *listen;
    struct option_list upstreams;
    const char *mode;
    bool is_http; /* what the mode says */
    uint32_t workers;
    uint32_t connections_max;
    uint32_t pool_max; /* idle connections to one upstream */
    rove_time connect_time;
    rove_time timeout;
    rove_time idle_time;
    rove_time rest_time;
    rove_time drain_time;
};

/* Reads the command line; --help, and what it does not understand, end the
 * program. */
void options_read(struct options *options, int argc, char **argv);

#endif
