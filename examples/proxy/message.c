#include "examples/proxy/message.h"

#include <errno.h>
#include <string.h>

#include "examples/proxy/body.h"

static struct message *message_of(const llhttp_t *parser)
{
    return parser->data;
}

static int stop(struct message *message, int fault)
{
    message->fault = fault;
    return -1;
}

static int on_target(llhttp_t *parser, const char *at, size_t size)
{
    text_extend(&message_of(parser)->target, at, size);
    return 0;
}

static int on_reason(llhttp_t *parser, const char *at, size_t size)
{
    text_extend(&message_of(parser)->reason, at, size);
    return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t size)
{
    struct message *message = message_of(parser);
    if (message->count == MESSAGE_FIELDS_MAX) {
        return stop(message, -EMSGSIZE);
    }
    text_extend(&message->fields[message->count].name, at, size);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t size)
{
    struct message *message = message_of(parser);
    text_extend(&message->fields[message->count].value, at, size);
    return 0;
}

static int on_value_end(llhttp_t *parser)
{
    struct message *message = message_of(parser);
    struct field *field = &message->fields[message->count++];
    field->value = text_trimmed(field->value);
    if (field->name.size == 0) {
        return stop(message, -EPROTO);
    }
    if (text_is(field->name, "host")) {
        message->hosts++;
    } else if (text_is(field->name, "content-length")) {
        message->has_length = true;
    } else if (text_is(field->name, "transfer-encoding")) {
        if (message->is_chunked || !text_is(field->value, "chunked")) {
            return stop(message, -ENOTSUP);
        }
        message->is_chunked = true;
    }
    return 0;
}

/* Of the forms of a target only those that a server is asked by: what is asked
 * of proxies (http://host/path, host:port) would name a host twice. */
static int judge_request(const struct message *request)
{
    bool is_path = request->target.at[0] == '/';
    bool is_server =
        request->parser.method == HTTP_OPTIONS && text_is(request->target, "*");
    if (request->parser.method == HTTP_CONNECT) {
        return -ENOTSUP;
    }
    if (request->hosts > 1 || (request->hosts == 0 && !request->is_old) ||
        (!is_path && !is_server)) {
        return -EPROTO;
    }
    return 0;
}

/* Answers whose head tells of a body that does not come. */
static bool has_no_body(const struct message *answer)
{
    int status = answer->parser.status_code;
    return answer->is_head || status < 200 || status == 204 || status == 304;
}

static int on_head_end(llhttp_t *parser)
{
    struct message *message = message_of(parser);
    bool is_request = parser->type == HTTP_REQUEST;
    message->has_head = true;
    message->is_old = parser->http_minor == 0;
    message->length = parser->content_length;
    message->keeps_alive = llhttp_should_keep_alive(parser) != 0;
    if (is_request) {
        message->is_head = parser->method == HTTP_HEAD;
    }
    int fault = is_request ? judge_request(message) : 0;
    if (parser->http_major != 1 || (message->is_chunked && message->is_old)) {
        fault = -EPROTO;
    }
    if (fault != 0) {
        return stop(message, fault);
    }
    parser->upgrade = 0; /* none is offered: it is answered as usual */
    return !is_request && has_no_body(message);
}

static int on_end(llhttp_t *parser)
{
    message_of(parser)->is_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_target,
    .on_status = on_reason,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_end,
    .on_headers_complete = on_head_end,
    .on_body = body_on_piece,
    .on_message_complete = on_end,
};

/* Its lines all end in CR LF, and none is a part of the one before. */
static bool is_well_formed(const char *head, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_end = head[i] == '\n' && i > 0 && head[i - 1] == '\r';
        bool is_folded =
            i + 1 < size && (head[i + 1] == ' ' || head[i + 1] == '\t');
        if (head[i] == '\0' || (head[i] == '\r' && head[i + 1] != '\n') ||
            (head[i] == '\n' && (!is_end || is_folded))) {
            return false;
        }
    }
    return true;
}

static int read_head(struct message *message, llhttp_type_t type,
                     rove_stream *stream)
{
    const char *head;
    ssize_t size =
        rove_stream_read_until(stream, "\r\n\r\n", 4, MESSAGE_HEAD_MAX, &head);
    if (size <= 0) {
        return size == 0 ? -ENODATA : (int)size;
    }
    if (!is_well_formed(head, (size_t)size)) {
        return -EPROTO;
    }
    llhttp_init(&message->parser, type, &settings);
    message->parser.data = message;
    llhttp_errno_t error = llhttp_execute(&message->parser, head, (size_t)size);
    if (message->fault != 0) {
        return message->fault;
    }
    bool is_read = error == HPE_OK || error == HPE_PAUSED;
    return is_read && message->has_head ? 0 : -EPROTO;
}

int message_read_request(struct message *request, rove_stream *stream)
{
    *request = (struct message){0};
    return read_head(request, HTTP_REQUEST, stream);
}

int message_read_answer(struct message *answer, rove_stream *stream,
                        bool is_to_head)
{
    *answer = (struct message){.is_head = is_to_head};
    return read_head(answer, HTTP_RESPONSE, stream);
}

bool message_is_interim(const struct message *answer)
{
    return answer->parser.status_code < 200;
}

bool message_keeps_back(const struct message *message, struct text name)
{
    static const char *const names[] = {
        "connection", "keep-alive", "proxy-connection",  "content-length",
        "te",         "upgrade",    "transfer-encoding",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_is(name, names[i])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < message->count; i++) {
        if (text_is(message->fields[i].name, "connection") &&
            text_lists(message->fields[i].value, name)) {
            return !text_is(name, "host");
        }
    }
    return false;
}
