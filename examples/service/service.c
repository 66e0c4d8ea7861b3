#include "examples/service/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

void service_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* "listening on 127.0.0.1:8080": as asked, but with the port there is. */
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

static int64_t run(void *arg)
{
    return rove_server_run(arg);
}

/* Serves until a signal comes, or until the server has failed. Whoever sends
 * another one will not wait for the drain. */
static int64_t serve_until_told(rove_server *server, rove_signals *signals,
                                rove_time drain_time)
{
    rove_task *running = rove_spawn(run, server);
    rove_case cases[] = {
        rove_on_signal(signals),
        rove_on_task(running),
    };
    while (rove_select(cases, 2, 0) == 0) {
        rove_server_drain(server, rove_now() + drain_time);
        drain_time = 0;
    }
    return rove_join(running);
}

/* Signals that come later are not to kill a process that ends well: who stops
 * listening to them leaves what was installed meanwhile. */
static void ignore(const int numbers[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)signal(numbers[i], SIG_IGN);
    }
}

int64_t service_run(rove_server *server, const char *where,
                    rove_time drain_time)
{
    static const int ends[] = {SIGTERM, SIGINT};
    rove_listen_options options;
    rove_signals *signals;
    int64_t result = rove_signals_new(ends, 2, &signals);
    if (result != 0) {
        return result;
    }
    rove_listen_options_init(&options);
    options.unix_replace = 1;
    result = rove_server_listen(server, where, &options);
    if (result >= 0) {
        announce(where, (int)result);
        result = serve_until_told(server, signals, drain_time);
    }
    ignore(ends, 2);
    rove_signals_free(signals);
    return result;
}

int service_exit(const char *name, const char *where, int64_t result)
{
    if (result >= 0 || result == -ETIMEDOUT) {
        return 0;
    }
    fprintf(stderr, "%s: %s: %s\n", name, where, strerror((int)-result));
    return 1;
}
