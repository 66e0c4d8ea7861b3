#include "examples/http_server/options.h"

#include <stddef.h>

#include "examples/service/option.h"

#define FIELD(name)  offsetof(struct options, name)
#define WORKERS_MOST 256
#define COUNT_MOST   1000000
#define SIZE_MOST    (1UL << 30)
#define TIME_MOST    (24UL * 3600 * 1000)

static const struct option_row rows[] = {
    {"listen", OPTION_TEXT, FIELD(listen), 0, "HOST:PORT or unix:PATH"},
    {"workers", OPTION_NUMBER, FIELD(workers), WORKERS_MOST,
     "threads; 0: one for each CPU"},
    {"root", OPTION_TEXT, FIELD(root), 0, "directory of files to serve"},
    {"tls-cert", OPTION_TEXT, FIELD(tls_cert), 0, "certificate chain, PEM"},
    {"tls-key", OPTION_TEXT, FIELD(tls_key), 0, "its private key, PEM"},
    {"connections", OPTION_NUMBER, FIELD(connections_max), COUNT_MOST,
     "served at once; 0: no limit"},
    {"requests", OPTION_NUMBER, FIELD(limits.requests_max), UINT32_MAX,
     "on one connection"},
    {"line-max", OPTION_SIZE, FIELD(limits.line_max), SIZE_MOST,
     "bytes of a request line"},
    {"head-max", OPTION_SIZE, FIELD(limits.head_max), SIZE_MOST,
     "bytes of a head"},
    {"fields-max", OPTION_NUMBER, FIELD(limits.fields_max), COUNT_MOST,
     "header fields"},
    {"body-max", OPTION_SIZE, FIELD(limits.body_max), SIZE_MOST,
     "bytes of a body"},
    {"head-time", OPTION_MILLISECONDS, FIELD(limits.head_time), TIME_MOST,
     "ms for a head to come, or a TLS handshake"},
    {"body-time", OPTION_MILLISECONDS, FIELD(limits.body_time), TIME_MOST,
     "ms for a body to come"},
    {"idle-time", OPTION_MILLISECONDS, FIELD(limits.idle_time), TIME_MOST,
     "ms between two requests"},
    {"rest-time", OPTION_MILLISECONDS, FIELD(limits.rest_time), TIME_MOST,
     "ms of these until a connection gives its stack back"},
    {"write-time", OPTION_MILLISECONDS, FIELD(limits.write_time), TIME_MOST,
     "ms for a client to take some of an answer"},
    {"linger-time", OPTION_MILLISECONDS, FIELD(limits.linger_time), TIME_MOST,
     "ms for a client to close after the last answer"},
    {"drain-time", OPTION_MILLISECONDS, FIELD(drain_time), TIME_MOST,
     "ms for requests under way, after SIGTERM or SIGINT"},
};

static const struct option_table table = {
    .program = "http_server",
    .about = "An HTTP/1.1 server: GET / says hello, POST /echo echoes, --root "
             "serves files.",
    .usage = "[--OPTION=VALUE]…",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

void options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.listen = "127.0.0.1:8080",
                                .connections_max = 16384,
                                .drain_time = 10 * ROVE_SEC};
    limits_init(&options->limits);
    option_read(&table, options, argc, argv);
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        option_fail(&table, "", "--tls-cert and --tls-key come together");
    }
}
