/* An HTTP/1.1 server with keep-alive and pipelining, on all CPUs.
 *
 *     http_hello [port [workers]]
 *
 * Each connection is a task that reads like a program of its own. The parser
 * (libhttp-parser) calls back for each request, and the callback may write to
 * the socket: a task can wait at any depth of its stack.
 */
#include <errno.h>
#include <http_parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "rove/rove.h"

#define HEAD "Content-Type: text/plain\r\nContent-Length: 13\r\n"
#define BODY "Hello, world\n"

struct connection {
    int fd;
    http_parser parser;
    bool is_over; /* the last answer was given, or cannot be */
    size_t size;  /* of the answers not yet written */
    char answers[4096];
};

static void flush(struct connection *connection)
{
    ssize_t size = (ssize_t)connection->size;
    connection->size = 0;
    if (rove_write_all(connection->fd, connection->answers, (size_t)size,
                       NULL) != size) {
        connection->is_over = true;
    }
}

static void append(struct connection *connection, const char *text)
{
    size_t size = strlen(text);
    if (connection->size + size > sizeof connection->answers) {
        flush(connection);
    }
    memcpy(connection->answers + connection->size, text, size);
    connection->size += size;
}

static int on_head(http_parser *parser)
{
    parser->upgrade = 0; /* none is offered: the request is answered as usual */
    return 0;
}

static int on_request(http_parser *parser)
{
    struct connection *connection = parser->data;
    bool is_head = parser->method == HTTP_HEAD;
    if (is_head || parser->method == HTTP_GET) {
        append(connection, "HTTP/1.1 200 OK\r\n" HEAD);
    } else {
        append(connection, "HTTP/1.1 405 Method Not Allowed\r\n"
                           "Allow: GET, HEAD\r\n" HEAD);
    }
    if (!http_should_keep_alive(parser)) {
        append(connection, "Connection: close\r\n");
        connection->is_over = true;
    } else if (parser->http_minor == 0) {
        append(connection, "Connection: keep-alive\r\n");
    }
    append(connection, is_head ? "\r\n" : "\r\n" BODY);
    return connection->is_over; /* not 0: parse no further */
}

static int64_t serve(void *arg)
{
    static const http_parser_settings settings = {
        .on_headers_complete = on_head,
        .on_message_complete = on_request,
    };
    struct connection *connection = arg;
    http_parser *parser = &connection->parser;
    char bytes[4096];
    http_parser_init(parser, HTTP_REQUEST);
    parser->data = connection;
    while (!connection->is_over) {
        ssize_t size = rove_read(connection->fd, bytes, sizeof bytes);
        if (size <= 0) {
            break;
        }
        http_parser_execute(parser, &settings, bytes, (size_t)size);
        if (HTTP_PARSER_ERRNO(parser) != HPE_OK && !connection->is_over) {
            append(connection,
                   "HTTP/1.1 400 Bad Request\r\n"
                   "Content-Length: 0\r\nConnection: close\r\n\r\n");
            connection->is_over = true;
        }
        flush(connection);
    }
    rove_close(connection->fd);
    free(connection);
    return 0;
}

/* One of these is pinned to each worker, with a listener of its own. */
static int64_t accept_all(void *arg)
{
    int listener = (int)(intptr_t)arg;
    int fd;
    while ((fd = rove_accept(listener, NULL, NULL)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection != NULL) {
            connection->fd = fd;
            rove_tcp_set_nodelay(fd, 1);
        }
        if (connection == NULL || rove_go(serve, connection) < 0) {
            free(connection);
            rove_close(fd);
        }
    }
    rove_close(listener);
    return fd == -ECANCELED ? 0 : fd;
}

static int64_t start(void *arg)
{
    uint16_t port = *(const uint16_t *)arg;
    unsigned workers = rove_runtime_workers(rove_runtime_current());
    rove_listen_options listen;
    rove_task_options task;
    rove_listen_options_init(&listen);
    rove_task_options_init(&task);
    listen.reuse_port = 1;
    task.pinned = 1;
    for (unsigned i = 0; i < workers; i++) {
        int listener = rove_tcp_listen(NULL, port, &listen);
        int bound = listener < 0 ? listener : rove_local_port(listener);
        if (bound < 0) {
            return bound;
        }
        port = (uint16_t)bound;
        task.worker = (int32_t)i;
        rove_task *accepting =
            rove_spawn_with(&task, accept_all, (void *)(intptr_t)listener);
        if (accepting == NULL) {
            return rove_join(NULL);
        }
        rove_detach(accepting);
    }
    return port;
}

/* Each connection is a descriptor: take all this process may have. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The number an argument stands for, up to `most`; without one `otherwise`. */
static uint32_t number(const char *argument, uint32_t most, uint32_t otherwise)
{
    if (argument == NULL) {
        return otherwise;
    }
    char *end;
    errno = 0;
    unsigned long value = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 ||
        value > most) {
        fprintf(stderr, "usage: http_hello [port [workers]]\n");
        exit(2);
    }
    return (uint32_t)value;
}

int main(int argc, char **argv)
{
    uint16_t port = (uint16_t)number(argc > 1 ? argv[1] : NULL, 65535, 8080);
    rove_options options;
    rove_runtime *runtime;
    sigset_t ends;
    int signal;
    rove_options_init(&options);
    options.workers = number(argc > 2 ? argv[2] : NULL, 256, 0);
    raise_limit();
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);

    int64_t result = rove_runtime_new(&options, &runtime);
    if (result == 0) {
        result = rove_join(rove_runtime_spawn(runtime, start, &port));
        if (result > 0) {
            printf("http://127.0.0.1:%d/\n", (int)result);
            fflush(stdout);
            sigwait(&ends, &signal);
        }
        if (rove_runtime_shutdown(runtime, rove_now() + 5 * ROVE_SEC) == 0) {
            rove_runtime_free(runtime);
        }
    }
    if (result < 0) {
        fprintf(stderr, "http_hello: %s\n", strerror((int)-result));
        return 1;
    }
    return 0;
}
