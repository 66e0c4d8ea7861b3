/* The command line.
 */
#ifndef EXAMPLES_HTTP_SERVER_OPTIONS_H
#define EXAMPLES_HTTP_SERVER_OPTIONS_H

#include <stdint.h>

#include "examples/http_server/site.h"

struct options {
    const char *listen;
    const char *root; /* NULL: no files */
    const char *tls_cert;
    const char *tls_key;
    uint32_t workers;
    uint32_t connections_max;
    rove_time drain_time;
    struct limits limits;
};

/* Reads the command line; --help, and what it does not understand, end the
 * program. */
void options_read(struct options *options, int argc, char **argv);

#endif
