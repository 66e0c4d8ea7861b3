/* A reverse proxy.
 *
 *     proxy --listen 127.0.0.1:8080 --upstream 127.0.0.1:9000 --mode http
 *
 * From the outside in: main.c starts it and drains it. tcp.c carries bytes both
 * ways. http.c keeps a client's connection, exchange.c has one request
 * answered, which watch.c ends when the client leaves, message.c and body.c
 * read what comes, forward.c writes what goes on, refusal.c is the answer when
 * there is none. balancer.c finds a link: to which upstream.c, over which
 * link.c, which pool.c may have kept. peer.c reads and writes, as long as
 * patience.c has it.
 */
#include <errno.h>

#include "rove/rove.h"

#include "examples/proxy/http.h"
#include "examples/proxy/proxy.h"
#include "examples/proxy/tcp.h"
#include "examples/service/service.h"

static int64_t start(void *arg)
{
    struct proxy *proxy = arg;
    rove_server_options options;
    rove_server_options_init(&options);
    options.connections_max = proxy->options.connections_max;
    rove_server *server = rove_server_new(
        &options, proxy->options.is_http ? http_serve : tcp_serve, proxy);
    int64_t result = -ENOMEM;
    if (server != NULL) {
        rove_task *sweeper = rove_spawn(balancer_sweep, &proxy->balancer);
        result = service_run(server, proxy->options.listen,
                             proxy->options.drain_time);
        if (sweeper != NULL) {
            rove_cancel(sweeper);
        }
        (void)rove_join(sweeper);
        balancer_fini(&proxy->balancer);
    }
    rove_server_free(server);
    return result;
}

int main(int argc, char **argv)
{
    static struct proxy proxy;
    rove_options options;
    options_read(&proxy.options, argc, argv);
    service_raise_limit();
    if (!balancer_init(&proxy.balancer, &proxy.options)) {
        return 2;
    }
    rove_options_init(&options);
    options.workers = proxy.options.workers;
    int64_t result = rove_run(&options, start, &proxy);
    return service_exit("proxy", proxy.options.listen, result);
}
