#include "examples/proxy/body.h"

#include <errno.h>
#include <stdio.h>

/* Called by the parser, in the task that reads: it may wait here until the
 * piece has gone, for a task can wait at any depth of its stack. */
int body_on_piece(llhttp_t *parser, const char *at, size_t size)
{
    const struct message *message = parser->data;
    if (message->framing != FRAMING_CHUNKED) {
        peer_write(message->sink, (struct text){at, size});
        return 0;
    }
    char line[24];
    int line_size = snprintf(line, sizeof line, "%zx\r\n", size);
    const struct iovec parts[] = {
        {line, (size_t)line_size},
        {(void *)(uintptr_t)at, size},
        {(void *)(uintptr_t) "\r\n", 2},
    };
    peer_write_parts(message->sink, parts, 3);
    return 0;
}

/* The end of the stream: of the body, too, when nothing else tells. */
static void end(struct message *message, struct peer *from)
{
    llhttp_finish(&message->parser);
    if (!message->is_complete) {
        from->read_error = -ENODATA;
    }
}

/* Lets the parser have what has come; it calls back for the pieces. */
static void parse(struct message *message, struct peer *from, const char *data,
                  size_t size)
{
    llhttp_t *parser = &message->parser;
    llhttp_errno_t error = llhttp_execute(parser, data, size);
    if (error == HPE_PAUSED) {
        size = (size_t)(llhttp_get_error_pos(parser) - data);
    } else if (error != HPE_OK) {
        from->read_error = -EPROTO;
        return;
    }
    peer_consume(from, size);
}

/* What was written goes before anything is waited for. */
static bool forward_some(struct message *message, struct peer *from,
                         struct peer *to)
{
    const char *data;
    if (rove_stream_buffered(from->stream, NULL) == 0 && !peer_flush(to)) {
        return false;
    }
    ssize_t count = peer_peek(from, &data);
    if (count > 0) {
        parse(message, from, data, (size_t)count);
    } else if (count == 0) {
        end(message, from);
    }
    return from->read_error == 0 && to->write_error == 0;
}

bool body_forward(struct message *message, struct peer *from, struct peer *to,
                  enum framing framing)
{
    message->sink = to;
    message->framing = framing;
    while (!message->is_complete) {
        if (!forward_some(message, from, to)) {
            return false;
        }
    }
    if (framing == FRAMING_CHUNKED) {
        peer_write(to, (struct text){"0\r\n\r\n", 5});
    }
    return to->write_error == 0;
}
