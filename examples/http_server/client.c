#include "examples/http_server/client.h"

#include <errno.h>
#include <string.h>

#include "examples/http_server/head.h"

/* Waits for more than the bytes that are there. How many there are then; 0: no
 * more will come. */
static size_t read_more(struct client *client, size_t there, const char **data)
{
    ssize_t count = rove_stream_peek(client->stream, there + 1, data);
    client->is_gone = count < 0;
    client->is_read = count >= 0 && (size_t)count <= there;
    return count > 0 && !client->is_read ? (size_t)count : 0;
}

/* Some have come, but not all: now the client's time runs. */
static ssize_t read_other_lines(struct client *client, struct head *head,
                                size_t there, const char **data)
{
    const struct limits *limits = &client->site->limits;
    ssize_t size = 0;
    int status = 0;
    if (!client_flush(client)) {
        return 0;
    }
    ROVE_TIMEOUT(limits->head_time, &status)
    {
        while (size == 0 && (there = read_more(client, there, data)) != 0) {
            size = head_scan(head, *data, there, limits);
        }
    }
    if (size == 0 && status == -ETIMEDOUT) {
        client->is_gone = false;
        return -408;
    }
    return size == 0 && client->is_read ? -400 : size;
}

ssize_t client_read_lines(struct client *client, const char **data)
{
    struct head head = {0};
    size_t there = rove_stream_buffered(client->stream, data);
    ssize_t size = head_scan(&head, *data, there, &client->site->limits);
    return size != 0 ? size : read_other_lines(client, &head, there, data);
}

/* So many bytes may carry a body: chunks of one byte have six, and extensions
 * more. */
static size_t wire_max(const struct limits *limits)
{
    return 8 * limits->body_max + limits->head_max;
}

/* Reads a part of the body: 0, a status, or -1. */
static int read_part(struct client *client, size_t *room)
{
    const char *data;
    size_t there = rove_stream_buffered(client->stream, &data);
    if (there == 0 && (there = read_more(client, 0, &data)) == 0) {
        return client->is_read ? 400 : -1;
    }
    there = there < *room ? there : *room;
    ssize_t taken = request_parse_body(&client->request, data, there);
    if (taken < 0) {
        return (int)-taken;
    }
    rove_stream_consume(client->stream, (size_t)taken);
    *room -= (size_t)taken;
    bool is_over = client->request.state != BODY_MORE;
    return *room == 0 && !is_over ? 413 : 0;
}

/* Lines that nobody asked for; the first one is like the others. */
static int skip_trailers(struct client *client)
{
    const char *data;
    ssize_t size = client_read_lines(client, &data);
    if (size <= 0) {
        return size == 0 ? -1 : size == -414 ? 431 : (int)-size;
    }
    rove_stream_consume(client->stream, (size_t)size);
    client->request.state = BODY_NONE;
    return 0;
}

static int read_parts(struct client *client)
{
    size_t room = wire_max(&client->site->limits);
    int status = 0;
    while (status == 0 && client->request.state == BODY_MORE) {
        status = read_part(client, &room);
    }
    if (status == 0 && client->request.state == BODY_TRAILERS) {
        status = skip_trailers(client);
    }
    return status;
}

/* The client waits to be told to send the body. */
static void ask_for_body(struct client *client)
{
    static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (client->request.wants_continue &&
        rove_stream_buffered(client->stream, NULL) == 0) {
        client_write(client, answer, sizeof answer - 1);
    }
}

int client_read_body(struct client *client, struct bytes *body)
{
    int result = 0;
    int status = 0;
    if (client->request.state == BODY_NONE) {
        return 0;
    }
    client->request.body = body;
    ask_for_body(client);
    if (!client_flush(client)) {
        return -1;
    }
    ROVE_TIMEOUT(client->site->limits.body_time, &status)
    {
        result = read_parts(client);
    }
    client->request.body = NULL;
    if (result == -1 && status == -ETIMEDOUT) {
        client->is_gone = false;
        return 408;
    }
    return result;
}

static size_t room_of(const struct client *client)
{
    return STREAM_SIZE - rove_stream_unwritten(client->stream);
}

void client_write(struct client *client, const void *data, size_t size)
{
    if (client->is_gone) {
        return;
    }
    ssize_t written = 0;
    if (size <= room_of(client)) {
        written = rove_stream_write(client->stream, data, size);
    } else {
        ROVE_TIMEOUT(client->site->limits.write_time, NULL)
        {
            written = rove_stream_write(client->stream, data, size);
        }
    }
    client->is_gone = written != (ssize_t)size;
}

bool client_flush(struct client *client)
{
    int error = 0;
    if (!client->is_gone && rove_stream_unwritten(client->stream) != 0) {
        ROVE_TIMEOUT(client->site->limits.write_time, NULL)
        {
            error = rove_stream_flush(client->stream);
        }
    }
    client->is_gone |= error != 0;
    return !client->is_gone;
}
