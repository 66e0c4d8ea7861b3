#include "src/io/stream.h"

#include "src/base/assert.h"
#include "src/base/mem.h"

#define SIZE_DEFAULT 16384

void rove_stream_options_init(rove_stream_options *options)
{
    *options = (rove_stream_options){.size = sizeof *options};
}

static bool are_valid(const rove_stream_options *options)
{
    return options->size == sizeof *options && options->borrowed <= 1 &&
           options->read_size <= PTRDIFF_MAX &&
           options->write_size <= PTRDIFF_MAX;
}

static size_t size_of(size_t asked)
{
    return asked != 0 ? asked : SIZE_DEFAULT;
}

static rove_stream *make_stream(const rove_stream_options *options)
{
    rove_stream_options defaults;
    if (options == NULL) {
        rove_stream_options_init(&defaults);
        options = &defaults;
    }
    rove_stream *made = are_valid(options) ? rv_mem_zalloc(sizeof *made) : NULL;
    if (made != NULL) {
        made->fd = -1;
        made->is_borrowed = options->borrowed != 0;
        made->in.size = size_of(options->read_size);
        made->out.size = size_of(options->write_size);
    }
    return made;
}

rove_stream *rove_stream_new(int fd, const rove_stream_options *options)
{
    rove_stream *made = make_stream(options);
    if (made != NULL) {
        made->fd = fd;
    }
    return made;
}

rove_stream *rove_stream_new_on(const rove_transport *transport, void *self,
                                const rove_stream_options *options)
{
    RV_CHECK(transport != NULL && transport->read != NULL &&
                 transport->write != NULL,
             "a transport reads and writes");
    rove_stream *made = make_stream(options);
    if (made != NULL) {
        made->transport = transport;
        made->self = self;
    }
    return made;
}

/* Gives everything back: what closing returned. */
static int destroy(rove_stream *stream)
{
    /* relaxed: a mark that orders nothing */
    RV_CHECK(rv_u32_load_relaxed(&stream->in.is_busy) == 0 &&
                 rv_u32_load_relaxed(&stream->out.is_busy) == 0,
             "some task still reads or writes the stream");
    int error = rv_stream_disconnect(stream);
    rv_buffer_fini(&stream->in.buffer);
    rv_buffer_fini(&stream->out.buffer);
    rv_mem_free(stream);
    return error;
}

static bool has_kept(const rove_stream *stream)
{
    const rove_transport *transport = stream->transport;
    return rv_buffer_size(&stream->out.buffer) != 0 ||
           (transport != NULL && transport->flush != NULL);
}

int rove_stream_close(rove_stream *stream)
{
    RV_CHECK(stream != NULL, "there is no stream");
    int unflushed = has_kept(stream) ? rove_stream_flush(stream) : 0;
    int error = destroy(stream);
    return unflushed != 0 ? unflushed : error;
}

void rove_stream_free(rove_stream *stream)
{
    if (stream != NULL) {
        (void)destroy(stream);
    }
}

int rove_stream_fd(const rove_stream *stream)
{
    return stream->fd;
}
