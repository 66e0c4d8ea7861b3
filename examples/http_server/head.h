/* Where the head of a request ends, and with it what the head may look like.
 *
 * Parsers of HTTP disagree about lines that do not end in CR LF, and about
 * lines that go on in the next one: so they disagree about where a request
 * ends, and a request can be hidden from a proxy inside of another. Such lines
 * are refused here, before the parser sees them.
 *
 * The result does not depend on how the bytes arrive.
 */
#ifndef EXAMPLES_HTTP_SERVER_HEAD_H
#define EXAMPLES_HTTP_SERVER_HEAD_H

#include <stddef.h>
#include <sys/types.h>

#include "examples/http_server/site.h"

/* How far a head has been looked at; zeroed before its first byte. */
struct head {
    size_t line; /* where the last line begins that has not ended */
    size_t seen; /* so many bytes hold no other end of a line */
};

/* Looks for the end of a head, an empty line, in all bytes of it that have
 * come: those of the call before, and more. Its size; 0: it goes on; or the
 * negative status to refuse it with: -400, -414, -431. */
ssize_t head_scan(struct head *head, const char *data, size_t size,
                  const struct limits *limits);

#endif
