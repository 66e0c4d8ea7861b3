#include "benchmarks/compare/load/wire.h"

#include <errno.h>
#include <string.h>

#include "benchmarks/compare/service/frame.h"
#include "benchmarks/compare/service/http_text.h"

static size_t write_echo(char *bytes, enum request_kind kind, uint64_t tag,
                         size_t payload)
{
    struct frame frame = {(uint32_t)payload, kind, tag};
    frame_encode(&frame, bytes);
    frame_fill(bytes + FRAME_HEADER, payload, tag);
    return FRAME_HEADER + payload;
}

static int check_echo(const char *bytes, size_t size, enum request_kind kind,
                      uint64_t tag, size_t payload, unsigned *where)
{
    if (size < FRAME_HEADER + payload) {
        return 0;
    }
    char header[FRAME_HEADER];
    struct frame frame = {(uint32_t)payload, kind, tag};
    frame_encode(&frame, header);
    if (memcmp(bytes, header, sizeof header) != 0) {
        return -EPROTO;
    }
    if (kind == REQUEST_WHERE) {
        *where = frame_where(bytes + FRAME_HEADER);
    } else if (!frame_is_filled(bytes + FRAME_HEADER, payload, tag)) {
        return -EPROTO;
    }
    return (int)(FRAME_HEADER + payload);
}

static size_t write_http(char *bytes, enum request_kind kind, uint64_t tag,
                         size_t payload)
{
    (void)tag;
    (void)payload;
    char *at = stpcpy(bytes, "GET ");
    at = stpcpy(at, http_text_path(kind));
    at = stpcpy(at, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return (size_t)(at - bytes);
}

/* The only freedom of an answer is the index of a REQUEST_WHERE's, so that is
 * read first and must lead to the same bytes. */
static int check_http(const char *bytes, size_t size, enum request_kind kind,
                      uint64_t tag, size_t payload, unsigned *where)
{
    (void)tag;
    (void)payload;
    char expected[HTTP_TEXT_MAX];
    struct http_answer answer = {.status = 200, .kind = kind};
    size_t wanted = http_text_write(&answer, expected);
    if (size < wanted) {
        return 0;
    }
    if (kind == REQUEST_WHERE) {
        *where = answer.where = http_text_where(bytes, wanted) % 10000;
        http_text_write(&answer, expected);
    }
    return memcmp(bytes, expected, wanted) == 0 ? (int)wanted : -EPROTO;
}

const struct wire *wire_find(const char *name)
{
    static const struct wire wires[] = {
        {"echo", write_echo, check_echo},
        {"http", write_http, check_http},
    };
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        if (strcmp(wires[i].name, name) == 0) {
            return &wires[i];
        }
    }
    return NULL;
}
