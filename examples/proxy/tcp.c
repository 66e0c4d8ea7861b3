#include "examples/proxy/tcp.h"

#include <errno.h>

#include "examples/proxy/peer.h"
#include "examples/proxy/proxy.h"

struct way {
    struct peer *from;
    struct peer *to;
};

/* Carries all bytes of one way, and their end. */
static int64_t carry(void *arg)
{
    const struct way *way = arg;
    const char *data;
    ssize_t count;
    while ((count = peer_peek(way->from, &data)) > 0) {
        peer_write(way->to, (struct text){data, (size_t)count});
        peer_consume(way->from, (size_t)count);
        if (!peer_flush(way->to)) {
            return way->to->write_error;
        }
    }
    if (count == 0 && !peer_shutdown(way->to)) {
        return way->to->write_error;
    }
    return count;
}

/* One way in this task and one in a child: who fails ends both. */
static void carry_both(struct peer *client, struct peer *upstream)
{
    struct way up = {client, upstream};
    struct way down = {upstream, client};
    ROVE_GROUP(group, 0, NULL)
    {
        if (rove_group_spawn(&group, carry, &down) != 0 || carry(&up) < 0) {
            rove_group_cancel(&group);
        }
    }
}

static void relay(struct peer *client, struct peer *upstream, rove_time span)
{
    struct patience patience;
    patience_begin(&patience, span);
    client->patience = &patience;
    upstream->patience = &patience;
    carry_both(client, upstream);
    client->patience = NULL;
    upstream->patience = NULL;
    (void)patience_end(&patience);
}

int64_t tcp_serve(rove_connection *connection, void *arg)
{
    struct proxy *proxy = arg;
    struct link *link;
    rove_stream_options options;
    rove_stream_options_init(&options);
    options.borrowed = 1;
    int error = balancer_open(&proxy->balancer, true, &link);
    if (error != 0) {
        return error;
    }
    upstream_report(link->upstream, true);
    struct peer client = {
        .stream = rove_stream_new(rove_connection_fd(connection), &options)};
    if (client.stream != NULL) {
        relay(&client, &link->peer, proxy->options.idle_time);
    }
    rove_stream_free(client.stream);
    link_free(link);
    return 0;
}
