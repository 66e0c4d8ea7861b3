#include "examples/proxy/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "examples/proxy/exchange.h"
#include "examples/proxy/refusal.h"

#define LINGER_TIME (2 * ROVE_SEC)

enum coming { REQUEST, NOTHING_YET, NOTHING };

/* Waits for the first byte of a request for so long. */
static enum coming await_request(struct client *client,
                                 rove_connection *connection, rove_time span)
{
    const char *data;
    if (rove_stream_buffered(client->peer.stream, NULL) != 0) {
        return REQUEST;
    }
    rove_connection_idle_begin(connection, rove_now() + span);
    ssize_t count = peer_peek(&client->peer, &data);
    int status = rove_connection_idle_end(connection);
    if (count > 0) {
        return REQUEST;
    }
    return count == -ECANCELED && status == -ETIMEDOUT ? NOTHING_YET : NOTHING;
}

static int status_of(int error)
{
    switch (error) {
    case -ETIMEDOUT:
        return 408;
    case -EMSGSIZE:
        return 431;
    case -ENOTSUP:
        return 501;
    case -EPROTO:
        return 400;
    default:
        return 0;
    }
}

/* Answers one request. False: it was the last one. */
static bool serve_request(struct proxy *proxy, struct client *client)
{
    struct message request;
    int error = 0;
    int cause = 0;
    ROVE_TIMEOUT(proxy->options.timeout, &cause)
    {
        error = message_read_request(&request, client->peer.stream);
    }
    if (error == 0) {
        return exchange(proxy, client, &request);
    }
    int status = status_of(error == -ECANCELED ? cause : error);
    if (status != 0) {
        (void)refusal_write(&client->peer, status, false, false);
    }
    return false;
}

/* Lets the client read the last answer before the connection goes: closing it
 * while bytes of the client are unread would tear it down. An answer that ends
 * with the connection, and has not ended, is to be torn. */
static void end(struct client *who)
{
    struct peer *client = &who->peer;
    const char *data;
    ssize_t count;
    if (who->is_cut) {
        peer_break(client);
        return;
    }
    client->read_error = 0;
    ROVE_TIMEOUT(LINGER_TIME, NULL)
    {
        if (!peer_shutdown(client)) {
            break;
        }
        while ((count = peer_peek(client, &data)) > 0) {
            peer_consume(client, (size_t)count);
        }
    }
}

/* "127.0.0.1:80" and "[::1]:80" without brackets and port. */
static void read_address(struct client *client, int fd)
{
    char text[ROVE_ADDRESS_TEXT];
    rove_peer_text(fd, text, sizeof text);
    char *start = text[0] == '[' ? text + 1 : text;
    char *end = strrchr(start, ':');
    if (end != NULL) {
        end -= end > start && end[-1] == ']';
        *end = '\0';
    }
    snprintf(client->address, sizeof client->address, "%s",
             start[0] != '\0' ? start : "unknown");
}

/* Serves as long as requests come one after the other, the first one within
 * `span`. True: nothing has come, but may. */
static bool serve_requests(struct proxy *proxy, struct client *client,
                           rove_connection *connection, rove_time span)
{
    enum coming coming = await_request(client, connection, span);
    while (coming == REQUEST) {
        if (!serve_request(proxy, client)) {
            end(client);
            return false;
        }
        coming = await_request(client, connection, proxy->options.rest_time);
    }
    return coming == NOTHING_YET;
}

/* Called again after each rest, then with the proxy as what was kept. */
int64_t http_serve(rove_connection *connection, void *arg)
{
    struct proxy *proxy = arg;
    const struct options *options = &proxy->options;
    void *kept;
    if (rove_connection_rested(connection, &kept) != 0) {
        return 0;
    }
    rove_stream_options own;
    rove_stream_options_init(&own);
    own.borrowed = 1;
    int fd = rove_connection_fd(connection);
    struct client client = {.peer.stream = rove_stream_new(fd, &own),
                            .connection = connection};
    if (client.peer.stream == NULL) {
        return -ENOMEM;
    }
    read_address(&client, fd);
    rove_time span = kept != NULL ? options->idle_time : options->rest_time;
    if (serve_requests(proxy, &client, connection, span)) {
        rove_connection_rest(connection, rove_now() + options->idle_time,
                             proxy);
    }
    rove_stream_free(client.peer.stream);
    return 0;
}
