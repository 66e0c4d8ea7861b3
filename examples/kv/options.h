/* The command line.
 */
#ifndef EXAMPLES_KV_OPTIONS_H
#define EXAMPLES_KV_OPTIONS_H

#include <stdint.h>

#include "rove/rove.h"

#include "examples/kv/limits.h"

struct options {
    const char *listen;
    uint32_t workers;
    uint32_t connections_max;
    rove_time drain_time;
    struct limits limits;
};

/* Reads the command line; --help, and what it does not understand, end the
 * program. */
void options_read(struct options *options, int argc, char **argv);

#endif
