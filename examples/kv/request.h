/* Commands as clients send them: arrays of strings, or lines of words. hiredis
 * reads the arrays; what a command consists of is copied into memory that the
 * next one uses again, so that a small command allocates nothing.
 */
#ifndef EXAMPLES_KV_REQUEST_H
#define EXAMPLES_KV_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "examples/kv/buffer.h"
#include "examples/kv/bytes.h"
#include "examples/kv/limits.h"

struct redisReader;

struct request {
    struct redisReader *reader;
    const struct limits *limits;
    struct buffer text;  /* the arguments, one behind the other */
    struct buffer parts; /* where they are in it */
    char problem[80];    /* "": none */
};

/* False: no memory. The limits are kept. */
bool request_init(struct request *request, const struct limits *limits);
void request_fini(struct request *request);

/* Hands over bytes, in any pieces. False: no memory. */
bool request_feed(struct request *request, const char *data, size_t size);

/* Reads the next command: 1, and its arguments are good until the next call; 0:
 * there is none yet; -EPROTO: what came is none, and request_problem() tells
 * the client so; -ENOMEM. After an error there is no going on. */
int request_next(struct request *request);

/* The number of arguments, and each; the first one is the name. */
size_t request_count(const struct request *request);
struct bytes request_arg(const struct request *request, size_t i);

/* What is wrong, in the words of Redis. */
const char *request_problem(const struct request *request);

/* True when no bytes of an unfinished command were fed. */
bool request_is_between(const struct request *request);

#endif
