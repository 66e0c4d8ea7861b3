/* The body of an HTTP connection, with keep-alive and pipelining.
 */
#include <http_parser.h>
#include <stdbool.h>
#include <string.h>

#include "benchmarks/peers/rove/serve.h"

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 13\r\n\r\n"
                             "Hello, world\n";

struct session {
    int fd;
    bool is_over;
    size_t size; /* of the answers not yet written */
    char answers[4096];
};

static void flush(struct session *session)
{
    ssize_t size = (ssize_t)session->size;
    session->size = 0;
    if (rove_write_all(session->fd, session->answers, (size_t)size, NULL) !=
        size) {
        session->is_over = true;
    }
}

static int on_request(http_parser *parser)
{
    struct session *session = parser->data;
    size_t size = sizeof answer - 1;
    if (session->size + size > sizeof session->answers) {
        flush(session);
    }
    memcpy(session->answers + session->size, answer, size);
    session->size += size;
    session->is_over |= !http_should_keep_alive(parser);
    return session->is_over; /* not 0: parse no further */
}

int64_t serve_http(void *arg)
{
    static const http_parser_settings settings = {
        .on_message_complete = on_request,
    };
    struct session session;
    session.fd = (int)(intptr_t)arg;
    session.is_over = false;
    session.size = 0;
    http_parser parser;
    char bytes[4096];
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &session;
    while (!session.is_over) {
        ssize_t size = rove_read(session.fd, bytes, sizeof bytes);
        if (size <= 0) {
            break;
        }
        http_parser_execute(&parser, &settings, bytes, (size_t)size);
        session.is_over |= HTTP_PARSER_ERRNO(&parser) != HPE_OK;
        if (session.size > 0) {
            flush(&session);
        }
    }
    return rove_close(session.fd);
}
