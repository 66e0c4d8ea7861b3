/* The writing side of a stream. What fits is copied to the buffer; what does
 * not is sent, from where it is, behind what is buffered.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "src/base/assert.h"
#include "src/io/stream.h"
#include "src/task/await.h"

/* The parts of one send; more are sent by the next. */
#define PARTS_MAX 16

/* The parts that are not taken yet. */
typedef struct rv_rest {
    const struct iovec *parts; /* those up to `count` left */
    int count;
    size_t offset; /* taken of the first one */
    size_t size;   /* of all, without that */
} rv_rest;

static int enter(const rove_stream *stream)
{
    /* relaxed: a mark that orders nothing */
    RV_CHECK(rv_u32_load_relaxed(&stream->out.is_busy) == 0,
             "one task at a time writes a stream");
    rv_worker *w;
    return rv_wait_enter(&w);
}

static size_t room_of(const rove_stream *stream)
{
    return stream->out.size - rv_buffer_size(&stream->out.buffer);
}

/* Room for bytes that fit; false: no memory. */
static bool reserve(rv_stream_side *out, size_t size)
{
    rv_buffer *buffer = &out->buffer;
    if (buffer->base == NULL) {
        return rv_buffer_reserve(buffer, out->size);
    }
    if (rv_buffer_room(buffer) < size) {
        rv_buffer_pack(buffer);
    }
    return true;
}

static void append(rv_buffer *buffer, const void *data, size_t size)
{
    if (size != 0) {
        memcpy(buffer->end, data, size);
        rv_buffer_fill(buffer, size);
    }
}

static size_t left_of_first(const rv_rest *rest)
{
    return rest->parts[0].iov_len - rest->offset;
}

static void advance(rv_rest *rest, size_t size)
{
    rest->size -= size;
    while (rest->count > 0 && size >= left_of_first(rest)) {
        size -= left_of_first(rest);
        rest->parts++;
        rest->count--;
        rest->offset = 0;
    }
    rest->offset += size;
}

/* Takes the rest into the buffer, where there is room; 0 or -ENOMEM. */
static int keep(rove_stream *stream, rv_rest *rest)
{
    if (rest->size == 0) {
        return 0;
    }
    if (!reserve(&stream->out, rest->size)) {
        return -ENOMEM;
    }
    for (; rest->count > 0; rest->parts++, rest->count--, rest->offset = 0) {
        append(&stream->out.buffer,
               (const char *)rest->parts[0].iov_base + rest->offset,
               left_of_first(rest));
    }
    rest->size = 0;
    return 0;
}

/* What one send is made of: what is buffered, and then the rest. */
static int gather(rove_stream *stream, const rv_rest *rest,
                  struct iovec parts[PARTS_MAX])
{
    const rv_buffer *buffer = &stream->out.buffer;
    int count = 0;
    if (rv_buffer_size(buffer) != 0) {
        parts[count++] = (struct iovec){.iov_base = buffer->begin,
                                        .iov_len = rv_buffer_size(buffer)};
    }
    size_t offset = rest->offset;
    for (int i = 0; i < rest->count && count < PARTS_MAX; i++, offset = 0) {
        if (rest->parts[i].iov_len != offset) {
            parts[count++] = (struct iovec){
                .iov_base = (char *)rest->parts[i].iov_base + offset,
                .iov_len = rest->parts[i].iov_len - offset};
        }
    }
    return count;
}

/* Sends once; 0 or -errno. */
static int send_some(rove_stream *stream, rv_rest *rest)
{
    struct iovec parts[PARTS_MAX];
    rv_buffer *buffer = &stream->out.buffer;
    ssize_t sent = rv_stream_send(stream, parts, gather(stream, rest, parts));
    if (sent < 0) {
        return (int)sent;
    }
    size_t kept = rv_buffer_size(buffer);
    size_t of_kept = (size_t)sent < kept ? (size_t)sent : kept;
    if (of_kept != 0) {
        rv_buffer_consume(buffer, of_kept);
        rv_buffer_rest(buffer);
    }
    advance(rest, (size_t)sent - of_kept);
    return 0;
}

static ssize_t write_rest(rove_stream *stream, rv_rest *rest)
{
    size_t size = rest->size;
    int error = enter(stream);
    while (error == 0 && rest->size > room_of(stream)) {
        error = send_some(stream, rest);
    }
    if (error == 0) {
        error = keep(stream, rest);
    }
    size_t taken = size - rest->size;
    return taken != 0 || error == 0 ? (ssize_t)taken : error;
}

ssize_t rove_stream_write(rove_stream *stream, const void *data, size_t size)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    rv_rest rest = {.parts = &part, .count = 1, .size = size};
    return write_rest(stream, &rest);
}

ssize_t rove_stream_writev(rove_stream *stream, const struct iovec *parts,
                           int count)
{
    if (count < 0) {
        return -EINVAL;
    }
    rv_rest rest = {.parts = parts, .count = count};
    for (int i = 0; i < count; i++) {
        rest.size += parts[i].iov_len;
    }
    return write_rest(stream, &rest);
}

int rove_stream_flush(rove_stream *stream)
{
    rv_rest nothing = {0};
    int error = enter(stream);
    while (error == 0 && rv_buffer_size(&stream->out.buffer) != 0) {
        error = send_some(stream, &nothing);
    }
    return error == 0 ? rv_stream_settle(stream) : error;
}

size_t rove_stream_unwritten(const rove_stream *stream)
{
    return rv_buffer_size(&stream->out.buffer);
}

int rove_stream_shutdown(rove_stream *stream)
{
    int error = rove_stream_flush(stream);
    return error == 0 ? rv_stream_half_close(stream) : error;
}
