/* Heads as they are sent on.
 */
#ifndef EXAMPLES_PROXY_FORWARD_H
#define EXAMPLES_PROXY_FORWARD_H

#include <stdbool.h>

#include "examples/proxy/message.h"
#include "examples/proxy/peer.h"

/* The head of a request, for an upstream. client: its address, for
 * X-Forwarded-For. Returns how its body is sent. */
enum framing forward_request(const struct message *request, struct peer *to,
                             const char *client);

/* The head of an answer, for a client, which keeps its connection or not. */
void forward_answer(const struct message *answer, struct peer *to,
                    enum framing framing, bool is_old, bool keeps_alive);

/* The same of an answer that another one follows. */
void forward_interim(const struct message *answer, struct peer *to);

/* How the body of an answer is sent to a client. */
enum framing forward_framing(const struct message *answer, bool is_old);

#endif
