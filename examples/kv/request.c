#include "examples/kv/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "examples/kv/words.h"

#define LINE_END 2 /* bytes */

void request_init(struct request *request, const struct limits *limits)
{
    *request = (struct request){.limits = limits};
}

void request_fini(struct request *request)
{
    buffer_free(&request->text);
    buffer_free(&request->parts);
}

const char *request_problem(const struct request *request)
{
    return request->problem;
}

bool request_is_between(const struct request *request)
{
    return request->step == REQUEST_BEGIN || request->step == REQUEST_READ;
}

static int refuse(struct request *request, const char *problem)
{
    snprintf(request->problem, sizeof request->problem, "%s", problem);
    return -EPROTO;
}

static void skip(struct bytes *rest, size_t size)
{
    rest->data += size;
    rest->size -= size;
}

/* The size of the piece up to and with the end of a line, at most `most`;
 * *is_whole: it has that end. */
static size_t find_line(struct bytes rest, size_t most, bool *is_whole)
{
    size_t size = rest.size < most ? rest.size : most;
    const char *end = memchr(rest.data, '\n', size);
    *is_whole = end != NULL;
    return end != NULL ? (size_t)(end - rest.data) + 1 : size;
}

/* Reads on: 1, and the line of a number is there; 0: more must come; -EPROTO.
 */
static int read_number(struct request *request, struct bytes *rest,
                       long long *number)
{
    bool is_whole;
    size_t size = find_line(
        *rest, sizeof request->number - request->number_size, &is_whole);
    struct bytes line = {rest->data, size};
    if (!is_whole || request->number_size > 0) {
        memcpy(request->number + request->number_size, rest->data, size);
        request->number_size += size;
        line = (struct bytes){request->number, request->number_size};
    }
    skip(rest, size);
    if (!is_whole) {
        return line.size < sizeof request->number ? 0 : -EPROTO;
    }
    request->number_size = 0;
    if (line.size < LINE_END || line.data[line.size - LINE_END] != '\r') {
        return -EPROTO;
    }
    line.size -= LINE_END;
    return bytes_number(line, number) ? 1 : -EPROTO;
}

static bool add_part(struct request *request, size_t at, size_t size)
{
    struct request_part part = {at, size};
    return buffer_add(&request->parts, &part, sizeof part);
}

/* Each of these reads one step: 1: it is done; 0 or an error as
 * request_read(). */

static int begin(struct request *request, struct bytes *rest)
{
    buffer_clear(&request->text);
    buffer_clear(&request->parts);
    if (!buffer_reserve(&request->text, 1)) { /* an argument has an address */
        return -ENOMEM;
    }
    request->step = REQUEST_LINE;
    if (rest->data[0] == '*') {
        request->step = REQUEST_COUNT;
        skip(rest, 1);
    }
    return 1;
}

static int split_line(struct request *request)
{
    struct buffer *text = &request->text;
    const struct limits *limits = request->limits;
    char *at = text->data;
    struct bytes word;
    int result;
    while ((result = words_next(&at, text->data + text->size, &word)) == 1) {
        if (word.size > limits->bulk_max ||
            request_count(request) >= limits->args_max) {
            return refuse(request, "too big inline request");
        }
        if (!add_part(request, (size_t)(word.data - text->data), word.size)) {
            return -ENOMEM;
        }
    }
    if (result < 0) {
        return refuse(request, "unbalanced quotes in request");
    }
    request->step = request_count(request) > 0 ? REQUEST_READ : REQUEST_BEGIN;
    return 1;
}

static int read_line(struct request *request, struct bytes *rest)
{
    bool is_whole;
    size_t size = find_line(*rest, rest->size, &is_whole);
    if (size - is_whole > request->limits->inline_max - request->text.size) {
        return refuse(request, "too big inline request");
    }
    if (!buffer_add(&request->text, rest->data, size)) {
        return -ENOMEM;
    }
    skip(rest, size);
    return is_whole ? split_line(request) : 0;
}

/* Of none, or fewer, there is no command. */
static int read_count(struct request *request, struct bytes *rest)
{
    long long count = 0;
    int result = read_number(request, rest, &count);
    if (result < 0 || count > (long long)request->limits->args_max) {
        return refuse(request, "invalid multibulk length");
    }
    if (result > 0) {
        request->args_left = count > 0 ? (size_t)count : 0;
        request->step = count > 0 ? REQUEST_STRING : REQUEST_BEGIN;
    }
    return result;
}

static int begin_string(struct request *request, struct bytes *rest)
{
    unsigned char type = (unsigned char)rest->data[0];
    if (type != '$') {
        snprintf(request->problem, sizeof request->problem,
                 "expected '$', got '%c'", isprint(type) ? type : ' ');
        return -EPROTO;
    }
    request->step = REQUEST_LENGTH;
    skip(rest, 1);
    return 1;
}

static int read_length(struct request *request, struct bytes *rest)
{
    long long size = 0;
    int result = read_number(request, rest, &size);
    if (result < 0 || size < 0 ||
        (unsigned long long)size > request->limits->bulk_max) {
        return refuse(request, "invalid bulk length");
    }
    if ((size_t)size > request->limits->request_max - request->text.size) {
        return refuse(request, "too big request");
    }
    if (result > 0) {
        request->bytes_left = (size_t)size + LINE_END;
        request->step = REQUEST_BYTES;
        if (!add_part(request, request->text.size, (size_t)size)) {
            return -ENOMEM;
        }
    }
    return result;
}

/* What ends the line of an argument is not looked at, as in Redis. */
static int read_bytes(struct request *request, struct bytes *rest)
{
    size_t left = request->bytes_left;
    size_t size = rest->size < left ? rest->size : left;
    size_t kept = left <= LINE_END         ? 0
                  : size < left - LINE_END ? size
                                           : left - LINE_END;
    if (!buffer_add(&request->text, rest->data, kept)) {
        return -ENOMEM;
    }
    skip(rest, size);
    request->bytes_left -= size;
    if (request->bytes_left > 0) {
        return 0;
    }
    request->args_left--;
    request->step = request->args_left > 0 ? REQUEST_STRING : REQUEST_READ;
    return 1;
}

static int read_step(struct request *request, struct bytes *rest)
{
    switch (request->step) {
    case REQUEST_LINE:
        return read_line(request, rest);
    case REQUEST_COUNT:
        return read_count(request, rest);
    case REQUEST_STRING:
        return begin_string(request, rest);
    case REQUEST_LENGTH:
        return read_length(request, rest);
    case REQUEST_BYTES:
        return read_bytes(request, rest);
    default:
        return begin(request, rest);
    }
}

int request_read(struct request *request, const char *data, size_t size,
                 size_t *taken)
{
    struct bytes rest = {data, size};
    int result;
    do {
        result = rest.size > 0 ? read_step(request, &rest) : 0;
    } while (result > 0 && request->step != REQUEST_READ);
    *taken = size - rest.size;
    return result;
}
