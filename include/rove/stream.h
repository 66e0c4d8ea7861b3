/* Streams: buffered reading and writing of a connection, a pipe, or of
 * whatever a transport of the user's own carries (TLS).
 *
 *     rove_stream *stream = rove_stream_new(fd, NULL);
 *     const char *line;
 *     ssize_t size;
 *     while ((size = rove_stream_read_until(stream, "\n", 1, 4096, &line)) > 0
 *            && rove_stream_write(stream, line, (size_t)size) == size) {
 *         if (rove_stream_buffered(stream, NULL) == 0 &&
 *             rove_stream_flush(stream) != 0) {
 *             break;
 *         }
 *     }
 *     rove_stream_close(stream);
 *
 * So requests that came together are answered together: one system call reads
 * them, one writes the answers.
 *
 * One task at a time reads a stream, and one at a time writes it; these may be
 * two, which run concurrently. The calls of this header under "Reading" belong
 * to the one, those under "Writing" to the other; new, close and free to
 * nobody else meanwhile. More at a time is misuse.
 *
 * Deadlines are those of scopes. A call that is cancelled, or fails, loses no
 * byte: what was read and not returned is there for the next call, and what was
 * taken for writing stays in order until it is written.
 *
 * A stream that waits for bytes and has none, or has none to write, holds no
 * buffer: an idle connection costs the handle, of 120 bytes.
 *
 * Context of all calls: any thread.
 */
#ifndef ROVE_STREAM_H
#define ROVE_STREAM_H

#include <sys/types.h>
#include <sys/uio.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_stream rove_stream;

typedef struct rove_stream_options {
    uint32_t size;     /* sizeof; by rove_stream_options_init */
    uint32_t borrowed; /* 1: fd, or transport, is not closed with the stream */
    size_t read_size;  /* bytes asked for at once; 0: 16 KiB. The buffer is this
                          large, or larger while a call needs more */
    size_t write_size; /* most bytes that are kept for writing, the high-water
                          mark; 0: 16 KiB */
} rove_stream_options;

/* Sets every field to its default. */
ROVE_API void rove_stream_options_init(rove_stream_options *options);

/* A stream on fd, which it owns unless options (NULL: the defaults) say
 * otherwise. NULL: no memory, or a bad option; fd is the caller's then. Never
 * suspends. */
ROVE_API ROVE_MUST_CHECK rove_stream *
rove_stream_new(int fd, const rove_stream_options *options);

/* What a stream of another kind reads from and writes to. One task at a time is
 * inside read, and one at a time inside write or flush, concurrently with it.
 * Each call may suspend; one that is cancelled has had no effect.
 *
 * read      moves 1 to size bytes into buffer: their count, 0 at the end,
 *           -EAGAIN: nothing now, or -errno
 * write     takes some of the bytes of the parts, in order, at least one: their
 *           count, -EAGAIN, or -errno. What was not taken need not come again
 * wait      after -EAGAIN: returns 0 when read (event is POLLIN) or write
 *           (POLLOUT) is to be called again, or -errno. NULL when neither
 *           returns -EAGAIN. With it an idle stream holds no buffer
 * flush     sends what write has taken and kept: 0 or -errno. May be NULL
 * shutdown  tells the peer that nothing more will be written: 0 or -errno.
 *           NULL: -EOPNOTSUPP
 * close     ends it all and gives self back; not stopped by cancellation. 0 or
 *           -errno. May be NULL */
typedef struct rove_transport {
    ssize_t (*read)(void *self, void *buffer, size_t size);
    ssize_t (*write)(void *self, const struct iovec *parts, int count);
    int (*wait)(void *self, int event);
    int (*flush)(void *self);
    int (*shutdown)(void *self);
    int (*close)(void *self);
} rove_transport;

/* A stream on a transport, which is kept, not copied. As rove_stream_new(). */
ROVE_API ROVE_MUST_CHECK rove_stream *
rove_stream_new_on(const rove_transport *transport, void *self,
                   const rove_stream_options *options);

/* Flushes, as far as scopes allow, closes what the stream owns, and frees it,
 * in any case. 0; what rove_stream_flush() returned, and then bytes are lost;
 * or what closing did. */
ROVE_API ROVE_SUSPENDS int rove_stream_close(rove_stream *stream);

/* The same without flushing: what is kept for writing is dropped. May suspend
 * as rove_close(); NULL is ignored. */
ROVE_API ROVE_SUSPENDS void rove_stream_free(rove_stream *stream);

/* The descriptor; -1: the stream is on a transport. For calls beside the
 * stream: flush before writing, and mind what is buffered before reading. */
ROVE_API int rove_stream_fd(const rove_stream *stream);

/* Reading. Besides what each says, these return -ECANCELED, -ENOMEM, or what
 * the descriptor or the transport returned; then nothing was moved. A pointer
 * into the buffer is good until the next of the calls that may suspend. */

/* Reads what there is, at most size bytes: a count, 0 at the end of the stream.
 * Waits only when there is nothing. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_stream_read(rove_stream *stream, void *buffer, size_t size);

/* Reads all of size bytes. Returns how many were moved: size, or fewer (0 too)
 * when the end of the stream, an error or a cancellation came first. An error
 * is returned only when nothing was moved; the next call reports one that cut
 * the bytes short. *moved (may be NULL) is always the number of bytes moved. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_stream_read_exact(
    rove_stream *stream, void *buffer, size_t size, size_t *moved);

/* Reads up to and including the first delimiter, of delimiter_size bytes (at
 * least 1). *data points to what was read, in the buffer. Returns its size; 0
 * at the end of the stream; -ENODATA when the stream ends behind some bytes
 * that are no delimiter; -EMSGSIZE when the first limit bytes contain none. In
 * these cases nothing is taken: the bytes are there to be looked at, or read
 * otherwise. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_stream_read_until(rove_stream *stream, const void *delimiter,
                       size_t delimiter_size, size_t limit, const char **data);

/* Waits until size bytes (at least 1) are in the buffer, and takes none. *data
 * points to them. Returns how many there are: size or more, or fewer (0 too) at
 * the end of the stream. So peeking for one byte waits for any, and peeking for
 * one more than there are waits for more. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_stream_peek(rove_stream *stream, size_t size, const char **data);

/* Takes size bytes, of those that are in the buffer; more is misuse. Never
 * suspends, and moves nothing. */
ROVE_API void rove_stream_consume(rove_stream *stream, size_t size);

/* How many bytes are in the buffer. *data (data may be NULL) points to them.
 * Never suspends. */
ROVE_API size_t rove_stream_buffered(const rove_stream *stream,
                                     const char **data);

/* Writing. Bytes are kept until write_size of them have come, and are then
 * written together; or until they are flushed. A peer that does not read makes
 * the writer wait: no more than write_size bytes are kept.
 *
 * -EPIPE when the peer has gone, -ECONNRESET and others as write(2); the bytes
 * kept stay, and are tried again. */

/* Takes all of size bytes: copies them when there is room, or writes what is
 * kept and them. Returns how many were taken: size, or fewer when an error or a
 * cancellation came first; an error only when none was. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_stream_write(rove_stream *stream, const void *data, size_t size);

/* The same with several blocks, in order. What does not fit into the buffer is
 * written from where it is, without copying, and together with what is kept.
 * -EINVAL when count is negative. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_stream_writev(rove_stream *stream, const struct iovec *parts, int count);

/* Writes all that is kept, and waits for it. 0, or -errno: the rest is kept. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_stream_flush(rove_stream *stream);

/* How many bytes are kept. Never suspends. */
ROVE_API size_t rove_stream_unwritten(const rove_stream *stream);

/* Half-close: flushes, and then tells the peer that no more will come; reading
 * goes on. 0 or -errno, as flush and shutdown(2). */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_stream_shutdown(rove_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
