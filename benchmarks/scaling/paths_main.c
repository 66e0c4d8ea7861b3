/* One hot path, many times, for count.py to count what the machine does: on one
 * worker of a runtime of two that may steal, while the other one is held inside
 * a system call by a task. So the path is the one that shares, nobody sleeps or
 * searches, and all that is counted belongs to it.
 *
 * usage: paths NAME OPS    a row of //benchmarks:micro, or one of this file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "benchmarks/micro/micro.h"

/* Stores here mark the beginning and the end in a trace of memory accesses. */
volatile char paths_mark;

typedef struct path {
    const char *name;
    void (*run)(uint64_t ops, micro_result *result);
} path;

static void make_pipe(int fds[2])
{
    if (rove_pipe(fds) != 0) {
        abort();
    }
}

static void pass_byte(int to, int from)
{
    char byte = 0;
    if (rove_write(to, &byte, 1) != 1 || rove_read(from, &byte, 1) != 1) {
        abort();
    }
}

static void read_when_ready(uint64_t ops, micro_result *result)
{
    int fds[2];
    (void)result;
    make_pipe(fds);
    for (uint64_t i = 0; i < ops; i++) {
        pass_byte(fds[1], fds[0]);
    }
    rove_close(fds[0]);
    rove_close(fds[1]);
}

static int64_t echo_bytes(void *arg)
{
    const int *fds = arg;
    char byte;
    while (rove_read(fds[0], &byte, 1) == 1 &&
           rove_write(fds[1], &byte, 1) == 1) {
    }
    return 0;
}

/* A round trip: two waits. */
static void read_after_waiting(uint64_t ops, micro_result *result)
{
    int there[2];
    int back[2];
    (void)result;
    make_pipe(there);
    make_pipe(back);
    int echo_fds[2] = {there[0], back[1]};
    rove_task *echo = rove_spawn(echo_bytes, echo_fds);
    for (uint64_t i = 0; i < ops; i++) {
        pass_byte(there[1], back[0]);
    }
    rove_close(there[1]);
    if (rove_join(echo) != 0) {
        abort();
    }
    rove_close(there[0]);
    rove_close(back[0]);
    rove_close(back[1]);
}

static const path own_paths[] = {
    {"read_ready", read_when_ready},
    {"read_waiting", read_after_waiting},
};

static path find_path(const char *name)
{
    for (size_t i = 0; i < sizeof own_paths / sizeof own_paths[0]; i++) {
        if (strcmp(own_paths[i].name, name) == 0) {
            return own_paths[i];
        }
    }
    for (size_t i = 0; i < micro_bench_count; i++) {
        if (strcmp(micro_benches[i].name, name) == 0) {
            return (path){name, micro_benches[i].run};
        }
    }
    fprintf(stderr, "paths: there is no path %s\n", name);
    exit(2);
}

typedef struct run {
    path path;
    uint64_t ops;
    int held[2]; /* a socket pair */
} run;

static int64_t hold_worker(void *arg)
{
    run *r = arg;
    char byte = 0;
    if (send(r->held[1], &byte, 1, 0) != 1) {
        return -1;
    }
    return recv(r->held[1], &byte, 1, 0) == 1 ? 0 : -1;
}

static int64_t run_path(void *arg)
{
    run *r = arg;
    micro_result result = {0};
    char byte = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, r->held) != 0) {
        abort();
    }
    rove_task *other = rove_spawn(hold_worker, r);
    if (recv(r->held[0], &byte, 1, 0) != 1) {
        abort();
    }
    r->path.run(64, &result); /* what happens once only */
    paths_mark = 1;
    r->path.run(r->ops, &result);
    paths_mark = 0;
    if (send(r->held[0], &byte, 1, 0) != 1) {
        abort();
    }
    return rove_join(other);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: paths NAME OPS\n");
        return 2;
    }
    run r = {find_path(argv[1]), strtoull(argv[2], NULL, 10), {-1, -1}};
    rove_options options;
    rove_options_init(&options);
    options.workers = 2;
    options.seed = 1;
    printf("mark %p\n", (void *)&paths_mark);
    fflush(stdout);
    return (int)rove_run(&options, run_path, &r);
}
