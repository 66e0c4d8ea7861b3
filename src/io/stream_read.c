/* The reading side of a stream. Each call looks at the buffer first; what it
 * then gets from below comes through the buffer, unless a caller has as much
 * room itself.
 */
#include <errno.h>
#include <string.h>

#include "src/base/assert.h"
#include "src/io/stream.h"
#include "src/task/await.h"

static int enter(void)
{
    rv_worker *w;
    return rv_wait_enter(&w);
}

/* What is buffered, as far as it is asked for. */
static size_t take(rove_stream *stream, void *data, size_t size)
{
    rv_buffer *buffer = &stream->in.buffer;
    size_t there = rv_buffer_size(buffer);
    size_t taken = there < size ? there : size;
    if (taken != 0) {
        memcpy(data, buffer->begin, taken);
        rv_buffer_consume(buffer, taken);
    }
    return taken;
}

/* Nothing is buffered, and size >= 1. */
static ssize_t read_more(rove_stream *stream, void *data, size_t size)
{
    if (size >= stream->in.size) {
        return rv_stream_receive(stream, data, size);
    }
    ssize_t count = rv_stream_fill(stream, 1);
    return count > 0 ? (ssize_t)take(stream, data, size) : count;
}

ssize_t rove_stream_read(rove_stream *stream, void *buffer, size_t size)
{
    int error = enter();
    if (error != 0 || size == 0) {
        return error;
    }
    size_t taken = take(stream, buffer, size);
    return taken != 0 ? (ssize_t)taken : read_more(stream, buffer, size);
}

ssize_t rove_stream_read_exact(rove_stream *stream, void *buffer, size_t size,
                               size_t *moved)
{
    ssize_t count = enter();
    size_t done = count == 0 ? take(stream, buffer, size) : 0;
    while (count >= 0 && done < size) {
        count = read_more(stream, (char *)buffer + done, size - done);
        if (count <= 0) {
            break;
        }
        done += (size_t)count;
    }
    if (moved != NULL) {
        *moved = done;
    }
    if (count < 0 && count != -ECANCELED && done > 0) {
        stream->in.error = (int)count;
    }
    return done > 0 || count >= 0 ? (ssize_t)done : count;
}

/* Behind the first delimiter in the first `size` bytes of the buffer; 0: there
 * is none. `from`: none begins before. */
static size_t find(const rv_buffer *buffer, size_t from, size_t size,
                   const void *delimiter, size_t delimiter_size)
{
    const char *front = buffer->begin;
    if (from >= size) {
        return 0;
    }
    const char *found =
        memmem(front + from, size - from, delimiter, delimiter_size);
    return found != NULL ? (size_t)(found - front) + delimiter_size : 0;
}

ssize_t rove_stream_read_until(rove_stream *stream, const void *delimiter,
                               size_t delimiter_size, size_t limit,
                               const char **data)
{
    RV_CHECK(delimiter_size != 0, "the delimiter is empty");
    rv_buffer *buffer = &stream->in.buffer;
    size_t from = 0;
    ssize_t count = enter();
    while (count >= 0) {
        size_t there = rv_buffer_size(buffer);
        size_t seen = there < limit ? there : limit;
        size_t size = find(buffer, from, seen, delimiter, delimiter_size);
        if (size != 0) {
            *data = buffer->begin;
            rv_buffer_consume(buffer, size);
            return (ssize_t)size;
        }
        if (there >= limit) {
            return -EMSGSIZE;
        }
        from = seen >= delimiter_size ? seen - delimiter_size + 1 : 0;
        count = rv_stream_fill(stream, 1);
        if (count == 0) {
            return there != 0 ? -ENODATA : 0;
        }
    }
    return count;
}

ssize_t rove_stream_peek(rove_stream *stream, size_t size, const char **data)
{
    RV_CHECK(size != 0, "nothing is to be peeked for");
    const rv_buffer *buffer = &stream->in.buffer;
    ssize_t count = enter();
    if (count != 0) {
        return count;
    }
    size_t there;
    while ((there = rv_buffer_size(buffer)) < size) {
        count = rv_stream_fill(stream, size - there);
        if (count < 0) {
            return count;
        }
        if (count == 0) {
            break;
        }
    }
    *data = buffer->begin;
    return (ssize_t)there;
}

void rove_stream_consume(rove_stream *stream, size_t size)
{
    rv_buffer *buffer = &stream->in.buffer;
    RV_CHECK(size <= rv_buffer_size(buffer),
             "more is consumed than was peeked at");
    rv_buffer_consume(buffer, size);
}

size_t rove_stream_buffered(const rove_stream *stream, const char **data)
{
    const rv_buffer *buffer = &stream->in.buffer;
    if (data != NULL) {
        *data = buffer->begin;
    }
    return rv_buffer_size(buffer);
}
