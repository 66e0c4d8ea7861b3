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
#include <stdio.h>
#include <unistd.h>

#include "rove/rove.h"

#include "examples/http_server/connection.h"
#include "examples/http_server/options.h"
#include "examples/service/service.h"

struct program {
    struct options options;
    struct service service;
};

static int64_t start(void *arg)
{
    struct program *program = arg;
    rove_server_options options;
    rove_server_options_init(&options);
    options.connections_max = program->options.connections_max;
    rove_server *server =
        rove_server_new(&options, connection_serve, &program->service);
    int64_t result = -ENOMEM;
    if (server != NULL) {
        result = service_run(server, program->options.listen,
                             program->options.drain_time);
    }
    rove_server_free(server);
    return result;
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
    service_raise_limit();
    if (!prepare(&program)) {
        return 1;
    }
    rove_options_init(&options);
    options.workers = program.options.workers;
    int64_t result = rove_run(&options, start, &program);
    SSL_CTX_free(program.service.tls);
    return service_exit("http_server", program.options.listen, result);
}
