/* One request, and its answer by an upstream.
 */
#ifndef EXAMPLES_PROXY_EXCHANGE_H
#define EXAMPLES_PROXY_EXCHANGE_H

#include <stdbool.h>

#include "examples/proxy/message.h"
#include "examples/proxy/peer.h"
#include "examples/proxy/proxy.h"

/* Who asks. */
struct client {
    struct peer peer;
    const rove_connection *connection;
    char address[ROVE_ADDRESS_TEXT]; /* without a port */
    bool is_cut; /* its answer, and only a reset would tell */
};

/* Has a request answered, whose head has been read: sends it on with its body,
 * and the answer back. True: the client may ask again; false: its connection is
 * to be closed.
 *
 * Bodies go both ways at once, as far as they come. While nothing moves either
 * way for the timeout it ends, and as soon as the client leaves (watch.h). A
 * request whose link was a used one, and is gone without an answer, is asked
 * once more on a fresh one, if asking twice is as good as asking once. */
bool exchange(struct proxy *proxy, struct client *client,
              struct message *request);

#endif
