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

/* One way in this task and one in a child: who fails ends both. True: both have
 * ended. */
static bool carry_both(struct peer *client, struct peer *upstream)
{
    struct way up = {client, upstream};
    struct way down = {upstream, client};
    int64_t result = -ENOMEM;
    int64_t status = 0;
    ROVE_GROUP(group, 0, &status)
    {
        if (rove_group_spawn(&group, carry, &down) == 0) {
            result = carry(&up);
        }
        if (result < 0) {
            rove_group_cancel(&group);
        }
    }
    return result == 0 && status == 0;
}

/* What was cut short is not to look like an end. */
static void relay(struct peer *client, struct peer *upstream, rove_time span)
{
    struct patience patience;
    patience_begin(&patience, span);
    client->patience = &patience;
    upstream->patience = &patience;
    if (!carry_both(client, upstream)) {
        peer_break(client);
        peer_break(upstream);
    }
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
