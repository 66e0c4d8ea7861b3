/* The texts of the HTTP service: its answers, byte for byte, and its paths.
 * The server writes them; the load generator expects them. */
#ifndef BENCHMARKS_COMPARE_SERVICE_HTTP_TEXT_H
#define BENCHMARKS_COMPARE_SERVICE_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "benchmarks/compare/service/request.h"

#define HTTP_TEXT_MAX 512

/* What an answer says of the connection. */
enum http_connection { HTTP_UNSAID, HTTP_CLOSE, HTTP_KEEP_ALIVE };

struct http_answer {
    unsigned status; /* 200, or an error */
    enum request_kind kind;
    unsigned where; /* of a REQUEST_WHERE's answer; below 10,000 */
    bool is_head;
    enum http_connection connection;
};

/* Writes at most HTTP_TEXT_MAX bytes; returns how many. */
size_t http_text_write(const struct http_answer *answer, char *text);

/* The index in the body of a REQUEST_WHERE's answer of that size. */
unsigned http_text_where(const char *text, size_t size);

/* The path of a kind, as "/hello". */
const char *http_text_path(enum request_kind kind);

/* True when the request target names one of the paths. Its query is ignored,
 * and so are scheme and host of an absolute target. */
bool http_text_route(const char *url, size_t size, enum request_kind *kind);

#endif
