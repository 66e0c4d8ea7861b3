/* The services of benchmarks/peers as plain epoll loops: one thread, one epoll
 * and one listener for each worker. And the shortest wake-up there is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <http_parser.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define EVENTS 256
#define BUFFER 4096

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 13\r\n\r\n"
                             "Hello, world\n";

struct connection {
    int fd;
    http_parser parser;
    size_t size; /* of the answers not yet written */
    char answers[BUFFER];
};

/* What is read is answered; false ends the connection. */
typedef bool serve_fn(struct connection *connection, const char *bytes,
                      size_t size);

struct loop {
    int epoll, listener;
    serve_fn *serve;
};

static bool send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd room = {fd, POLLOUT, 0};
            poll(&room, 1, -1);
        } else if (sent < 0 && errno != EINTR) {
            return false;
        } else if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

static bool echo(struct connection *connection, const char *bytes, size_t size)
{
    return send_all(connection->fd, bytes, size);
}

static bool flush(struct connection *connection)
{
    size_t size = connection->size;
    connection->size = 0;
    return send_all(connection->fd, connection->answers, size);
}

static int on_request(http_parser *parser)
{
    struct connection *connection = parser->data;
    size_t size = sizeof answer - 1;
    if (connection->size + size > sizeof connection->answers &&
        !flush(connection)) {
        return -1;
    }
    memcpy(connection->answers + connection->size, answer, size);
    connection->size += size;
    return 0;
}

static bool http(struct connection *connection, const char *bytes, size_t size)
{
    static const http_parser_settings settings = {
        .on_message_complete = on_request,
    };
    http_parser *parser = &connection->parser;
    http_parser_execute(parser, &settings, bytes, size);
    return HTTP_PARSER_ERRNO(parser) == HPE_OK && flush(connection);
}

static void add_connection(struct loop *loop, int fd)
{
    int on = 1;
    struct connection *connection = malloc(sizeof *connection);
    require(connection != NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->fd = fd;
    connection->size = 0;
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    require(epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void accept_all(struct loop *loop)
{
    int fd;
    while ((fd = accept4(loop->listener, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        add_connection(loop, fd);
    }
}

static void serve(struct loop *loop, struct connection *connection)
{
    static _Thread_local char bytes[BUFFER];
    ssize_t size = recv(connection->fd, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0 || !loop->serve(connection, bytes, (size_t)size)) {
        close(connection->fd);
        free(connection);
    }
}

static void *run_loop(void *arg)
{
    struct loop *loop = arg;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(loop->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_all(loop);
            } else {
                serve(loop, events[i].data.ptr);
            }
        }
    }
    return NULL;
}

/* On the port, or on a free one that is then kept in it. */
static int open_listener(uint16_t *port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(*port)};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    require(bind(fd, (struct sockaddr *)&address, length) == 0);
    require(listen(fd, SOMAXCONN) == 0);
    require(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void serve_all(unsigned workers, serve_fn *serve)
{
    uint16_t port = 0;
    char bytes[256];
    for (unsigned i = 0; i < workers; i++) {
        struct loop *loop = malloc(sizeof *loop);
        pthread_t thread;
        require(loop != NULL);
        *loop = (struct loop){epoll_create1(EPOLL_CLOEXEC),
                              open_listener(&port), serve};
        struct epoll_event event = {.events = EPOLLIN};
        require(epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->listener, &event) ==
                0);
        require(pthread_create(&thread, NULL, run_loop, loop) == 0);
    }
    printf("{\"port\": %u}\n", port);
    fflush(stdout);
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
    exit(0);
}

static void serve_echo(unsigned workers)
{
    serve_all(workers, echo);
}

static void serve_http(unsigned workers)
{
    serve_all(workers, http);
}

static void ring(void *context, uint64_t round)
{
    uint64_t one = 1;
    (void)round;
    require(write(*(int *)context, &one, sizeof one) == sizeof one);
}

/* An eventfd that is written to while the loop sleeps in epoll. */
static void foreign_wake(unsigned workers, uint64_t ops,
                         struct outcome *outcome)
{
    (void)workers;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    struct foreign *foreign = foreign_start(ops, ring, &fd);
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t count;
        foreign_begin(foreign, i);
        while (epoll_wait(epoll, &event, 1, -1) != 1) {
        }
        foreign_end(foreign, i);
        require(read(fd, &count, sizeof count) == sizeof count && count == 1);
    }
    foreign_finish(foreign, outcome);
    close(epoll);
    close(fd);
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {
        {"foreign_wake", foreign_wake, false, 1},
        {0},
    };
    static const struct service services[] = {
        {"serve_echo", serve_echo},
        {"serve_http", serve_http},
        {0},
    };
    return common_main(argc, argv, workloads, services);
}
