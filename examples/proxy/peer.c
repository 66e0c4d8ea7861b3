#include "examples/proxy/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

static void renew(const struct peer *peer)
{
    if (peer->patience != NULL) {
        patience_renew(peer->patience);
    }
}

ssize_t peer_peek(struct peer *peer, const char **data)
{
    if (peer->read_error != 0) {
        return peer->read_error;
    }
    ssize_t count = rove_stream_peek(peer->stream, 1, data);
    if (count < 0) {
        peer->read_error = (int)count;
    } else {
        renew(peer);
    }
    return count;
}

void peer_consume(struct peer *peer, size_t size)
{
    rove_stream_consume(peer->stream, size);
}

void peer_write_parts(struct peer *peer, const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        size += parts[i].iov_len;
    }
    if (peer->write_error != 0 || size == 0) {
        return;
    }
    ssize_t taken = rove_stream_writev(peer->stream, parts, count);
    if (taken != (ssize_t)size) {
        peer->write_error = taken < 0 ? (int)taken : -EPIPE;
    } else {
        renew(peer);
    }
}

void peer_write(struct peer *peer, struct text text)
{
    struct iovec part = {(void *)(uintptr_t)text.at, text.size};
    peer_write_parts(peer, &part, 1);
}

void peer_print(struct peer *peer, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof line) {
        peer->write_error = -EMSGSIZE;
        return;
    }
    peer_write(peer, (struct text){line, (size_t)size});
}

bool peer_flush(struct peer *peer)
{
    if (peer->write_error == 0) {
        peer->write_error = rove_stream_flush(peer->stream);
        renew(peer);
    }
    return peer->write_error == 0;
}

bool peer_shutdown(struct peer *peer)
{
    if (peer->write_error == 0) {
        peer->write_error = rove_stream_shutdown(peer->stream);
    }
    return peer->write_error == 0;
}

void peer_break(struct peer *peer)
{
    static const struct linger none = {.l_onoff = 1};
    /* Fails on what is no TCP, and on what is reset already. */
    (void)setsockopt(rove_stream_fd(peer->stream), SOL_SOCKET, SO_LINGER, &none,
                     sizeof none);
}

bool peer_has_left(const struct peer *peer)
{
    struct pollfd asked = {.fd = rove_stream_fd(peer->stream),
                           .events = POLLRDHUP};
    return poll(&asked, 1, 0) != 0;
}
