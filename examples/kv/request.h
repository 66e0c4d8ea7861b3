/* Commands as clients send them: arrays of strings, or lines of words. What a
 * command consists of is copied into memory that the next one uses again, so
 * that a small command allocates nothing; and what a length tells of is refused
 * before it has come.
 */
#ifndef EXAMPLES_KV_REQUEST_H
#define EXAMPLES_KV_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "examples/kv/buffer.h"
#include "examples/kv/bytes.h"
#include "examples/kv/limits.h"

/* What comes next. */
enum request_step {
    REQUEST_BEGIN,  /* the first byte of a command */
    REQUEST_LINE,   /* more of a line of words */
    REQUEST_COUNT,  /* more of the number of arguments */
    REQUEST_STRING, /* the first byte of an argument */
    REQUEST_LENGTH, /* more of its length */
    REQUEST_BYTES,  /* more of the argument, or the end of its line */
    REQUEST_READ    /* nothing: all of it is there */
};

struct request {
    const struct limits *limits;
    enum request_step step;
    size_t args_left;
    size_t bytes_left; /* of the argument and the end of its line */
    char number[22];   /* what has come of one, with the end of its line */
    size_t number_size;
    struct buffer text;  /* the arguments, one behind the other */
    struct buffer parts; /* where they are in it */
    char problem[40];    /* "": none */
};

struct request_part {
    size_t at, size;
};

/* The limits are kept. */
void request_init(struct request *request, const struct limits *limits);
void request_fini(struct request *request);

/* Reads the next command, which comes in pieces of any size, from data; *taken
 * is how much of it was read. 1: there it is, and its arguments are good until
 * the next call; 0: all was taken, and it goes on; -EPROTO: this is no command,
 * and request_problem() tells the client so; -ENOMEM. After an error there is
 * no going on. */
int request_read(struct request *request, const char *data, size_t size,
                 size_t *taken);

/* The number of arguments, and each; the first one is the name. */
static inline size_t request_count(const struct request *request)
{
    return request->parts.size / sizeof(struct request_part);
}

static inline struct bytes request_arg(const struct request *request, size_t i)
{
    const struct request_part *part =
        (const struct request_part *)(const void *)request->parts.data + i;
    struct bytes arg = {request->text.data + part->at, part->size};
    return arg;
}

/* What is wrong, in the words of Redis. */
const char *request_problem(const struct request *request);

/* True when nothing of an unfinished command was taken. */
bool request_is_between(const struct request *request);

#endif
