/* One connection, from its first request to its last.
 */
#ifndef EXAMPLES_HTTP_SERVER_CONNECTION_H
#define EXAMPLES_HTTP_SERVER_CONNECTION_H

#include <openssl/ssl.h>

#include "rove/rove.h"

#include "examples/http_server/site.h"

struct service {
    struct site site;
    SSL_CTX *tls; /* NULL: without */
};

/* The handler of the server. arg: the service. */
int64_t connection_serve(rove_connection *connection, void *arg);

#endif
