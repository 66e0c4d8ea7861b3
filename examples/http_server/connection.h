/* One connection, from its first request to its last.
 *
 * One that is asked for nothing keeps its stack for a little while only, the
 * rest time: a busy one finds its next request in it. Then it rests, as
 * rove/server.h has it: what is left is a session, of a few words.
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

/* The handler of the server, called again after each rest. arg: the
 * service. */
int64_t connection_serve(rove_connection *connection, void *arg);

#endif
