/* One connection of the load: so many requests in flight, each replaced as
 * soon as it is answered; what is answered together is replaced by one write.
 */
#ifndef BENCHMARKS_PEERS_LOAD_CONNECTION_H
#define BENCHMARKS_PEERS_LOAD_CONNECTION_H

#include <stdint.h>

#include "benchmarks/peers/load/exchange.h"

#define CONNECTION_DEPTH_MAX 64

struct connection {
    const struct exchange *exchange;
    int fd;
    uint32_t id;
    uint32_t sent, answered; /* requests */
    size_t rest_size;
    int64_t since[CONNECTION_DEPTH_MAX]; /* when those in flight were sent */
    char rest[EXCHANGE_ANSWER_MAX];      /* the beginning of an answer */
};

/* Called for each answer, with the time when its request was sent. */
typedef void connection_answered_fn(void *context, int64_t since);

/* Connects to the port of 127.0.0.1; blocking. 0 or -errno. */
int connection_open(struct connection *connection, uint32_t id, uint16_t port,
                    const struct exchange *exchange);

/* Closes without a farewell, so that no port is kept waiting. */
void connection_close(struct connection *connection);

/* Sends `count` requests that count from `now`. 0 or -errno. */
int connection_send(struct connection *connection, unsigned count, int64_t now);

/* Reads once. Returns how many answers came, all right, or -errno: -EPROTO for
 * a wrong one, -ECONNRESET when the server closed. */
int connection_receive(struct connection *connection,
                       connection_answered_fn *answered, void *context);

#endif
