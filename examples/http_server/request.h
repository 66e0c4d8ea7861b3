/* A request, as llhttp reads it (in its strict mode): the head at once and in
 * place, the body in pieces as they come.
 */
#ifndef EXAMPLES_HTTP_SERVER_REQUEST_H
#define EXAMPLES_HTTP_SERVER_REQUEST_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "examples/http_server/site.h"

/* Bytes in somebody else's memory. */
struct text {
    const char *at;
    size_t size;
};

/* Bytes of its own, which free(at) gives back. */
struct bytes {
    char *at;
    size_t size;
    size_t room;
};

enum body_state {
    BODY_NONE,     /* or all of it has come */
    BODY_MORE,     /* some is to come */
    BODY_TRAILERS, /* its data has come, lines up to an empty one follow */
};

struct request {
    llhttp_t parser;
    const struct limits *limits;
    int status;         /* why it is refused; 0: it is not */
    struct text target; /* as all texts here: good while the head is */
    struct text path;   /* of it, without a query */
    struct text field;  /* the header field being read, and */
    struct text value;  /* what it says */
    uint32_t fields;
    uint32_t hosts;
    bool has_length;     /* it says how long its body is, or */
    bool is_chunked;     /* the body does */
    bool wants_continue; /* the body is sent when it is told to */
    bool keeps_alive;    /* another one may follow */
    enum body_state state;
    struct bytes *body; /* where its body goes; NULL: nowhere */
    size_t body_size;
};

/* Reads a head that head_scan() has found. 0, or the status to refuse it
 * with. */
int request_parse(struct request *request, const struct limits *limits,
                  const char *head, size_t size);

/* Reads of its body what has come; `state` says what follows. How many bytes
 * were part of it, or the negative status to refuse it with. */
ssize_t request_parse_body(struct request *request, const char *data,
                           size_t size);

/* True when it is of this method. */
bool request_is(const struct request *request, llhttp_method_t method);

/* The text equals a word, in letters of any case. */
bool text_is(struct text text, const char *word);

/* Puts more bytes at the end; false: no memory. */
bool bytes_append(struct bytes *bytes, const char *data, size_t size);

#endif
