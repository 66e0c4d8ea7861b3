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
#include <stdlib.h>

#include "rove/rove.h"

#include "examples/kv/options.h"
#include "examples/kv/session.h"
#include "examples/service/service.h"

struct program {
    struct options options;
    struct service service;
};

/* Keys that have expired, and that nobody asks for, go meanwhile. */
static int64_t serve(struct program *program)
{
    rove_task *sweeping = rove_spawn(keyspace_sweep, program->service.keys);
    int64_t result =
        service_run(program->service.server, program->options.listen,
                    program->options.drain_time);
    if (sweeping != NULL) {
        rove_cancel(sweeping);
    }
    (void)rove_join(sweeping);
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
        result = serve(program);
    }
    rove_server_free(service->server);
    free(service->hub);
    keyspace_free(service->keys);
    return result;
}

int main(int argc, char **argv)
{
    static struct program program;
    rove_options options;
    options_read(&program.options, argc, argv);
    service_raise_limit();
    rove_options_init(&options);
    options.workers = program.options.workers;
    int64_t result = rove_run(&options, start, &program);
    return service_exit("kv", program.options.listen, result);
}
