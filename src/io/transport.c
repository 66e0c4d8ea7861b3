/* What a stream is on: a descriptor, or a transport. A wait for a descriptor's
 * bytes is one call of call.h, with the buffer had between waits only; that is
 * what the plain calls of rove/io.h cannot do.
 */
#include <errno.h>
#include <poll.h>

#include "rove/io.h"

#include "src/base/assert.h"
#include "src/io/read.h"
#include "src/io/stream.h"

/* What is asked of a descriptor: bytes for the buffer, or for data. */
typedef struct rv_receipt {
    rove_stream *stream;
    void *data; /* NULL: the buffer */
    size_t size;
} rv_receipt;

/* Relaxed, both: the mark orders nothing. */
static void enter(rv_stream_side *side)
{
    RV_CHECK(rv_u32_load_relaxed(&side->is_busy) == 0,
             "one task at a time reads a stream, and one writes it");
    rv_u32_store_relaxed(&side->is_busy, 1);
}

static void leave(rv_stream_side *side)
{
    rv_u32_store_relaxed(&side->is_busy, 0); /* as above */
}

/* Where to read to, while there is something to read; NULL: no memory. */
static void *place_of(const rv_receipt *r)
{
    rv_buffer *buffer = &r->stream->in.buffer;
    if (r->data != NULL) {
        return r->data;
    }
    return rv_buffer_reserve(buffer, r->size) ? buffer->end : NULL;
}

static void rest(void *args)
{
    const rv_receipt *r = args;
    rv_buffer_rest(&r->stream->in.buffer);
}

static ssize_t do_receive(rv_io_call *call, void *args)
{
    const rv_receipt *r = args;
    void *place = place_of(r);
    return place != NULL ? rv_read_try(call, place, r->size) : -ENOMEM;
}

static ssize_t read_transport(rv_receipt *r)
{
    const rove_transport *transport = r->stream->transport;
    for (;;) {
        void *place = place_of(r);
        ssize_t count = -ENOMEM;
        if (place != NULL) {
            count = transport->read(r->stream->self, place, r->size);
        }
        if (count != -EAGAIN) {
            return count;
        }
        rest(r);
        int error = transport->wait(r->stream->self, POLLIN);
        if (error != 0) {
            return error;
        }
    }
}

static ssize_t receive(rv_receipt *r)
{
    rove_stream *stream = r->stream;
    if (stream->in.error != 0) {
        int error = stream->in.error;
        stream->in.error = 0;
        return error;
    }
    enter(&stream->in);
    ssize_t count = stream->transport != NULL
                        ? read_transport(r)
                        : rv_io_run_resting(stream->fd, RV_SIDE_READ,
                                            do_receive, rest, r, r->size);
    leave(&stream->in);
    return count;
}

ssize_t rv_stream_receive(rove_stream *stream, void *data, size_t size)
{
    rv_receipt r = {.stream = stream, .data = data, .size = size};
    return receive(&r);
}

/* An empty buffer begins anew in the size it should have. */
ssize_t rv_stream_fill(rove_stream *stream, size_t least)
{
    rv_stream_side *in = &stream->in;
    size_t size = least > in->size ? least : in->size;
    if (rv_buffer_size(&in->buffer) != 0) {
        if (!rv_buffer_reserve(&in->buffer, least)) {
            return -ENOMEM;
        }
        size = rv_buffer_room(&in->buffer);
    } else if (rv_buffer_capacity(&in->buffer) != size) {
        rv_buffer_rest(&in->buffer);
    }
    rv_receipt r = {.stream = stream, .size = size};
    ssize_t count = receive(&r);
    if (count > 0) {
        rv_buffer_fill(&in->buffer, (size_t)count);
    }
    return count;
}

static ssize_t write_transport(const rove_stream *stream,
                               const struct iovec *parts, int count)
{
    const rove_transport *transport = stream->transport;
    ssize_t sent;
    do {
        sent = transport->write(stream->self, parts, count);
    } while (sent == -EAGAIN &&
             (sent = transport->wait(stream->self, POLLOUT)) == 0);
    return sent;
}

static ssize_t write_fd(int fd, const struct iovec *parts, int count)
{
    return count == 1 ? rove_write(fd, parts[0].iov_base, parts[0].iov_len)
                      : rove_writev(fd, parts, count);
}

ssize_t rv_stream_send(rove_stream *stream, const struct iovec *parts,
                       int count)
{
    enter(&stream->out);
    ssize_t sent = stream->transport != NULL
                       ? write_transport(stream, parts, count)
                       : write_fd(stream->fd, parts, count);
    leave(&stream->out);
    return sent;
}

int rv_stream_settle(rove_stream *stream)
{
    const rove_transport *transport = stream->transport;
    if (transport == NULL || transport->flush == NULL) {
        return 0;
    }
    enter(&stream->out);
    int error = transport->flush(stream->self);
    leave(&stream->out);
    return error;
}

int rv_stream_half_close(rove_stream *stream)
{
    const rove_transport *transport = stream->transport;
    if (transport == NULL) {
        return rove_shutdown(stream->fd, SHUT_WR);
    }
    if (transport->shutdown == NULL) {
        return -EOPNOTSUPP;
    }
    enter(&stream->out);
    int error = transport->shutdown(stream->self);
    leave(&stream->out);
    return error;
}

int rv_stream_disconnect(rove_stream *stream)
{
    const rove_transport *transport = stream->transport;
    if (stream->is_borrowed) {
        return 0;
    }
    if (transport == NULL) {
        return rove_close(stream->fd);
    }
    return transport->close != NULL ? transport->close(stream->self) : 0;
}
