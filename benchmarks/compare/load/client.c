#include "benchmarks/compare/load/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define IN_FLIGHT_MAX (1u << 20)
#define RECEIVE       65536
#define PATIENCE      10 /* seconds, while the socket blocks */

static uint64_t tag_of(const struct client *client, uint32_t sequence)
{
    return (uint64_t)client->id << 32 | sequence;
}

int client_open(struct client *client, uint32_t id,
                const struct sockaddr_in *server, in_addr_t source)
{
    int on = 1;
    struct timeval patience = {.tv_sec = PATIENCE};
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = source;
    memset(client, 0, sizeof *client);
    client->id = id;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0) {
        return -errno;
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    /* The port is chosen at connect, when the pair of addresses is known. */
    setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(client->fd, (struct sockaddr *)&own, sizeof own) < 0 ||
        connect(client->fd, (const struct sockaddr *)server, sizeof *server) <
            0) {
        int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
        client_close(client);
        return -error;
    }
    return 0;
}

void client_close(struct client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
    free(client->since);
    free(client->unsent);
    free(client->rest);
    client->since = NULL;
    client->unsent = client->rest = NULL;
    client->ring = 0;
    client->unsent_at = client->unsent_end = client->unsent_room = 0;
    client->rest_size = 0;
}

int client_ask_where(struct client *client, struct client_shared *shared)
{
    char bytes[WIRE_MAX];
    uint64_t tag = tag_of(client, client->sent);
    size_t size =
        shared->wire->write(bytes, REQUEST_WHERE, tag, shared->payload);
    if (send(client->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
        return errno != 0 ? -errno : -EIO;
    }
    size = 0;
    for (;;) {
        ssize_t part = recv(client->fd, bytes + size, sizeof bytes - size, 0);
        if (part <= 0) {
            int error = errno == EAGAIN ? ETIMEDOUT : errno;
            return part < 0 ? -error : -ECONNRESET;
        }
        size += (size_t)part;
        int checked = shared->wire->check(bytes, size, REQUEST_WHERE, tag,
                                          shared->payload, &client->where);
        if (checked != 0) {
            client->sent++;
            client->answered++;
            return checked == (int)size ? 0 : -EPROTO;
        }
    }
}

static int control(struct client *client, struct client_shared *shared, int op)
{
    struct epoll_event event = {
        .events = client->wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN,
        .data.u32 = client->id,
    };
    return epoll_ctl(shared->epoll, op, client->fd, &event) < 0 ? -errno : 0;
}

int client_watch(struct client *client, struct client_shared *shared)
{
    int flags = fcntl(client->fd, F_GETFL);
    if (flags < 0 || fcntl(client->fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        return -errno;
    }
    return control(client, shared, EPOLL_CTL_ADD);
}

static int remember(struct client *client, int64_t since)
{
    uint32_t count = client_in_flight(client);
    if (count == client->ring) {
        uint32_t ring = count == 0 ? 4 : count * 2;
        int64_t *grown = count >= IN_FLIGHT_MAX
                             ? NULL
                             : malloc(ring * sizeof client->since[0]);
        if (grown == NULL) {
            return -ENOBUFS;
        }
        for (uint32_t i = client->answered; i != client->sent; i++) {
            grown[i & (ring - 1)] = client->since[i & (client->ring - 1)];
        }
        free(client->since);
        client->since = grown;
        client->ring = ring;
    }
    client->since[client->sent & (client->ring - 1)] = since;
    return 0;
}

static int keep_unsent(struct client *client, const char *bytes, size_t size)
{
    if (client->unsent_end + size > client->unsent_room) {
        size_t room = (client->unsent_end + size) * 2;
        char *grown = realloc(client->unsent, room);
        if (grown == NULL) {
            return -ENOBUFS;
        }
        client->unsent = grown;
        client->unsent_room = room;
    }
    memcpy(client->unsent + client->unsent_end, bytes, size);
    client->unsent_end += size;
    return 0;
}

/* Returns how much the socket took, or -errno. */
static ssize_t send_some(struct client *client, const char *bytes, size_t size)
{
    for (;;) {
        ssize_t sent =
            send(client->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            return sent;
        }
        if (errno != EINTR) {
            return errno == EAGAIN ? 0 : -errno;
        }
    }
}

int client_flush(struct client *client, struct client_shared *shared)
{
    size_t size = client->unsent_end - client->unsent_at;
    if (size > 0) {
        ssize_t sent =
            send_some(client, client->unsent + client->unsent_at, size);
        if (sent < 0) {
            return (int)sent;
        }
        client->unsent_at += (size_t)sent;
    }
    bool waits = client->unsent_at < client->unsent_end;
    if (!waits) {
        client->unsent_at = client->unsent_end = 0;
    }
    if (waits == client->wants_write) {
        return 0;
    }
    client->wants_write = waits;
    return control(client, shared, EPOLL_CTL_MOD);
}

int client_send(struct client *client, struct client_shared *shared,
                int64_t since)
{
    char bytes[WIRE_MAX];
    int result = remember(client, since);
    if (result < 0) {
        return result;
    }
    size_t size = shared->wire->write(
        bytes, client->computes ? REQUEST_COMPUTE : REQUEST_PLAIN,
        tag_of(client, client->sent), shared->payload);
    client->sent++;
    ssize_t sent = 0;
    if (client->unsent_end == 0) {
        sent = send_some(client, bytes, size);
        if (sent == (ssize_t)size) {
            return 0;
        }
    }
    if (sent < 0) {
        return (int)sent;
    }
    result = keep_unsent(client, bytes + sent, size - (size_t)sent);
    return result < 0 ? result : client_flush(client, shared);
}

/* Takes whole answers off the front. Returns how many bytes, or -errno. */
static int take_answers(struct client *client, struct client_shared *shared,
                        const char *bytes, size_t size,
                        client_answered_fn *answered, void *context)
{
    enum request_kind kind = client->computes ? REQUEST_COMPUTE : REQUEST_PLAIN;
    size_t taken = 0;
    while (client_in_flight(client) > 0) {
        int one = shared->wire->check(bytes + taken, size - taken, kind,
                                      tag_of(client, client->answered),
                                      shared->payload, NULL);
        if (one <= 0) {
            return one < 0 ? one : (int)taken;
        }
        taken += (size_t)one;
        int64_t since = client->since[client->answered & (client->ring - 1)];
        client->answered++;
        answered(context, client, since);
    }
    return taken == size ? (int)taken : -EPROTO; /* nobody asked for it */
}

static int keep_rest(struct client *client, const char *bytes, size_t size)
{
    if (client->rest == NULL) {
        client->rest = malloc(WIRE_MAX);
    }
    if (client->rest == NULL || size > WIRE_MAX) {
        return client->rest == NULL ? -ENOMEM : -EPROTO;
    }
    memcpy(client->rest, bytes, size);
    client->rest_size = size;
    return 0;
}

int client_receive(struct client *client, struct client_shared *shared,
                   client_answered_fn *answered, void *context)
{
    static char bytes[WIRE_MAX + RECEIVE]; /* one thread */
    size_t size = client->rest_size;
    if (size > 0) {
        memcpy(bytes, client->rest, size);
    }
    ssize_t part = recv(client->fd, bytes + size, RECEIVE, 0);
    if (part == 0) {
        return -ECONNRESET;
    }
    if (part < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    }
    size += (size_t)part;
    client->rest_size = 0;
    int taken = take_answers(client, shared, bytes, size, answered, context);
    if (taken < 0) {
        return taken;
    }
    if ((size_t)taken < size) {
        int kept = keep_rest(client, bytes + taken, size - (size_t)taken);
        return kept < 0 ? kept : client->error;
    }
    return client->error;
}
