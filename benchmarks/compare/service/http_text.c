#include "benchmarks/compare/service/http_text.h"

#include <http_parser.h>
#include <string.h>

#define BODY_HELLO   "Hello, world\n"
#define BODY_COMPUTE "computed\n"
#define BODY_WHERE   "loop 0000\n"
#define BODY_ERROR   "error\n"

static char *append(char *at, const char *text)
{
    return stpcpy(at, text);
}

static const char *status_line(unsigned status)
{
    switch (status) {
    case 200:
        return "HTTP/1.1 200 OK\r\n";
    case 404:
        return "HTTP/1.1 404 Not Found\r\n";
    case 405:
        return "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n";
    case 413:
        return "HTTP/1.1 413 Payload Too Large\r\n";
    case 414:
        return "HTTP/1.1 414 URI Too Long\r\n";
    case 431:
        return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 505:
        return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default:
        return "HTTP/1.1 400 Bad Request\r\n";
    }
}

static const char *body_of(const struct http_answer *answer)
{
    if (answer->status != 200) {
        return BODY_ERROR;
    }
    switch (answer->kind) {
    case REQUEST_COMPUTE:
        return BODY_COMPUTE;
    case REQUEST_WHERE:
        return BODY_WHERE;
    default:
        return BODY_HELLO;
    }
}

/* Puts the index into the four zeros at the end of BODY_WHERE. */
static void put_index(char *end, unsigned index)
{
    for (int i = 2; i <= 5; i++) {
        end[-i] = (char)('0' + index % 10);
        index /= 10;
    }
}

static char *append_length(char *at, size_t size)
{
    at = append(at, "Content-Type: text/plain\r\nContent-Length: ");
    if (size >= 10) {
        *at++ = (char)('0' + size / 10 % 10);
    }
    *at++ = (char)('0' + size % 10);
    return append(at, "\r\n");
}

size_t http_text_write(const struct http_answer *answer, char *text)
{
    const char *body = body_of(answer);
    char *at = append(text, status_line(answer->status));
    at = append_length(at, strlen(body));
    if (answer->connection == HTTP_CLOSE) {
        at = append(at, "Connection: close\r\n");
    } else if (answer->connection == HTTP_KEEP_ALIVE) {
        at = append(at, "Connection: keep-alive\r\n");
    }
    at = append(at, "\r\n");
    if (!answer->is_head) {
        at = append(at, body);
        if (answer->status == 200 && answer->kind == REQUEST_WHERE) {
            put_index(at, answer->where);
        }
    }
    return (size_t)(at - text);
}

unsigned http_text_where(const char *text, size_t size)
{
    unsigned index = 0;
    for (size_t i = size - 5; i < size - 1; i++) {
        index = index * 10 + (unsigned)(text[i] - '0');
    }
    return index;
}

const char *http_text_path(enum request_kind kind)
{
    switch (kind) {
    case REQUEST_COMPUTE:
        return "/compute";
    case REQUEST_WHERE:
        return "/where";
    default:
        return "/hello";
    }
}

static bool is_path(enum request_kind kind, const char *path, size_t size)
{
    const char *wanted = http_text_path(kind);
    return size == strlen(wanted) && memcmp(path, wanted, size) == 0;
}

bool http_text_route(const char *url, size_t size, enum request_kind *kind)
{
    if (size > 0 && url[0] != '/') {
        struct http_parser_url parts;
        http_parser_url_init(&parts);
        if (http_parser_parse_url(url, size, 0, &parts) != 0 ||
            (parts.field_set & (1 << UF_PATH)) == 0) {
            return false;
        }
        url += parts.field_data[UF_PATH].off;
        size = parts.field_data[UF_PATH].len;
    }
    const char *query = memchr(url, '?', size);
    if (query != NULL) {
        size = (size_t)(query - url);
    }
    static const enum request_kind kinds[] = {REQUEST_PLAIN, REQUEST_COMPUTE,
                                              REQUEST_WHERE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_path(kinds[i], url, size)) {
            *kind = kinds[i];
            return true;
        }
    }
    return false;
}
