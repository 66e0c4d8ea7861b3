#include "benchmarks/peers/rove/serve.h"

#include <errno.h>
#include <stdlib.h>

struct acceptor {
    int listener;
    rove_fn *body;
};

static int64_t accept_all(void *arg)
{
    struct acceptor *acceptor = arg;
    int fd;
    while ((fd = rove_accept(acceptor->listener, NULL, NULL)) >= 0) {
        rove_tcp_set_nodelay(fd, 1);
        if (rove_go(acceptor->body, (void *)(intptr_t)fd) != 0) {
            rove_close(fd);
        }
    }
    rove_close(acceptor->listener);
    free(acceptor);
    return fd == -ECANCELED ? 0 : fd;
}

static int start_acceptor(unsigned worker, int listener, rove_fn *body)
{
    struct acceptor *acceptor = malloc(sizeof *acceptor);
    if (acceptor == NULL) {
        return -ENOMEM;
    }
    *acceptor = (struct acceptor){listener, body};
    rove_task_options options;
    rove_task_options_init(&options);
    options.pinned = 1;
    options.worker = (int32_t)worker;
    rove_task *task = rove_spawn_with(&options, accept_all, acceptor);
    if (task == NULL) {
        free(acceptor);
        return (int)rove_join(NULL);
    }
    rove_detach(task);
    return 0;
}

int64_t serve_start(void *body)
{
    unsigned workers = rove_runtime_workers(rove_runtime_current());
    uint16_t port = 0;
    rove_listen_options options;
    rove_listen_options_init(&options);
    options.reuse_port = workers > 1;
    for (unsigned i = 0; i < workers; i++) {
        int listener = rove_tcp_listen(NULL, port, &options);
        int bound = listener < 0 ? listener : rove_local_port(listener);
        if (bound < 0) {
            return bound;
        }
        port = (uint16_t)bound;
        int result = start_acceptor(i, listener, *(rove_fn **)body);
        if (result < 0) {
            rove_close(listener);
            return result;
        }
    }
    return port;
}

int64_t serve_echo(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buffer[4096];
    ssize_t size;
    while ((size = rove_read(fd, buffer, sizeof buffer)) > 0) {
        if (rove_write_all(fd, buffer, (size_t)size, NULL) != size) {
            break;
        }
    }
    return rove_close(fd);
}
