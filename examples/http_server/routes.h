/* What is answered to a request.
 */
#ifndef EXAMPLES_HTTP_SERVER_ROUTES_H
#define EXAMPLES_HTTP_SERVER_ROUTES_H

#include "examples/http_server/client.h"

/* Answers the request of the client: its head was parsed, and is still in the
 * stream; its body was not read. */
void routes_answer(struct client *client);

#endif
