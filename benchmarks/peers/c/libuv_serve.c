/* The services of benchmarks/peers on libuv loops.
 */
#include <arpa/inet.h>
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "common.h"
#include "libuv.h"

#define BACKLOG 4096
#define BUFFER  4096

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 13\r\n\r\n"
                             "Hello, world\n";

struct connection {
    uv_tcp_t tcp;
    http_parser parser;
    size_t size; /* of the answers not yet written */
    char answers[BUFFER];
};

struct loop {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_read_cb on_read;
    char bytes[BUFFER]; /* what is read; answered before the next read */
};

/* A part of an answer that the socket had no room for. */
struct rest {
    uv_write_t write;
    char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void end(uv_handle_t *connection)
{
    if (!uv_is_closing(connection)) {
        uv_close(connection, on_closed);
    }
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void send_all(uv_stream_t *stream, const char *bytes, size_t size)
{
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)size);
    int sent = uv_try_write(stream, &buffer, 1);
    sent = sent == UV_EAGAIN ? 0 : sent;
    if (sent < 0) {
        end((uv_handle_t *)stream);
    } else if ((size_t)sent < size) {
        size_t left = size - (size_t)sent;
        struct rest *rest = malloc(sizeof *rest + left);
        require(rest != NULL);
        memcpy(rest->bytes, bytes + sent, left);
        buffer = uv_buf_init(rest->bytes, (unsigned)left);
        uv_write(&rest->write, stream, &buffer, 1, on_written);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct loop *loop = handle->loop->data;
    (void)size;
    *buffer = uv_buf_init(loop->bytes, sizeof loop->bytes);
}

static void on_echo(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    if (size < 0) {
        end((uv_handle_t *)stream);
    } else if (size > 0) {
        send_all(stream, buffer->base, (size_t)size);
    }
}

static void flush(struct connection *connection)
{
    size_t size = connection->size;
    connection->size = 0;
    send_all((uv_stream_t *)&connection->tcp, connection->answers, size);
}

static int on_request(http_parser *parser)
{
    struct connection *connection = parser->data;
    size_t size = sizeof answer - 1;
    if (connection->size + size > sizeof connection->answers) {
        flush(connection);
    }
    memcpy(connection->answers + connection->size, answer, size);
    connection->size += size;
    return 0;
}

static void on_http(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    static const http_parser_settings settings = {
        .on_message_complete = on_request,
    };
    struct connection *connection = (struct connection *)stream;
    if (size > 0) {
        http_parser_execute(&connection->parser, &settings, buffer->base,
                            (size_t)size);
    }
    if (size < 0 || HTTP_PARSER_ERRNO(&connection->parser) != HPE_OK) {
        end((uv_handle_t *)stream);
    } else if (connection->size > 0) {
        flush(connection);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct loop *loop = listener->loop->data;
    struct connection *connection = malloc(sizeof *connection);
    require(status == 0 && connection != NULL);
    connection->size = 0;
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
    uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
    uv_tcp_init(listener->loop, &connection->tcp);
    if (uv_accept(listener, stream) == 0) {
        uv_tcp_nodelay(&connection->tcp, 1);
        uv_read_start(stream, on_alloc, loop->on_read);
    } else {
        end((uv_handle_t *)stream);
    }
}

/* On the port, or on a free one that is then kept in it. */
static int open_socket(uint16_t *port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(*port)};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    require(bind(fd, (struct sockaddr *)&address, length) == 0);
    require(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void run_loop(void *arg)
{
    struct loop *loop = arg;
    uv_run(&loop->loop, UV_RUN_DEFAULT);
}

static void serve(unsigned workers, uv_read_cb on_read)
{
    uint16_t port = 0;
    char bytes[256];
    for (unsigned i = 0; i < workers; i++) {
        struct loop *loop = malloc(sizeof *loop);
        uv_thread_t thread;
        require(loop != NULL && uv_loop_init(&loop->loop) == 0);
        loop->loop.data = loop;
        loop->on_read = on_read;
        uv_tcp_init(&loop->loop, &loop->listener);
        require(uv_tcp_open(&loop->listener, open_socket(&port)) == 0);
        require(uv_listen((uv_stream_t *)&loop->listener, BACKLOG,
                          on_connection) == 0);
        require(uv_thread_create(&thread, run_loop, loop) == 0);
    }
    printf("{\"port\": %u}\n", port);
    fflush(stdout);
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
    exit(0);
}

void libuv_serve_echo(unsigned workers)
{
    serve(workers, on_echo);
}

void libuv_serve_http(unsigned workers)
{
    serve(workers, on_http);
}
