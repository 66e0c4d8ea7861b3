/* The command line, and the list of URLs it leads to.
 */
#ifndef EXAMPLES_FETCH_OPTIONS_H
#define EXAMPLES_FETCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rove/rove.h"

struct options {
    uint32_t concurrency;
    uint32_t retries;
    rove_time timeout;  /* of one attempt */
    const char *output; /* NULL: pages are not kept */
    bool fail_fast;
    char **urls;
    size_t count;
};

/* Reads the command line, and standard input where it says "-". --help, and
 * what it does not understand, end the program. */
void options_read(struct options *options, int argc, char **argv);

/* Gives the URLs back. */
void options_free(struct options *options);

#endif
