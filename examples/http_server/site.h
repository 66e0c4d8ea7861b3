/* What is served, and within which limits. Fixed before the first connection.
 */
#ifndef EXAMPLES_HTTP_SERVER_SITE_H
#define EXAMPLES_HTTP_SERVER_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "rove/base.h"

struct limits {
    size_t line_max;       /* of the request line */
    size_t head_max;       /* of the head, with that line */
    uint32_t fields_max;   /* of header fields in it */
    size_t body_max;       /* of the body, decoded */
    uint32_t requests_max; /* on one connection */
    rove_time head_time;   /* from the first byte of a head to its last */
    rove_time body_time;   /* for a body to come */
    rove_time idle_time;   /* between two requests */
    rove_time rest_time;   /* of these: with its stack */
    rove_time write_time;  /* for a client to take what it is sent */
    rove_time linger_time; /* for it to close after the last answer */
};

struct site {
    struct limits limits;
    int root; /* of the files, a directory; -1: there are none */
};

void limits_init(struct limits *limits);

#endif
