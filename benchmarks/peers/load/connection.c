#include "benchmarks/peers/load/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define RECEIVE  65536
#define PATIENCE 20 /* seconds, while the socket blocks */

static uint64_t tag_of(const struct connection *connection, uint32_t sequence)
{
    return (uint64_t)connection->id << 32 | sequence;
}

int connection_open(struct connection *connection, uint32_t id, uint16_t port,
                    const struct exchange *exchange)
{
    int on = 1;
    struct timeval patience = {.tv_sec = PATIENCE};
    struct linger none = {.l_onoff = 1};
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(connection, 0, sizeof *connection);
    connection->exchange = exchange;
    connection->id = id;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        return -errno;
    }
    int fd = connection->fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) {
        int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
        connection_close(connection);
        return -error;
    }
    return 0;
}

void connection_close(struct connection *connection)
{
    if (connection->fd >= 0) {
        close(connection->fd);
        connection->fd = -1;
    }
}

int connection_send(struct connection *connection, unsigned count, int64_t now)
{
    static char bytes[CONNECTION_DEPTH_MAX * EXCHANGE_REQUEST_MAX];
    const struct exchange *exchange = connection->exchange;
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        exchange->write(bytes + size, tag_of(connection, connection->sent));
        connection->since[connection->sent % CONNECTION_DEPTH_MAX] = now;
        connection->sent++;
        size += exchange->request_size;
    }
    /* All that can be in flight has room in the socket. */
    ssize_t sent = send(connection->fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0) {
        return -errno;
    }
    return (size_t)sent == size ? 0 : -ENOBUFS;
}

/* Takes whole answers off the front. Returns their number, or -errno; *taken
 * is their size. */
static int take_answers(struct connection *connection, const char *bytes,
                        size_t size, size_t *taken,
                        connection_answered_fn *answered, void *context)
{
    int count = 0;
    *taken = 0;
    while (*taken < size) {
        if (connection->answered == connection->sent) {
            return -EPROTO; /* nobody asked for it */
        }
        int one = connection->exchange->check(
            bytes + *taken, size - *taken,
            tag_of(connection, connection->answered));
        if (one <= 0) {
            return one < 0 ? one : count;
        }
        *taken += (size_t)one;
        answered(
            context,
            connection->since[connection->answered % CONNECTION_DEPTH_MAX]);
        connection->answered++;
        count++;
    }
    return count;
}

int connection_receive(struct connection *connection,
                       connection_answered_fn *answered, void *context)
{
    static char bytes[EXCHANGE_ANSWER_MAX + RECEIVE]; /* one thread */
    size_t size = connection->rest_size;
    memcpy(bytes, connection->rest, size);
    ssize_t part = recv(connection->fd, bytes + size, RECEIVE, 0);
    if (part <= 0) {
        return part == 0 ? -ECONNRESET : -errno;
    }
    size += (size_t)part;
    size_t taken;
    int count =
        take_answers(connection, bytes, size, &taken, answered, context);
    if (count < 0) {
        return count;
    }
    connection->rest_size = size - taken;
    if (connection->rest_size > sizeof connection->rest) {
        return -EPROTO;
    }
    memcpy(connection->rest, bytes + taken, connection->rest_size);
    return count;
}
