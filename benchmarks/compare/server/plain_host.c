#include "benchmarks/compare/server/plain_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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

#define EVENTS 256

/* In the list of all connections, which is circular through the host's own. */
struct connection {
    struct connection *next, *previous;
    int fd;
    bool wants_write; /* output waits for room in the socket */
    struct session session;
};

/* Used by the loop's thread alone from the start to the join. */
struct host {
    const struct service *service;
    int64_t work;
    pthread_t thread;
    int epoll, listener, stop;
    uint64_t errors, failures;
    struct connection all; /* only its links are used */
};

static void close_connection(struct host *host, struct connection *connection)
{
    host->failures += connection->session.failed;
    connection->previous->next = connection->next;
    connection->next->previous = connection->previous;
    close(connection->fd);
    free(connection);
}

/* False: the connection ends. */
static bool flush(struct connection *connection)
{
    size_t size;
    const char *bytes = session_output(&connection->session, &size);
    connection->wants_write = false;
    while (size > 0) {
        ssize_t sent = send(connection->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            connection->wants_write = errno == EAGAIN;
            return connection->wants_write;
        }
        session_sent(&connection->session, (size_t)sent);
        bytes = session_output(&connection->session, &size);
    }
    return true;
}

/* Answers what is there. False: the connection ends. */
static bool answer_all(struct connection *connection)
{
    for (;;) {
        switch (session_next(&connection->session)) {
        case SESSION_READ:
            return flush(connection);
        case SESSION_REQUEST:
            session_answer(&connection->session);
            break;
        case SESSION_FLUSH:
            if (!flush(connection)) {
                return false;
            }
            if (connection->wants_write) {
                return true;
            }
            break;
        case SESSION_CLOSE:
            flush(connection);
            return connection->wants_write;
        }
    }
}

/* Reads until the socket is empty, as an edge-triggered loop must; a read that
 * did not fill its buffer has emptied a stream socket. False: the connection
 * ends. */
static bool serve(struct connection *connection, bool hung_up)
{
    if (connection->wants_write && !answer_all(connection)) {
        return false;
    }
    while (!connection->wants_write) {
        size_t room;
        char *space = session_space(&connection->session, &room);
        ssize_t size = recv(connection->fd, space, room, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return errno == EAGAIN;
        }
        if (size == 0) {
            return false;
        }
        session_received(&connection->session, (size_t)size);
        if (!answer_all(connection)) {
            shutdown(connection->fd, SHUT_WR);
            return false;
        }
        if ((size_t)size < room && !hung_up) {
            return true;
        }
    }
    return true;
}

static void add_connection(struct host *host, int fd)
{
    int on = 1;
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL) {
        host->errors++;
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->fd = fd;
    connection->wants_write = false;
    connection->next = &host->all;
    connection->previous = host->all.previous;
    connection->previous->next = connection;
    host->all.previous = connection;
    session_open(&connection->session, host->service, 0);
    connection->session.work = host->work;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    if (epoll_ctl(host->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        host->errors++;
        close_connection(host, connection);
    }
}

static void accept_all(struct host *host)
{
    for (;;) {
        int fd =
            accept4(host->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_connection(host, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                   errno == ENOBUFS) {
            poll(NULL, 0, 10); /* the listener stays readable */
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void *run_loop(void *arg)
{
    struct host *host = arg;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(host->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            uint32_t is = events[i].events;
            if (events[i].data.ptr == &host->stop) {
                return NULL;
            }
            if (events[i].data.ptr == &host->listener) {
                accept_all(host);
                continue;
            }
            struct connection *connection = events[i].data.ptr;
            if (!serve(connection, (is & (EPOLLRDHUP | EPOLLHUP)) != 0)) {
                close_connection(host, connection);
            }
        }
    }
}

static int open_listener(uint16_t *port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(*port)};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, length) < 0 ||
        listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static int watch(struct host *host, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    return epoll_ctl(host->epoll, EPOLL_CTL_ADD, *fd, &event) < 0 ? -errno : 0;
}

static void free_host(struct host *host)
{
    close(host->epoll);
    close(host->listener);
    close(host->stop);
    free(host);
}

static int start(const struct host_options *options, void **out, uint16_t *port)
{
    *port = options->port;
    int listener = open_listener(port);
    struct host *host = listener < 0 ? NULL : calloc(1, sizeof *host);
    if (host == NULL) {
        return listener < 0 ? listener : -ENOMEM;
    }
    host->service = options->service;
    host->work = options->work;
    host->all.next = host->all.previous = &host->all;
    host->listener = listener;
    host->epoll = epoll_create1(EPOLL_CLOEXEC);
    host->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int result = watch(host, &host->listener);
    if (result == 0) {
        result = watch(host, &host->stop);
    }
    if (result == 0) {
        result = -pthread_create(&host->thread, NULL, run_loop, host);
    }
    if (result < 0) {
        free_host(host);
        return result;
    }
    *out = host;
    return 0;
}

static int stop(void *arg, struct host_report *report)
{
    struct host *host = arg;
    uint64_t one = 1;
    if (write(host->stop, &one, sizeof one) < 0) {
        return -errno;
    }
    pthread_join(host->thread, NULL);
    struct connection *connection = host->all.next;
    while (connection != &host->all) {
        struct connection *next = connection->next;
        close_connection(host, connection);
        connection = next;
    }
    *report = (struct host_report){
        .errors = host->errors,
        .failures = host->failures,
    };
    free_host(host);
    return 0;
}

const struct host_kind plain_host = {start, stop};
