/* What an HTTP session remembers of the request it is parsing. */
#ifndef BENCHMARKS_COMPARE_SERVICE_HTTP_STATE_H
#define BENCHMARKS_COMPARE_SERVICE_HTTP_STATE_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_URL_MAX 1024
#define HTTP_HEAD_MAX                                                          \
    8192 /* request line and headers, as the parser sees them */
#define HTTP_BODY_MAX 65536

struct http_state {
    http_parser parser;
    unsigned refused; /* status of the error that ends the session; 0: none */
    size_t url_size, head_size, body_size;
    size_t field_at;    /* bytes of the current header name seen */
    bool in_value;      /* the last header bytes belonged to a value */
    bool field_is_host; /* what was seen of the name matches "host" */
    unsigned hosts;     /* Host headers seen */
    char url[HTTP_URL_MAX];
};

#endif
