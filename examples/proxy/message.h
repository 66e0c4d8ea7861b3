/* A request or an answer, as llhttp reads it (in its strict mode): the head at
 * once and in place, the body in pieces as they come (body.h).
 *
 * Parsers of HTTP disagree about what is not quite right, and so about where a
 * message ends; a request can be hidden from a proxy in another. So lines that
 * do not end in CR LF, folded lines and codings other than chunked are refused,
 * and what goes on is written anew from what was understood (forward.h).
 */
#ifndef EXAMPLES_PROXY_MESSAGE_H
#define EXAMPLES_PROXY_MESSAGE_H

#include <llhttp.h>
#include <stdbool.h>
#include <stdint.h>

#include "examples/proxy/peer.h"
#include "examples/proxy/text.h"

#define MESSAGE_HEAD_MAX   16384
#define MESSAGE_FIELDS_MAX 100

/* How a body is sent on. */
enum framing {
    FRAMING_NONE,   /* there is none */
    FRAMING_LENGTH, /* the head says how long it is */
    FRAMING_CHUNKED,
    FRAMING_CLOSE, /* it ends with the connection */
};

struct field {
    struct text name;
    struct text value;
};

struct message {
    llhttp_t parser;
    struct text target; /* of a request. All texts are good until more is */
    struct text reason; /* of an answer.      read from where they came from */
    struct field fields[MESSAGE_FIELDS_MAX];
    uint32_t count;
    uint32_t hosts;
    int fault; /* why the parser was stopped */
    bool is_head;
    bool is_old; /* HTTP/1.0 */
    bool has_length;
    uint64_t length;
    bool is_chunked;
    bool keeps_alive; /* another one may follow on its connection */
    bool has_head;
    bool is_complete;
    struct peer *sink; /* where the body goes, and */
    enum framing framing;
};

/* Reads a head. 0; -ENODATA: the stream has ended; -EMSGSIZE: it is too large;
 * -EPROTO: it is none; -ENOTSUP: it asks for something that is not done here;
 * or the stream's error. */
int message_read_request(struct message *request, rove_stream *stream);

/* The same, of an answer to a request by HEAD or not. */
int message_read_answer(struct message *answer, rove_stream *stream,
                        bool is_to_head);

/* An answer that another one follows. */
bool message_is_interim(const struct message *answer);

/* The field's name is `name`, and it is not sent on: it is about the connection
 * it came by, or how long the body is. */
bool message_keeps_back(const struct message *message, struct text name);

#endif
