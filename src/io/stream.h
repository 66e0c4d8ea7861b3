/* The inside of a stream: two buffers, and the steps between them and what the
 * stream is on.
 *
 * The reader's fields and the writer's are apart: the two may run at the same
 * time. Each has a mark that says a task is inside; a second one is misuse. It
 * orders nothing, and need not find every misuse.
 *
 * The buffer for reading goes while the stream waits and it is empty, that for
 * writing as soon as it is empty.
 */
#ifndef SRC_IO_STREAM_H
#define SRC_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "rove/stream.h"

#include "src/base/atomic.h"
#include "src/io/buffer.h"

typedef struct rv_stream_side {
    rv_buffer buffer;
    size_t size; /* fixed: of the buffer; writing: the most there is */
    int error;   /* reading: for the next call; 0: none */
    rv_atomic_u32 is_busy; /* some call of this side waits */
} rv_stream_side;

struct rove_stream {
    const rove_transport *transport; /* fixed, as the next three; NULL: fd */
    void *self;                      /* the transport's */
    int fd;
    bool is_borrowed;
    rv_stream_side in;
    rv_stream_side out;
};

/* Of the reader: more bytes at the back of the empty or partly consumed buffer,
 * room for at least `least` of them. Their count, 0 at the end, or -errno. */
ssize_t rv_stream_fill(rove_stream *stream, size_t least);

/* Of the reader, whose buffer is empty: reads to the caller's memory. */
ssize_t rv_stream_receive(rove_stream *stream, void *data, size_t size);

/* Of the writer: sends some bytes of the parts, at least one. */
ssize_t rv_stream_send(rove_stream *stream, const struct iovec *parts,
                       int count);

/* The end of the two sides: as their functions in rove_transport. */
int rv_stream_settle(rove_stream *stream);
int rv_stream_half_close(rove_stream *stream);
int rv_stream_disconnect(rove_stream *stream);

#endif
