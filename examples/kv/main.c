/* A key-value server that speaks the protocol of Redis.
 *
 *     kv --listen 127.0.0.1:6379
 *
 * From the outside in: main.c starts it and drains it, session.c keeps a
 * client, request.c reads commands and reply.c writes answers, command.c finds
 * what a command is, and strings.c, lists.c, keys.c, pubsub.c and admin.c carry
 * it out, on keyspace.c and hub.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "rove/rove.h"

#include "examples/kv/options.h"
#include "examples/kv/session.h"

struct program {
    struct options options;
    struct service service;
};

static int64_t run_server(void *arg)
{
    return rove_server_run(arg);
}

/* "listening on 127.0.0.1:6379": as asked, but with the port there is. */
static void announce(const char *where, int port)
{
    const char *colon = strrchr(where, ':');
    if (port > 0 && colon != NULL) {
        printf("listening on %.*s:%d\n", (int)(colon - where), where, port);
    } else {
        printf("listening on %s\n", where);
    }
    fflush(stdout);
}

/* Serves until a signal comes, or until the server has failed. */
static int64_t serve_until_told(struct program *program, rove_signals *stop)
{
    rove_server *server = program->service.server;
    rove_task *running = rove_spawn(run_server, server);
    rove_task *sweeping = rove_spawn(keyspace_sweep, program->service.keys);
    rove_case cases[] = {rove_on_signal(stop), rove_on_task(running)};
    if (rove_select(cases, 2, 0) == 0) {
        rove_server_drain(server, rove_now() + program->options.drain_time);
    }
    int64_t result = rove_join(running);
    if (sweeping != NULL) {
        rove_cancel(sweeping);
    }
    (void)rove_join(sweeping);
    return result;
}

static int64_t listen_and_serve(struct program *program)
{
    static const int ends[] = {SIGINT, SIGTERM};
    const char *where = program->options.listen;
    rove_listen_options listen;
    rove_signals *stop;
    int64_t result = rove_signals_new(ends, 2, &stop);
    if (result < 0) {
        return result;
    }
    rove_listen_options_init(&listen);
    listen.unix_replace = 1;
    result = rove_server_listen(program->service.server, where, &listen);
    if (result >= 0) {
        announce(where, (int)result);
        result = serve_until_told(program, stop);
    }
    rove_signals_free(stop);
    return result;
}

static int64_t start(void *arg)
{
    struct program *program = arg;
    struct service *service = &program->service;
    rove_server_options options;
    rove_server_options_init(&options);
    options.connections_max = program->options.connections_max;
    service->limits = program->options.limits;
    service->keys = keyspace_new();
    service->hub = hub_new();
    service->server = rove_server_new(&options, session_serve, service);
    int64_t result = -ENOMEM;
    if (service->keys != NULL && service->hub != NULL &&
        service->server != NULL) {
        result = listen_and_serve(program);
    }
    rove_server_free(service->server);
    free(service->hub);
    keyspace_free(service->keys);
    return result;
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

int main(int argc, char **argv)
{
    static struct program program;
    rove_options options;
    options_read(&program.options, argc, argv);
    raise_limit();
    rove_options_init(&options);
    options.workers = program.options.workers;
    int64_t result = rove_run(&options, start, &program);
    /* Who did not end in time was cancelled: that is no failure. */
    if (result < 0 && result != -ETIMEDOUT) {
        fprintf(stderr, "kv: %s: %s\n", program.options.listen,
                strerror((int)-result));
        return 1;
    }
    return 0;
}
