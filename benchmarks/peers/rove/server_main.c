/* peers_rove: the services of benchmarks/peers on rove.
 *
 *     peers_rove --list
 *     peers_rove serve_echo|serve_http WORKERS
 *
 * Prints a line of JSON with its port, and serves until standard input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "benchmarks/peers/rove/serve.h"

static const struct service {
    const char *name;
    rove_fn *body;
} services[] = {
    {"serve_echo", serve_echo},
    {"serve_http", serve_http},
};

#define SERVICES (sizeof services / sizeof services[0])

static void await_end(void)
{
    char bytes[256];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
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

static int serve(rove_fn *body, unsigned workers)
{
    rove_runtime *runtime;
    rove_options options;
    rove_options_init(&options);
    options.workers = workers;
    options.design = workers == 1 ? ROVE_SINGLE : ROVE_STEALING;
    raise_limit();
    int64_t result = rove_runtime_new(&options, &runtime);
    if (result == 0) {
        result = rove_join(rove_runtime_spawn(runtime, serve_start, &body));
        if (result > 0) {
            printf("{\"port\": %d}\n", (int)result);
            fflush(stdout);
            await_end();
        }
        if (rove_runtime_shutdown(runtime, rove_now() + 5 * ROVE_SEC) == 0) {
            rove_runtime_free(runtime);
        }
    }
    if (result < 0) {
        fprintf(stderr, "peers_rove: %s\n", strerror((int)-result));
    }
    return result < 0;
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    unsigned workers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    for (size_t i = 0; i < SERVICES; i++) {
        if (strcmp(wanted, "--list") == 0) {
            puts(services[i].name);
        } else if (strcmp(wanted, services[i].name) == 0 && workers > 0) {
            return serve(services[i].body, workers);
        }
    }
    if (strcmp(wanted, "--list") == 0) {
        return 0;
    }
    fputs("usage: peers_rove --list | serve_echo|serve_http WORKERS\n", stderr);
    return 2;
}
