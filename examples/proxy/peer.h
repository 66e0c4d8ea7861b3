/* Who is at the other end of a connection, a client or an upstream. One task
 * reads from it and one, maybe another, writes to it. After an error of its
 * direction nothing more is read, or written: so a head is written without
 * looking, and the flush at its end tells.
 */
#ifndef EXAMPLES_PROXY_PEER_H
#define EXAMPLES_PROXY_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "rove/rove.h"

#include "examples/proxy/patience.h"
#include "examples/proxy/text.h"

struct peer {
    rove_stream *stream;
    struct patience *patience; /* renewed by all that moves; NULL: none */
    int read_error;
    int write_error;
};

/* Waits for bytes: how many there are, 0 at the end, or -errno. */
ssize_t peer_peek(struct peer *peer, const char **data);

/* Takes some of those. */
void peer_consume(struct peer *peer, size_t size);

/* Keeps bytes for writing, or writes them; what is too much waits. */
void peer_write(struct peer *peer, struct text text);
void peer_write_parts(struct peer *peer, const struct iovec *parts, int count);
void peer_print(struct peer *peer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes what is kept. False: it cannot be written any more. */
bool peer_flush(struct peer *peer);

/* The same, and tells the peer that nothing more will come. */
bool peer_shutdown(struct peer *peer);

/* Sees to it that closing its connection does not look to the peer like an end
 * of what it was sent: on TCP it is a reset. */
void peer_break(struct peer *peer);

/* It has ended its stream, or its connection. Says so though bytes of it are
 * unread. */
bool peer_has_left(const struct peer *peer);

#endif
