/* The HTTP mode: a client's connection, from its first request to its last. One
 * that is asked for nothing gives its stack back after the rest time.
 */
#ifndef EXAMPLES_PROXY_HTTP_H
#define EXAMPLES_PROXY_HTTP_H

#include "rove/rove.h"

/* The handler of the server. arg: the proxy. */
int64_t http_serve(rove_connection *connection, void *arg);

#endif
