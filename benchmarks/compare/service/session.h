/* One connection of a service, without its socket: bytes go in, requests come
 * out, answers go in, bytes come out. Every server of the comparison drives
 * the same sessions, so that they differ in nothing but their scheduling:
 *
 *     read into session_space(), session_received()
 *     while ((step = session_next(s)) is not SESSION_READ):
 *         SESSION_REQUEST  session_answer(s), on any thread
 *         SESSION_FLUSH    write out the session's output, session_sent()
 *         SESSION_CLOSE    write out the session's output, close
 *     write out the session's output, session_sent(); read again
 *
 * A session may be used by one thread at a time and must not be copied.
 */
#ifndef BENCHMARKS_COMPARE_SERVICE_SESSION_H
#define BENCHMARKS_COMPARE_SERVICE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "benchmarks/compare/service/frame.h"
#include "benchmarks/compare/service/http_state.h"
#include "benchmarks/compare/service/request.h"

#define SESSION_BUFFER     8192
#define SESSION_ANSWER_MAX FRAME_MAX

enum session_step {
    SESSION_READ,
    SESSION_REQUEST,
    SESSION_FLUSH,
    SESSION_CLOSE,
};

struct service;

struct session {
    const struct service *service;
    unsigned where;         /* the loop that serves it */
    int64_t work;           /* ns that each plain request computes for */
    enum request_kind kind; /* of the request that waits for its answer */
    bool closing;           /* takes no more requests */
    bool failed;            /* closing because the peer broke the protocol */
    size_t in_at, in_end;   /* input not yet parsed */
    size_t out_at, out_end; /* output not yet sent */
    struct http_state http; /* the HTTP service's own */
    char in[SESSION_BUFFER];
    char out[SESSION_BUFFER];
};

/* A protocol. `next` is called with room for one answer and returns
 * SESSION_READ or SESSION_REQUEST, or sets `closing`. */
struct service {
    const char *name;
    void (*open)(struct session *session);
    enum session_step (*next)(struct session *session);
    void (*answer)(struct session *session);
};

extern const struct service service_echo;
extern const struct service service_http;

/* The service of that name, or NULL. */
const struct service *service_find(const char *name);

/* Plain requests compute nothing, unless the caller then sets `work`. */
void session_open(struct session *session, const struct service *service,
                  unsigned where);

/* Free room for input: at least one byte after SESSION_READ. */
char *session_space(struct session *session, size_t *size);
void session_received(struct session *session, size_t size);

enum session_step session_next(struct session *session);

/* Does what the request asks for, then appends the answer to the output. */
void session_answer(struct session *session);

/* Output not yet sent. */
const char *session_output(const struct session *session, size_t *size);
void session_sent(struct session *session, size_t size);

/* For services: appends to the output; takes size bytes of the input. */
void session_append(struct session *session, const char *bytes, size_t size);
void session_fail(struct session *session);

#endif
