/* The HTTP/1.1 service: GET and HEAD of /hello, /compute and /where, with
 * keep-alive and pipelining. The parser is stopped after each request, so that
 * requests are answered in order and one at a time. A request that breaks the
 * protocol or a limit is answered by its status, and the session closes.
 */
#include <string.h>
#include <strings.h>

#include "benchmarks/compare/service/http_text.h"
#include "benchmarks/compare/service/session.h"

static int refuse(http_parser *parser, unsigned status)
{
    struct session *session = parser->data;
    session->http.refused = status;
    return -1;
}

static int on_begin(http_parser *parser)
{
    struct session *session = parser->data;
    struct http_state *http = &session->http;
    http->url_size = http->head_size = http->body_size = 0;
    http->hosts = 0;
    http->in_value = true;
    return 0;
}

static int on_url(http_parser *parser, const char *bytes, size_t size)
{
    struct session *session = parser->data;
    struct http_state *http = &session->http;
    if (http->url_size + size > HTTP_URL_MAX) {
        return refuse(parser, 414);
    }
    memcpy(http->url + http->url_size, bytes, size);
    http->url_size += size;
    http->head_size += size;
    return 0;
}

static int on_field(http_parser *parser, const char *bytes, size_t size)
{
    static const char host[] = "host";
    struct session *session = parser->data;
    struct http_state *http = &session->http;
    if (http->in_value) {
        http->in_value = false;
        http->field_at = 0;
        http->field_is_host = true;
    }
    size_t end = http->field_at + size;
    if (end >= sizeof host ||
        strncasecmp(host + http->field_at, bytes, size) != 0) {
        http->field_is_host = false;
    }
    http->field_at = end;
    http->head_size += size;
    return http->head_size > HTTP_HEAD_MAX ? refuse(parser, 431) : 0;
}

static int on_value(http_parser *parser, const char *bytes, size_t size)
{
    (void)bytes;
    struct session *session = parser->data;
    struct http_state *http = &session->http;
    if (!http->in_value) {
        http->in_value = true;
        if (http->field_is_host && http->field_at == strlen("host")) {
            http->hosts++;
        }
    }
    http->head_size += size;
    return http->head_size > HTTP_HEAD_MAX ? refuse(parser, 431) : 0;
}

static int on_head(http_parser *parser)
{
    struct session *session = parser->data;
    bool is_new = parser->http_major > 1 || parser->http_minor > 0;
    if (parser->http_major != 1) {
        return refuse(parser, 505);
    }
    if (session->http.hosts > 1 || (is_new && session->http.hosts == 0)) {
        return refuse(parser, 400);
    }
    if ((parser->flags & F_CONTENTLENGTH) != 0 &&
        parser->content_length > HTTP_BODY_MAX) {
        return refuse(parser, 413);
    }
    parser->upgrade = 0; /* no upgrade is offered */
    return 0;
}

static int on_body(http_parser *parser, const char *bytes, size_t size)
{
    (void)bytes;
    struct session *session = parser->data;
    session->http.body_size += size;
    return session->http.body_size > HTTP_BODY_MAX ? refuse(parser, 413) : 0;
}

static int on_complete(http_parser *parser)
{
    http_parser_pause(parser, 1);
    return 0;
}

static void open_http(struct session *session)
{
    http_parser_init(&session->http.parser, HTTP_REQUEST);
    session->http.parser.data = session;
}

/* What a finished request asks for: its status, and its kind if that is 200. */
static unsigned route(const struct http_state *http, enum request_kind *kind)
{
    if (http->parser.method != HTTP_GET && http->parser.method != HTTP_HEAD) {
        return 405;
    }
    return http_text_route(http->url, http->url_size, kind) ? 200 : 404;
}

static enum session_step next_request(struct session *session)
{
    static const http_parser_settings settings = {
        .on_message_begin = on_begin,
        .on_url = on_url,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_headers_complete = on_head,
        .on_body = on_body,
        .on_message_complete = on_complete,
    };
    http_parser *parser = &session->http.parser;
    if (session->in_at == session->in_end) {
        return SESSION_READ;
    }
    session->in_at +=
        http_parser_execute(parser, &settings, session->in + session->in_at,
                            session->in_end - session->in_at);
    session->kind = REQUEST_PLAIN;
    switch (HTTP_PARSER_ERRNO(parser)) {
    case HPE_OK:
        return SESSION_READ;
    case HPE_PAUSED:
        http_parser_pause(parser, 0);
        route(&session->http, &session->kind);
        return SESSION_REQUEST;
    case HPE_HEADER_OVERFLOW:
        session->http.refused = 431;
        break;
    default:
        if (session->http.refused == 0) {
            session->http.refused = 400;
        }
    }
    session_fail(session);
    return SESSION_REQUEST;
}

static void answer_request(struct session *session)
{
    struct http_state *http = &session->http;
    http_parser *parser = &http->parser;
    struct http_answer answer = {
        .status = http->refused,
        .where = session->where,
        .kind = session->kind,
    };
    if (answer.status != 0) {
        answer.connection = HTTP_CLOSE;
    } else {
        answer.status = route(http, &answer.kind);
        answer.is_head = parser->method == HTTP_HEAD;
        if (!http_should_keep_alive(parser)) {
            answer.connection = HTTP_CLOSE;
        } else if (parser->http_minor == 0) {
            answer.connection = HTTP_KEEP_ALIVE;
        }
    }
    if (answer.connection == HTTP_CLOSE) {
        session->closing = true;
    }
    char text[HTTP_TEXT_MAX];
    size_t size = http_text_write(&answer, text);
    session_append(session, text, size);
}

const struct service service_http = {
    .name = "http",
    .open = open_http,
    .next = next_request,
    .answer = answer_request,
};
