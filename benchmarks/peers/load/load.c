#include "benchmarks/peers/load/load.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/compare/load/clock.h"
#include "benchmarks/peers/load/connection.h"

#define EVENTS  512
#define SILENCE 10000 /* ms without any answer */

/* So many may wait to be accepted, far below any backlog. */
#define UNACCEPTED 128

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct connection *connections;
    unsigned opened;
    int epoll;
    bool is_window;
    int64_t now; /* when the answers at hand were read */
};

static int complain(const struct connection *connection, int error)
{
    fprintf(stderr, "peers_load: connection %u: %s\n", connection->id,
            error == -EPROTO ? "a wrong answer" : strerror(-error));
    return error;
}

static void count_answer(void *context, int64_t since)
{
    struct load *load = context;
    if (load->is_window) {
        load->result->requests++;
        histogram_add(&load->result->latency, load->now - since);
    }
}

/* One request and its answer, blocking: the server has accepted by then. */
static int greet(struct load *load, struct connection *connection)
{
    int got = connection_send(connection, 1, clock_now());
    while (got == 0) {
        got = connection_receive(connection, count_answer, load);
    }
    if (got == -EAGAIN) {
        got = -ETIMEDOUT;
    }
    return got < 0 ? got : 0;
}

static int watch(struct load *load, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = connection->id};
    return epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0
               ? -errno
               : 0;
}

static int open_all(struct load *load)
{
    const struct load_options *options = load->options;
    for (unsigned i = 0; i < options->connections; i++) {
        struct connection *connection = &load->connections[i];
        int result =
            connection_open(connection, i, options->port, options->exchange);
        if (result == 0) {
            load->opened++;
            result = watch(load, connection);
        }
        if (result == 0 && (i + 1) % UNACCEPTED == 0) {
            result = greet(load, connection);
        }
        if (result < 0) {
            return complain(connection, result);
        }
    }
    return 0;
}

static int serve_event(struct load *load, uint32_t id)
{
    struct connection *connection = &load->connections[id];
    int count = connection_receive(connection, count_answer, load);
    if (count > 0) {
        count = connection_send(connection, (unsigned)count, load->now);
    }
    return count < 0 ? complain(connection, count) : 0;
}

/* Until the time has come. */
static int pump(struct load *load, int64_t end)
{
    struct epoll_event events[EVENTS];
    while ((load->now = clock_now()) < end) {
        int count = epoll_wait(load->epoll, events, EVENTS, SILENCE);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            fputs("peers_load: no answer any more\n", stderr);
            return -ETIMEDOUT;
        }
        for (int i = 0; i < count; i++) {
            load->now = clock_now();
            int result = serve_event(load, events[i].data.u32);
            if (result < 0) {
                return result;
            }
        }
    }
    return 0;
}

static double server_seconds(const struct load_options *options)
{
    double sum = 0;
    for (unsigned i = 0; i < options->server_count; i++) {
        clockid_t clock;
        if (clock_getcpuclockid(options->servers[i], &clock) == 0) {
            sum += (double)clock_read(clock) / 1e9;
        }
    }
    return sum;
}

static int run_window(struct load *load)
{
    struct load_result *result = load->result;
    int64_t begin = clock_now();
    double cpu = server_seconds(load->options);
    load->is_window = true;
    int status = pump(load, begin + load->options->window);
    load->is_window = false;
    result->server_cpu = server_seconds(load->options) - cpu;
    result->seconds = (double)(clock_now() - begin) / 1e9;
    return status;
}

static int run_all(struct load *load)
{
    int status = open_all(load);
    for (unsigned i = 0; status == 0 && i < load->opened; i++) {
        status = connection_send(&load->connections[i], load->options->depth,
                                 clock_now());
    }
    if (status == 0) {
        status = pump(load, clock_now() + load->options->warmup);
    }
    return status == 0 ? run_window(load) : status;
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load load = {
        .options = options,
        .result = result,
        .connections = calloc(options->connections, sizeof load.connections[0]),
        .epoll = epoll_create1(EPOLL_CLOEXEC),
    };
    int status = -ENOMEM;
    memset(result, 0, sizeof *result);
    if (load.connections != NULL && load.epoll >= 0) {
        status = run_all(&load);
    }
    for (unsigned i = 0; i < load.opened; i++) {
        connection_close(&load.connections[i]);
    }
    close(load.epoll);
    free(load.connections);
    return status;
}
