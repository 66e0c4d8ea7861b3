/* An HTTP/1.1 server.
 *
 *     http_server --listen 127.0.0.1:8080 --root /srv/www
 *
 * From the outside in: main.c starts it and drains it, connection.c keeps a
 * connection, exchange.c answers one request, routes.c and files.c say with
 * what, client.c reads and writes within the limits of site.h, and request.c
 * and head.c know what a request looks like.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rove/rove.h"

#include "examples/http_server/connection.h"
#include "examples/http_server/options.h"

struct program {
    struct options options;
    struct service service;
    rove_server *server;
};

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
static int64_t serve_until_told(struct program *program, rove_signals *signals)
{
    rove_task *running = rove_spawn(run_server, program->server);
    rove_case cases[] = {
        rove_on_signal(signals),
        rove_on_task(running),
    };
    if (rove_select(cases, 2, 0) == 0) {
        rove_server_drain(program->server,
                          rove_now() + program->options.drain_time);
    }
    return rove_join(running);
}

/* Listens to the signals before it says that it is there. */
static int64_t listen_and_serve(struct program *program)
{
    static const int ends[] = {SIGTERM, SIGINT};
    const char *where = program->options.listen;
    rove_signals *signals;
    int64_t result = rove_signals_new(ends, 2, &signals);
    if (result != 0) {
        return result;
    }
    result = rove_server_listen(program->server, where, NULL);
    if (result >= 0) {
        announce(where, (int)result);
        result = serve_until_told(program, signals);
    }
    rove_signals_free(signals);
    return result;
}

static int64_t start(void *arg)
{
    struct program *program = arg;
    rove_server_options options;
    rove_server_options_init(&options);
    options.connections_max = program->options.connections_max;
    program->server =
        rove_server_new(&options, connection_serve, &program->service);
    int64_t result =
        program->server != NULL ? listen_and_serve(program) : -ENOMEM;
    rove_server_free(program->server);
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

static SSL_CTX *load_tls(const struct options *options)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls != NULL && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) &&
        SSL_CTX_use_certificate_chain_file(tls, options->tls_cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls, options->tls_key, SSL_FILETYPE_PEM) ==
            1) {
        return tls;
    }
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(tls);
    return NULL;
}

/* What has to be there before the first connection; false: it said why. */
static bool prepare(struct program *program)
{
    const struct options *options = &program->options;
    struct service *service = &program->service;
    service->site = (struct site){.limits = options->limits, .root = -1};
    if (options->root != NULL) {
        service->site.root =
            open(options->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (service->site.root < 0) {
            perror(options->root);
            return false;
        }
    }
    if (options->tls_cert != NULL) {
        service->tls = load_tls(options);
        return service->tls != NULL;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct program program;
    rove_options options;
    options_read(&program.options, argc, argv);
    raise_limit();
    if (!prepare(&program)) {
        return 1;
    }
    rove_options_init(&options);
    options.workers = program.options.workers;
    int64_t result = rove_run(&options, start, &program);
    SSL_CTX_free(program.service.tls);
    /* Who did not end in time was cancelled: that is no failure. */
    if (result < 0 && result != -ETIMEDOUT) {
        fprintf(stderr, "http_server: %s: %s\n", program.options.listen,
                strerror((int)-result));
        return 1;
    }
    return 0;
}
