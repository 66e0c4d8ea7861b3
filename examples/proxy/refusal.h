/* Answers of the proxy's own, when there is no other.
 */
#ifndef EXAMPLES_PROXY_REFUSAL_H
#define EXAMPLES_PROXY_REFUSAL_H

#include <stdbool.h>

#include "examples/proxy/peer.h"

/* Writes an answer with a status that says what is wrong. False: it cannot be
 * written. */
bool refusal_write(struct peer *client, int status, bool is_head,
                   bool keeps_alive);

#endif
