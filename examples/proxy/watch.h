/* Whether a client is still there, while an upstream is awaited and nobody
 * reads from the client. To end the stream is to leave: whether only half of a
 * connection was closed cannot be seen.
 *
 * A client that has sent more meanwhile, its next request, is there, and is not
 * watched any further.
 */
#ifndef EXAMPLES_PROXY_WATCH_H
#define EXAMPLES_PROXY_WATCH_H

#include <stdint.h>

#include "rove/rove.h"

#include "examples/proxy/peer.h"

/* Adds a child to a group, which watches, and owns no stack meanwhile. When the
 * peer leaves it fails with -EPIPE, and that cancels the group. Without memory
 * nobody watches. */
void watch_begin(rove_group *group, struct peer *peer);

/* Watches in the calling task: -EPIPE: the peer has left; else 0. */
int64_t watch(struct peer *peer);

#endif
