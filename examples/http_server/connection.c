#include "examples/http_server/connection.h"

#include <errno.h>
#include <stdlib.h>

#include "adapters/openssl/rove_tls.h"
#include "examples/http_server/client.h"
#include "examples/http_server/exchange.h"

/* What is kept of a connection while it rests. */
struct session {
    rove_tls *tls; /* NULL: without, or before its first byte */
    uint32_t served;
    bool is_woken; /* something has come, of which a request may be made */
    rove_time idle_until;
};

enum coming { REQUEST, NOTHING_YET, NOTHING };

/* Waits for the first byte of a request. When something has woken a connection
 * the rest is waited for as long as it takes: on TLS it may be less than a
 * byte. */
static enum coming await_request(struct client *client,
                                 rove_connection *connection,
                                 struct session *session)
{
    const struct limits *limits = &client->site->limits;
    const char *data;
    if (rove_stream_buffered(client->stream, NULL) != 0) {
        return REQUEST;
    }
    if (!client_flush(client)) {
        return NOTHING;
    }
    rove_time until = session->idle_until;
    if (!session->is_woken) {
        rove_time now = rove_now();
        session->idle_until = now + limits->idle_time;
        until = now + limits->rest_time;
    }
    bool may_rest = until < session->idle_until;
    rove_connection_idle_begin(connection,
                               may_rest ? until : session->idle_until);
    ssize_t count = rove_stream_peek(client->stream, 1, &data);
    int status = rove_connection_idle_end(connection);
    session->is_woken = false;
    if (count > 0) {
        return REQUEST;
    }
    if (count == -ECANCELED && status == -ETIMEDOUT && may_rest) {
        return NOTHING_YET;
    }
    client->is_gone = true;
    return NOTHING;
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

/* OpenSSL has read something that is not a byte for us yet, or whose bytes we
 * have not asked for: then the descriptor does not tell when they are there. */
static bool is_half_awake(struct session *session)
{
    session->is_woken =
        session->tls != NULL && SSL_has_pending(rove_tls_ssl(session->tls));
    return session->is_woken;
}

static bool goes_on(struct client *client, enum coming coming,
                    struct session *session)
{
    return coming == REQUEST ? exchange(client)
                             : coming == NOTHING_YET && is_half_awake(session);
}

/* Without memory it does not rest, and is closed. */
static bool rest(rove_connection *connection, const struct session *session)
{
    struct session *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        return false;
    }
    *kept = *session;
    rove_connection_rest(connection, session->idle_until, kept);
    return true;
}

/* Serves until it is over, or rests: true. */
static bool serve_stream(rove_connection *connection, const struct site *site,
                         rove_stream *stream, struct session *session)
{
    struct client client = {.stream = stream,
                            .site = site,
                            .connection = connection,
                            .served = session->served};
    enum coming coming;
    do {
        coming = await_request(&client, connection, session);
    } while (goes_on(&client, coming, session));
    session->served = client.served;
    bool rests = coming == NOTHING_YET && rest(connection, session);
    if (!rests) {
        linger(&client);
    }
    rove_stream_free(stream);
    return rests;
}

static int begin_tls(rove_connection *connection, const struct service *service,
                     struct session *session)
{
    int error = rove_tls_new(service->tls, rove_connection_fd(connection),
                             &session->tls);
    if (error == 0) {
        ROVE_TIMEOUT(service->site.limits.head_time, NULL)
        {
            error = rove_tls_accept(session->tls);
        }
    }
    return error;
}

static rove_stream *make_stream(const rove_connection *connection,
                                const struct session *session)
{
    rove_stream_options options;
    rove_stream_options_init(&options);
    options.borrowed = 1;
    options.read_size = STREAM_SIZE;
    options.write_size = STREAM_SIZE;
    return session->tls != NULL
               ? rove_tls_stream(session->tls, &options)
               : rove_stream_new(rove_connection_fd(connection), &options);
}

static int64_t serve(rove_connection *connection, const struct service *service,
                     struct session *session)
{
    rove_stream *stream = make_stream(connection, session);
    if (stream != NULL &&
        serve_stream(connection, &service->site, stream, session)) {
        return 0;
    }
    rove_tls_free(session->tls);
    return stream != NULL ? 0 : -ENOMEM;
}

/* A client that says nothing costs no more with TLS than without: the
 * handshake waits for its first byte. */
static int64_t await_handshake(rove_connection *connection,
                               const struct service *service)
{
    struct session session = {.idle_until =
                                  rove_now() + service->site.limits.head_time};
    return rest(connection, &session) ? 0 : -ENOMEM;
}

static int64_t wake(rove_connection *connection, const struct service *service,
                    struct session *session)
{
    session->is_woken = true;
    if (service->tls != NULL && session->tls == NULL) {
        session->is_woken = false;
        int error = begin_tls(connection, service, session);
        if (error != 0) {
            rove_tls_free(session->tls);
            return error;
        }
    }
    return serve(connection, service, session);
}

int64_t connection_serve(rove_connection *connection, void *arg)
{
    const struct service *service = arg;
    struct session session = {0};
    void *kept;
    int end = rove_connection_rested(connection, &kept);
    if (kept == NULL) {
        return service->tls != NULL ? await_handshake(connection, service)
                                    : serve(connection, service, &session);
    }
    session = *(struct session *)kept;
    free(kept);
    if (end != 0) {
        rove_tls_free(session.tls);
        return 0;
    }
    return wake(connection, service, &session);
}
