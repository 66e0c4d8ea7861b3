/* Answers: their heads, and the short ones.
 */
#ifndef EXAMPLES_HTTP_SERVER_ANSWER_H
#define EXAMPLES_HTTP_SERVER_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "examples/http_server/client.h"

/* Begins an answer: writes its head. `size` bytes of body follow, unless the
 * request is HEAD.
 *
 * type  of the body, as Content-Type has it
 * more  header fields, each with its CR LF; "": none. These two are constants
 *       of 256 bytes together */
void answer_begin(struct client *client, int status, const char *type,
                  uint64_t size, const char *more);

/* A whole answer. */
void answer(struct client *client, int status, const char *type,
            const char *more, const void *body, size_t size);

/* Says what is wrong, and that it is the last answer: the rest of the request
 * is not read, so the next one cannot be found. more: as above. */
void answer_error(struct client *client, int status, const char *more);

#endif
