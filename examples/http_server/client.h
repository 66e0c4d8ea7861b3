/* Who is at the other end of a connection: what comes from there is read, what
 * goes there is written, within the limits of time.
 *
 * Answers are kept in the stream until there is nothing left to answer, or
 * until something has to be waited for: so those to requests that came together
 * are written together.
 */
#ifndef EXAMPLES_HTTP_SERVER_CLIENT_H
#define EXAMPLES_HTTP_SERVER_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "rove/rove.h"

#include "examples/http_server/request.h"
#include "examples/http_server/site.h"

/* What is kept for writing, and read at once, at most. */
#define STREAM_SIZE 16384

struct client {
    rove_stream *stream;
    const struct site *site;
    const rove_connection *connection; /* NULL: nobody drains it */
    uint32_t served;                   /* requests */
    bool is_last;                      /* no request after this one */
    bool is_gone; /* and no answer: it cannot be read or written any more */
    bool is_read; /* to its end: it sends no more */
    struct request request;
    time_t date_at; /* when `date` was */
    char date[32];  /* as answers have it */
};

/* Reads lines up to and with an empty one: the head of a request, or trailers.
 * *data points to them in the stream, until it is read again; they are not
 * consumed. Their size; 0: the client is gone; or the negative status to refuse
 * them with. */
ssize_t client_read_lines(struct client *client, const char **data);

/* Reads the body of the request, and consumes it; appends it to `body` unless
 * that is NULL. 0; the status to refuse it with; or -1: the client is gone. */
int client_read_body(struct client *client, struct bytes *body);

/* Keeps bytes for writing, or writes them. */
void client_write(struct client *client, const void *data, size_t size);

/* Writes what is kept; false: the client is gone. */
bool client_flush(struct client *client);

#endif
