/* One connection of the load generator: requests in flight, answered in the
 * order they were sent, each with the time it counts from.
 */
#ifndef BENCHMARKS_COMPARE_LOAD_CLIENT_H
#define BENCHMARKS_COMPARE_LOAD_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "benchmarks/compare/load/wire.h"

/* What all connections share. */
struct client_shared {
    const struct wire *wire;
    size_t payload;
    int epoll;
};

struct client {
    int fd;      /* -1: closed */
    uint32_t id; /* its index; also the high half of its tags */
    unsigned where;
    bool computes; /* its requests are REQUEST_COMPUTE */
    bool wants_write;
    int error; /* why it must be closed; set by who cannot close it now */
    uint32_t sent, answered; /* requests; the low halves of their tags */
    int64_t *since;          /* a ring of the times of those in flight */
    uint32_t ring;           /* its size, a power of two */
    char *unsent;            /* bytes the socket had no room for */
    size_t unsent_at, unsent_end, unsent_room;
    char *rest; /* the beginning of an answer, WIRE_MAX bytes */
    size_t rest_size;
};

/* Called for each answer that was right; `since` as given to client_send(). It
 * may send, but must not close the client: it sets `error` instead. */
typedef void client_answered_fn(void *context, struct client *client,
                                int64_t since);

/* Connects from `source` (network order), blocking. 0 or -errno. */
int client_open(struct client *client, uint32_t id,
                const struct sockaddr_in *server, in_addr_t source);
void client_close(struct client *client);

/* Asks which loop serves it, blocking; before client_watch(). 0 or -errno:
 * -ETIMEDOUT when nobody answers. */
int client_ask_where(struct client *client, struct client_shared *shared);

/* From here on the socket is nonblocking and its events come with the id. */
int client_watch(struct client *client, struct client_shared *shared);

/* Sends a request, or keeps it until the socket has room. 0 or -errno:
 * -ENOBUFS when far too much is waiting. */
int client_send(struct client *client, struct client_shared *shared,
                int64_t since);

/* Sends what had no room. 0 or -errno. */
int client_flush(struct client *client, struct client_shared *shared);

/* Reads once and calls `answered` for every whole answer. 0 or -errno:
 * -EPROTO for a wrong byte, -ECONNRESET when the server closed. */
int client_receive(struct client *client, struct client_shared *shared,
                   client_answered_fn *answered, void *context);

static inline uint32_t client_in_flight(const struct client *client)
{
    return client->sent - client->answered;
}

#endif
