#include "examples/http_server/exchange.h"

#include "examples/http_server/answer.h"
#include "examples/http_server/routes.h"

#define EMPTY_LINE 2

/* One empty line before a request is ignored, as RFC 9112 asks. */
static ssize_t read_head(struct client *client, const char **head)
{
    ssize_t size = client_read_lines(client, head);
    if (size == EMPTY_LINE) {
        rove_stream_consume(client->stream, EMPTY_LINE);
        size = client_read_lines(client, head);
    }
    return size == EMPTY_LINE ? -400 : size;
}

/* Reads and parses a head: 0, a status, or -1: the client is gone. */
static int read_request(struct client *client)
{
    const char *head;
    ssize_t size = read_head(client, &head);
    if (size <= 0) {
        client->request = (struct request){0};
        return size < 0 ? (int)-size : -1;
    }
    /* Consumed, it is still there: until the stream is read again. */
    rove_stream_consume(client->stream, (size_t)size);
    return request_parse(&client->request, &client->site->limits, head,
                         (size_t)size);
}

static bool is_draining(const struct client *client)
{
    return client->connection != NULL &&
           rove_connection_is_draining(client->connection);
}

bool exchange(struct client *client)
{
    int status = read_request(client);
    if (status == -1) {
        return false;
    }
    if (status != 0) {
        answer_error(client, status, "");
        return false;
    }
    client->served++;
    client->is_last = !client->request.keeps_alive ||
                      client->served >= client->site->limits.requests_max ||
                      is_draining(client);
    routes_answer(client);
    return !client->is_last && !client->is_gone;
}
