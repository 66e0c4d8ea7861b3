#include "examples/http_server/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct request *request_of(llhttp_t *parser)
{
    return parser->data;
}

static int refuse(struct request *request, int status)
{
    request->status = status;
    return -1;
}

/* A callback may get a text in parts, which follow each other. */
static void extend(struct text *text, const char *at, size_t size)
{
    text->at = text->size == 0 ? at : text->at;
    text->size += size;
}

static struct text trimmed(struct text text)
{
    while (text.size > 0 &&
           (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

bool text_is(struct text text, const char *word)
{
    return text.size == strlen(word) &&
           strncasecmp(text.at, word, text.size) == 0;
}

static int on_target(llhttp_t *parser, const char *at, size_t size)
{
    extend(&request_of(parser)->target, at, size);
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t size)
{
    extend(&request_of(parser)->field, at, size);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t size)
{
    extend(&request_of(parser)->value, at, size);
    return 0;
}

/* What llhttp does not look at itself. */
static int judge_field(struct request *request)
{
    struct text field = request->field;
    struct text value = trimmed(request->value);
    if (field.size == 0) {
        return refuse(request, 400);
    }
    if (text_is(field, "host")) {
        request->hosts++;
    } else if (text_is(field, "content-length")) {
        request->has_length = true;
    } else if (text_is(field, "transfer-encoding")) {
        request->is_chunked = true;
        return text_is(value, "chunked") ? 0 : refuse(request, 501);
    } else if (text_is(field, "expect")) {
        request->wants_continue = true;
        return text_is(value, "100-continue") ? 0 : refuse(request, 417);
    }
    return 0;
}

static int on_field_end(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    if (++request->fields > request->limits->fields_max) {
        return refuse(request, 431);
    }
    int error = judge_field(request);
    request->field.size = 0;
    request->value.size = 0;
    return error;
}

/* One space on each side of the target, and HTTP behind it: llhttp takes more
 * spaces, and other protocols. */
static bool is_line_exact(const struct text *target)
{
    return target->at[-2] != ' ' &&
           memcmp(target->at + target->size, " HTTP/", 6) == 0;
}

/* /path?query, or http://host/path?query, which is asked of proxies. Others
 * (*, host:port) have no path. */
static struct text path_of(struct text target)
{
    struct text path = target;
    if (path.at[0] != '/') {
        const char *host = memmem(path.at, path.size, "://", 3);
        const char *end = target.at + target.size;
        host = host != NULL ? host + 3 : end;
        const char *slash = memchr(host, '/', (size_t)(end - host));
        if (slash == NULL) {
            return (struct text){.at = "/", .size = host != end};
        }
        path = (struct text){slash, (size_t)(end - slash)};
    }
    const char *query = memchr(path.at, '?', path.size);
    path.size = query != NULL ? (size_t)(query - path.at) : path.size;
    return path;
}

static int on_head_end(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    bool is_old = parser->http_minor == 0;
    if (parser->http_major != 1) {
        return refuse(request, 505);
    }
    if (!is_line_exact(&request->target) || request->hosts > 1 ||
        (request->hosts == 0 && !is_old) || (request->is_chunked && is_old)) {
        return refuse(request, 400);
    }
    if (parser->content_length > request->limits->body_max) {
        return refuse(request, 413);
    }
    parser->upgrade = 0; /* none is offered: it is answered as usual */
    request->path = path_of(request->target);
    request->keeps_alive = llhttp_should_keep_alive(parser);
    request->wants_continue &= !is_old;
    request->state = BODY_MORE;
    return 0;
}

/* Before the last chunk's size comes to nothing, the others must fit. The
 * trailers are left to head_scan(), since llhttp is lenient about them. */
static int on_chunk(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    size_t room = request->limits->body_max - request->body_size;
    if (parser->content_length > room) {
        return refuse(request, 413);
    }
    if (parser->content_length == 0) {
        request->state = BODY_TRAILERS;
        return HPE_PAUSED;
    }
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t size)
{
    struct request *request = request_of(parser);
    request->body_size += size;
    if (request->body != NULL && !bytes_append(request->body, at, size)) {
        return refuse(request, 500);
    }
    return 0;
}

static int on_end(llhttp_t *parser)
{
    request_of(parser)->state = BODY_NONE;
    return HPE_PAUSED;
}

/* Unknown, but could be one: other methods exist. */
static bool could_be_method(const char *head, size_t size)
{
    const char *space = memchr(head, ' ', size);
    for (const char *at = head; at < space; at++) {
        if (*at < 'A' || *at > 'Z') {
            return false;
        }
    }
    return space != NULL && space != head;
}

static int status_of(const struct request *request, llhttp_errno_t error,
                     const char *head, size_t size)
{
    if (request->status != 0) {
        return request->status;
    }
    if (error == HPE_INVALID_VERSION) {
        return 505;
    }
    if (error == HPE_INVALID_METHOD && could_be_method(head, size)) {
        return 501;
    }
    return 400;
}

int request_parse(struct request *request, const struct limits *limits,
                  const char *head, size_t size)
{
    static const llhttp_settings_t settings = {
        .on_url = on_target,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_header_value_complete = on_field_end,
        .on_headers_complete = on_head_end,
        .on_chunk_header = on_chunk,
        .on_body = on_body,
        .on_message_complete = on_end,
    };
    *request = (struct request){.limits = limits};
    llhttp_init(&request->parser, HTTP_REQUEST, &settings);
    request->parser.data = request;
    llhttp_errno_t error = llhttp_execute(&request->parser, head, size);
    if (error != HPE_OK && error != HPE_PAUSED) {
        return status_of(request, error, head, size);
    }
    /* The opening of HTTP/2 looks like a head that does not end. */
    return request->path.at != NULL ? 0 : 505;
}

ssize_t request_parse_body(struct request *request, const char *data,
                           size_t size)
{
    llhttp_t *parser = &request->parser;
    llhttp_errno_t error = llhttp_execute(parser, data, size);
    if (error == HPE_OK) {
        return (ssize_t)size;
    }
    if (error == HPE_PAUSED) {
        return llhttp_get_error_pos(parser) - data;
    }
    return -(request->status != 0 ? request->status : 400);
}

bool request_is(const struct request *request, llhttp_method_t method)
{
    return request->parser.method == method;
}

bool bytes_append(struct bytes *bytes, const char *data, size_t size)
{
    if (size > bytes->room - bytes->size) {
        size_t room = 2 * bytes->room + size;
        char *at = realloc(bytes->at, room);
        if (at == NULL) {
            return false;
        }
        bytes->at = at;
        bytes->room = room;
    }
    memcpy(bytes->at + bytes->size, data, size);
    bytes->size += size;
    return true;
}
