#include "examples/proxy/exchange.h"

#include <errno.h>

#include "examples/proxy/body.h"
#include "examples/proxy/forward.h"
#include "examples/proxy/refusal.h"
#include "examples/proxy/watch.h"

struct exchange {
    struct proxy *proxy;
    struct client *client;
    struct message *request;
    bool is_head; /* of the request, which its own task may be reading */
    bool is_old;
    bool is_kept;              /* the client was told that it may ask again */
    enum framing body_framing; /* of the request */
    enum framing framing;      /* of the answer, when it has begun */
    struct link *link;
    struct patience patience;
    struct message answer;
    bool has_head;  /* the answer has: an upstream is there */
    bool has_begun; /* the client has got some of it */
    bool is_stale;  /* the link was a used one, and gone */
    bool has_left;  /* the client has */
};

/* In the HTTP methods' own words: safe or idempotent. Its body cannot be sent
 * again, having gone through. */
static bool may_repeat(const struct message *request)
{
    switch (request->parser.method) {
    case HTTP_GET:
    case HTTP_HEAD:
    case HTTP_OPTIONS:
    case HTTP_TRACE:
    case HTTP_PUT:
    case HTTP_DELETE:
        return request->is_complete;
    default:
        return false;
    }
}

/* Reads up to the head of the last answer, sending the others on. */
static bool read_answer(struct exchange *exchange)
{
    struct message *answer = &exchange->answer;
    struct peer *from = &exchange->link->peer;
    for (;;) {
        int error =
            message_read_answer(answer, from->stream, exchange->is_head);
        if (error == 0 && answer->parser.status_code == 101) {
            error = -EPROTO; /* nobody asked for another protocol */
        }
        if (error != 0) {
            from->read_error = error;
            return false;
        }
        patience_renew(&exchange->patience);
        if (!exchange->has_head) {
            exchange->has_head = true;
            upstream_report(exchange->link->upstream, true);
        }
        if (!message_is_interim(answer)) {
            return true;
        }
        if (!exchange->is_old) {
            exchange->has_begun = true;
            forward_interim(answer, &exchange->client->peer);
            if (!peer_flush(&exchange->client->peer)) {
                return false;
            }
        }
    }
}

static bool receive(struct exchange *exchange)
{
    struct message *answer = &exchange->answer;
    struct peer *client = &exchange->client->peer;
    if (!read_answer(exchange)) {
        return false;
    }
    enum framing framing = forward_framing(answer, exchange->is_old);
    exchange->framing = framing;
    exchange->has_begun = true;
    exchange->is_kept =
        exchange->is_kept && framing != FRAMING_CLOSE &&
        !rove_connection_is_draining(exchange->client->connection);
    forward_answer(answer, client, framing, exchange->is_old,
                   exchange->is_kept);
    return body_forward(answer, &exchange->link->peer, client, framing);
}

/* A client that goes away in the middle of its request, or behind it, ends the
 * exchange; an upstream that does not want the rest may still answer. */
static int64_t send_body(void *arg)
{
    struct exchange *exchange = arg;
    struct peer *client = &exchange->client->peer;
    struct peer *upstream = &exchange->link->peer;
    if (body_forward(exchange->request, client, upstream,
                     exchange->body_framing)) {
        (void)peer_flush(upstream);
        return watch(client);
    }
    bool has_left =
        client->read_error == -ENODATA || client->read_error == -ECONNRESET;
    return has_left ? -EPIPE : client->read_error;
}

/* The body in a task of its own: an upstream may answer before it has all. */
static bool converse(struct exchange *exchange)
{
    bool is_answered = false;
    int64_t status = 0;
    if (exchange->request->is_complete) {
        return peer_flush(&exchange->link->peer) && receive(exchange);
    }
    ROVE_GROUP(group, 0, &status)
    {
        is_answered = rove_group_spawn(&group, send_body, exchange) == 0 &&
                      receive(exchange);
        rove_group_cancel(&group); /* nobody wants the rest */
    }
    exchange->has_left = status == -EPIPE;
    return is_answered;
}

/* Keeps the link for the next request, or frees it. */
static void settle(struct exchange *exchange, bool is_answered)
{
    struct link *link = exchange->link;
    exchange->link = NULL;
    link->peer.patience = NULL;
    if (is_answered && exchange->answer.keeps_alive &&
        exchange->request->is_complete && link->peer.write_error == 0) {
        pool_put(&link->upstream->pool, link);
    } else {
        link_free(link);
    }
}

static int status_of(int error)
{
    switch (error) {
    case -EHOSTDOWN:
        return 503;
    case -ETIMEDOUT:
        return 504;
    default:
        return 502;
    }
}

/* Why there was no answer, when there was none: the status to refuse with. */
static int judge(const struct exchange *exchange, struct upstream *upstream,
                 int cause)
{
    const struct peer *client = &exchange->client->peer;
    if (client->read_error != 0 && !exchange->has_head) {
        return cause == -ETIMEDOUT ? 408 : 400;
    }
    if (cause != -ECANCELED && !exchange->has_head) {
        upstream_report(upstream, false);
    }
    return status_of(cause);
}

/* Asks over a link that is there. The link is given back before the last bytes
 * of the answer go to the client, so that whoever has seen an answer finds the
 * link for the next request. */
static int ask_over(struct exchange *exchange, struct link *link)
{
    struct peer *client = &exchange->client->peer;
    struct upstream *upstream = link->upstream;
    exchange->link = link;
    exchange->is_stale = link->is_reused;
    patience_begin(&exchange->patience, exchange->proxy->options.timeout);
    client->patience = &exchange->patience;
    link->peer.patience = &exchange->patience;
    exchange->body_framing = forward_request(exchange->request, &link->peer,
                                             exchange->client->address);
    bool is_answered = converse(exchange);
    settle(exchange, is_answered);
    is_answered = is_answered && peer_flush(client);
    client->patience = NULL;
    int cause = patience_end(&exchange->patience);
    exchange->is_stale =
        exchange->is_stale && !exchange->has_head && cause == 0;
    if (is_answered || exchange->is_stale) {
        return is_answered ? 0 : 502;
    }
    return judge(exchange, upstream, cause);
}

/* Asks one upstream. 0: it has answered; or the status to refuse with. */
static int ask(struct exchange *exchange, bool is_fresh)
{
    struct link *link;
    int error = balancer_open(&exchange->proxy->balancer, is_fresh, &link);
    return error != 0 ? status_of(error) : ask_over(exchange, link);
}

/* Asks, once more if need be, as long as the client is there. */
static int ask_watched(struct exchange *exchange)
{
    int status = 0;
    int64_t watched = 0;
    ROVE_GROUP(group, 0, &watched)
    {
        watch_begin(&group, &exchange->client->peer);
        status = ask(exchange, false);
        if (exchange->is_stale && may_repeat(exchange->request)) {
            status = ask(exchange, true);
        }
        rove_group_cancel(&group);
    }
    exchange->has_left |= watched == -EPIPE;
    return status;
}

bool exchange(struct proxy *proxy, struct client *client,
              struct message *request)
{
    struct exchange exchange = {.proxy = proxy,
                                .client = client,
                                .request = request,
                                .is_head = request->is_head,
                                .is_old = request->is_old,
                                .is_kept = request->keeps_alive};
    int status = ask_watched(&exchange);
    if (status == 0) {
        return exchange.is_kept && request->is_complete;
    }
    if (exchange.has_begun || exchange.has_left) {
        client->is_cut = exchange.framing == FRAMING_CLOSE;
        return false;
    }
    bool is_kept = exchange.is_kept && request->is_complete &&
                   !rove_connection_is_draining(client->connection);
    return refusal_write(&client->peer, status, exchange.is_head, is_kept) &&
           is_kept;
}
