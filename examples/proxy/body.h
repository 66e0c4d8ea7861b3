/* The body of a message on its way, from the one peer to the other: no more of
 * it is kept than the streams' buffers, and who does not read makes the other
 * one wait.
 */
#ifndef EXAMPLES_PROXY_BODY_H
#define EXAMPLES_PROXY_BODY_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#include "examples/proxy/message.h"
#include "examples/proxy/peer.h"

/* Writes the body of a message, whose head was read from `from`, to `to`, up to
 * its end. What was written is flushed whenever there is something to wait for,
 * but not at the end. True: done; else the error is that of from's reading
 * (-EPROTO too: it is not in order) or of to's writing. Trailers are left out.
 */
bool body_forward(struct message *message, struct peer *from, struct peer *to,
                  enum framing framing);

/* The parser's callback for a piece. */
int body_on_piece(llhttp_t *parser, const char *at, size_t size);

#endif
