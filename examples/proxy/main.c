/* A reverse proxy.
 *
 *     proxy --listen 127.0.0.1:8080 --upstream 127.0.0.1:9000 --mode http
 *
 * From the outside in: main.c starts it and drains it. tcp.c carries bytes both
 * ways. http.c keeps a client's connection, exchange.c has one request
 * answered, message.c and body.c read what comes, forward.c writes what goes
 * on, refusal.c is the answer when there is none. balancer.c finds a link: to
 * which upstream.c, over which link.c, which pool.c may have kept. peer.c reads
 * and writes, as long as patience.c has it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "rove/rove.h"

#include "examples/proxy/http.h"
#include "examples/proxy/proxy.h"
#include "examples/proxy/tcp.h"

static int64_t run_server(void *arg)
{
    return rove_server_run(arg);
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

/* Serves until a signal comes, or until the server has failed. */
static int64_t serve_until_told(const struct proxy *proxy, rove_server *server,
                                rove_signals *signals)
{
    rove_task *running = rove_spawn(run_server, server);
    rove_case cases[] = {
        rove_on_signal(signals),
        rove_on_task(running),
    };
    if (rove_select(cases, 2, 0) == 0) {
        rove_server_drain(server, rove_now() + proxy->options.drain_time);
    }
    return rove_join(running);
}

/* Listens to the signals before it says that it is there. */
static int64_t listen_and_serve(struct proxy *proxy, rove_server *server)
{
    static const int ends[] = {SIGTERM, SIGINT};
    const char *where = proxy->options.listen;
    rove_signals *signals;
    int64_t result = rove_signals_new(ends, 2, &signals);
    if (result != 0) {
        return result;
    }
    result = rove_server_listen(server, where, NULL);
    if (result >= 0) {
        announce(where, (int)result);
        rove_task *sweeper = rove_spawn(balancer_sweep, &proxy->balancer);
        result = serve_until_told(proxy, server, signals);
        rove_cancel(sweeper);
        rove_join(sweeper);
        balancer_fini(&proxy->balancer);
    }
    rove_signals_free(signals);
    return result;
}

static int64_t start(void *arg)
{
    struct proxy *proxy = arg;
    rove_server_options options;
    rove_server_options_init(&options);
    options.connections_max = proxy->options.connections_max;
    rove_server *server = rove_server_new(
        &options, proxy->options.is_http ? http_serve : tcp_serve, proxy);
    int64_t result = server != NULL ? listen_and_serve(proxy, server) : -ENOMEM;
    rove_server_free(server);
    return result;
}

/* Each client takes two descriptors: take all this process may have. */
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
    static struct proxy proxy;
    rove_options options;
    options_read(&proxy.options, argc, argv);
    raise_limit();
    if (!balancer_init(&proxy.balancer, &proxy.options)) {
        return 2;
    }
    rove_options_init(&options);
    options.workers = proxy.options.workers;
    int64_t result = rove_run(&options, start, &proxy);
    /* Who did not end in time was cancelled: that is no failure. */
    if (result < 0 && result != -ETIMEDOUT) {
        fprintf(stderr, "proxy: %s: %s\n", proxy.options.listen,
                strerror((int)-result));
        return 1;
    }
    return 0;
}
