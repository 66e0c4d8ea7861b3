#include "examples/http_server/connection.h"

#include <errno.h>

#include "adapters/openssl/rove_tls.h"
#include "examples/http_server/client.h"
#include "examples/http_server/exchange.h"

/* Waits for the first byte of a request. An idle connection has no buffer. */
static bool await_request(struct client *client, rove_connection *connection)
{
    const char *data;
    if (rove_stream_buffered(client->stream, NULL) != 0) {
        return true;
    }
    if (!client_flush(client)) {
        return false;
    }
    rove_connection_idle_begin(connection,
                               rove_now() + client->site->limits.idle_time);
    ssize_t count = rove_stream_peek(client->stream, 1, &data);
    (void)rove_connection_idle_end(connection);
    client->is_gone = count <= 0;
    return !client->is_gone;
}

/* Lets the client read the last answer before the connection goes: closing it
 * while bytes of the client are unread would tear it down. */
static void linger(struct client *client)
{
    const char *data;
    ssize_t count;
    if (!client_flush(client)) {
        return;
    }
    ROVE_TIMEOUT(client->site->limits.linger_time, NULL)
    {
        if (rove_stream_shutdown(client->stream) != 0) {
            break;
        }
        while ((count = rove_stream_peek(client->stream, 1, &data)) > 0) {
            rove_stream_consume(client->stream, (size_t)count);
        }
    }
}

static int64_t serve_stream(rove_connection *connection,
                            const struct service *service, rove_stream *stream)
{
    struct client client = {
        .stream = stream, .site = &service->site, .connection = connection};
    if (stream == NULL) {
        return -ENOMEM;
    }
    while (await_request(&client, connection) && exchange(&client)) {
    }
    linger(&client);
    rove_stream_free(stream);
    return 0;
}

static int64_t serve_tls(rove_connection *connection,
                         const struct service *service,
                         const rove_stream_options *options)
{
    rove_tls *tls;
    int error =
        rove_tls_new(service->tls, rove_connection_fd(connection), &tls);
    if (error != 0) {
        return error;
    }
    ROVE_TIMEOUT(service->site.limits.head_time, NULL)
    {
        error = rove_tls_accept(tls);
    }
    int64_t result = error;
    if (error == 0) {
        result =
            serve_stream(connection, service, rove_tls_stream(tls, options));
    }
    rove_tls_free(tls);
    return result;
}

int64_t connection_serve(rove_connection *connection, void *arg)
{
    const struct service *service = arg;
    rove_stream_options options;
    rove_stream_options_init(&options);
    options.borrowed = 1;
    options.read_size = STREAM_SIZE;
    options.write_size = STREAM_SIZE;
    if (service->tls != NULL) {
        return serve_tls(connection, service, &options);
    }
    int fd = rove_connection_fd(connection);
    return serve_stream(connection, service, rove_stream_new(fd, &options));
}
