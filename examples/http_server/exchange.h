/* One request and its answer.
 */
#ifndef EXAMPLES_HTTP_SERVER_EXCHANGE_H
#define EXAMPLES_HTTP_SERVER_EXCHANGE_H

#include <stdbool.h>

#include "examples/http_server/client.h"

/* Reads a request, of which some bytes have come, and answers it; the answer is
 * kept, not written. False: it was the last one. */
bool exchange(struct client *client);

#endif
