#include "examples/kv/request.h"

#include <ctype.h>
#include <errno.h>
#include <hiredis/read.h>
#include <hiredis/sds.h>
#include <stdio.h>
#include <stdlib.h>

#define LENGTH_DIGITS 20

struct part {
    size_t at, size;
};

static void say(struct request *request, const char *problem)
{
    if (request->problem[0] == '\0') {
        snprintf(request->problem, sizeof request->problem, "%s", problem);
    }
}

static void say_unexpected(struct request *request, const char *got)
{
    char problem[sizeof request->problem];
    snprintf(problem, sizeof problem, "expected '$', got '%c'",
             isprint((unsigned char)*got) ? *got : ' ');
    say(request, problem);
}

static bool add_part(struct request *request, const char *data, size_t size)
{
    struct part part = {request->text.size, size};
    if (size > request->limits->bulk_max) {
        say(request, "invalid bulk length");
        return false;
    }
    if (size > request->limits->request_max - request->text.size) {
        say(request, "too big request");
        return false;
    }
    return buffer_add(&request->text, data, size) &&
           buffer_add(&request->parts, &part, sizeof part);
}

/* What hiredis calls; NULL makes it stop. It asks for nothing else. */

static void *on_string(const redisReadTask *task, char *data, size_t size)
{
    struct request *request = task->privdata;
    if (task->type != REDIS_REPLY_STRING) {
        say_unexpected(request, task->type == REDIS_REPLY_STATUS ? "+" : "-");
        return NULL;
    }
    return add_part(request, data, size) ? request : NULL;
}

static void *on_array(const redisReadTask *task, int count)
{
    struct request *request = task->privdata;
    if (task->parent != NULL) {
        say_unexpected(request, "*");
        return NULL;
    }
    if ((uint32_t)count > request->limits->args_max) {
        say(request, "invalid multibulk length");
        return NULL;
    }
    return request;
}

static void *on_integer(const redisReadTask *task, long long value)
{
    (void)value;
    say_unexpected(task->privdata, ":");
    return NULL;
}

static void *on_nil(const redisReadTask *task)
{
    if (task->parent != NULL) {
        say(task->privdata, "invalid bulk length");
        return NULL;
    }
    return task->privdata;
}

static redisReplyObjectFunctions functions = {
    .createString = on_string,
    .createArray = on_array,
    .createInteger = on_integer,
    .createNil = on_nil,
};

bool request_init(struct request *request, const struct limits *limits)
{
    *request = (struct request){.limits = limits};
    request->reader = redisReaderCreateWithFunctions(&functions);
    if (request->reader == NULL) {
        return false;
    }
    request->reader->privdata = request;
    return true;
}

void request_fini(struct request *request)
{
    redisReaderFree(request->reader);
    buffer_free(&request->text);
    buffer_free(&request->parts);
}

/* True when hiredis has not begun with an array. */
static bool is_unread(const redisReader *reader)
{
    return reader->ridx < 0 ||
           (reader->ridx == 0 && reader->rstack[0].type < 0);
}

/* hiredis drops what it has read, but not the lines. */
bool request_feed(struct request *request, const char *data, size_t size)
{
    redisReader *reader = request->reader;
    if (is_unread(reader) && reader->pos > 0) {
        sdsrange(reader->buf, (int)reader->pos, -1);
        reader->len -= reader->pos;
        reader->pos = 0;
    }
    return redisReaderFeed(request->reader, data, size) == REDIS_OK;
}

size_t request_count(const struct request *request)
{
    return request->parts.size / sizeof(struct part);
}

struct bytes request_arg(const struct request *request, size_t i)
{
    const struct part *parts = (const void *)request->parts.data;
    const char *data = request->text.data;
    return (struct bytes){data == NULL ? "" : data + parts[i].at,
                          parts[i].size};
}

const char *request_problem(const struct request *request)
{
    return request->problem;
}

bool request_is_between(const struct request *request)
{
    const redisReader *reader = request->reader;
    return is_unread(reader) && reader->pos == reader->len;
}

/* A command typed by hand. */
static int read_line(struct request *request)
{
    redisReader *reader = request->reader;
    const char *line = reader->buf + reader->pos;
    size_t left = reader->len - reader->pos;
    const char *end = memchr(line, '\n', left);
    size_t size = end == NULL ? left : (size_t)(end - line);
    if (size > request->limits->inline_max) {
        say(request, "too big inline request");
        return -EPROTO;
    }
    if (end == NULL) {
        return 0;
    }
    reader->pos += size + 1;
    size -= size > 0 && line[size - 1] == '\r';
    sds text = sdsnewlen(line, size);
    int count = 0;
    sds *words = text == NULL ? NULL : sdssplitargs(text, &count);
    bool is_added = true;
    for (int i = 0; i < count; i++) {
        is_added = is_added && add_part(request, words[i], sdslen(words[i]));
    }
    if (words == NULL) {
        say(request, "unbalanced quotes in request");
    } else {
        sdsfreesplitres(words, count);
    }
    sdsfree(text);
    return words != NULL && is_added ? 1 : -EPROTO;
}

/* A length is looked at before what it tells of has come: hiredis would keep it
 * all. Its reader stands behind the type until then. */
static const char *find_excess(const struct request *request)
{
    const redisReader *reader = request->reader;
    const struct limits *limits = request->limits;
    const char *length = reader->buf + reader->pos;
    size_t left = reader->len - reader->pos;
    bool is_string = reader->ridx > 0;
    char digits[LENGTH_DIGITS + 1] = {0};
    if (left > limits->inline_max &&
        memchr(length, '\r', limits->inline_max) == NULL) {
        return is_string ? "too big bulk count string"
                         : "too big mbulk count string";
    }
    memcpy(digits, length, left < LENGTH_DIGITS ? left : LENGTH_DIGITS);
    if (is_string && reader->rstack[reader->ridx].type == REDIS_REPLY_STRING &&
        strtoull(digits, NULL, 10) > limits->bulk_max) {
        return "invalid bulk length";
    }
    return NULL;
}

/* Says what hiredis found, in the words of Redis. */
static void translate(struct request *request)
{
    const char *text = request->reader->errstr;
    const char *quote = strchr(text, '"');
    if (quote != NULL) {
        say_unexpected(request, quote[1] == '\\' ? &quote[2] : &quote[1]);
    } else if (strstr(text, "ulti-bulk") != NULL) {
        say(request, "invalid multibulk length");
    } else {
        say(request, "invalid bulk length");
    }
}

static int read_array(struct request *request)
{
    redisReader *reader = request->reader;
    void *command = NULL;
    if (redisReaderGetReply(reader, &command) != REDIS_OK) {
        if (reader->err == REDIS_ERR_OOM && request->problem[0] == '\0') {
            return -ENOMEM;
        }
        translate(request);
        return -EPROTO;
    }
    if (command != NULL) {
        return 1;
    }
    const char *excess = find_excess(request);
    if (excess != NULL) {
        say(request, excess);
        return -EPROTO;
    }
    return 0;
}

int request_next(struct request *request)
{
    const redisReader *reader = request->reader;
    int result = 1;
    while (result == 1) {
        bool is_new = is_unread(reader);
        if (is_new) {
            buffer_clear(&request->text);
            buffer_clear(&request->parts);
            if (reader->pos == reader->len) {
                return 0;
            }
        }
        result = is_new && reader->buf[reader->pos] != '*'
                     ? read_line(request)
                     : read_array(request);
        if (result == 1 && request_count(request) > 0) {
            return 1;
        }
    }
    return result;
}
