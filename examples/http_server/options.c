#include "examples/http_server/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, SIZE, TIME };

struct option_row {
    const char *name;
    enum kind kind;
    size_t offset; /* of its field in struct options */
    unsigned long most;
    const char *help;
};

#define FIELD(name) offsetof(struct options, name)
#define COUNT_MOST  1000000
#define SIZE_MOST   (1UL << 30)
#define TIME_MOST   (24UL * 3600 * 1000)

static const struct option_row rows[] = {
    {"listen", TEXT, FIELD(listen), 0, "HOST:PORT or unix:PATH"},
    {"workers", NUMBER, FIELD(workers), 256, "threads; 0: one for each CPU"},
    {"root", TEXT, FIELD(root), 0, "directory of files to serve"},
    {"tls-cert", TEXT, FIELD(tls_cert), 0, "certificate chain, PEM"},
    {"tls-key", TEXT, FIELD(tls_key), 0, "its private key, PEM"},
    {"connections", NUMBER, FIELD(connections_max), COUNT_MOST,
     "served at once; 0: no limit"},
    {"requests", NUMBER, FIELD(limits.requests_max), UINT32_MAX,
     "on one connection"},
    {"line-max", SIZE, FIELD(limits.line_max), SIZE_MOST,
     "bytes of a request line"},
    {"head-max", SIZE, FIELD(limits.head_max), SIZE_MOST, "bytes of a head"},
    {"fields-max", NUMBER, FIELD(limits.fields_max), COUNT_MOST,
     "header fields"},
    {"body-max", SIZE, FIELD(limits.body_max), SIZE_MOST, "bytes of a body"},
    {"head-time", TIME, FIELD(limits.head_time), TIME_MOST,
     "ms for a head to come, or a TLS handshake"},
    {"body-time", TIME, FIELD(limits.body_time), TIME_MOST,
     "ms for a body to come"},
    {"idle-time", TIME, FIELD(limits.idle_time), TIME_MOST,
     "ms between two requests"},
    {"rest-time", TIME, FIELD(limits.rest_time), TIME_MOST,
     "ms of these until a connection gives its stack back"},
    {"write-time", TIME, FIELD(limits.write_time), TIME_MOST,
     "ms for a client to take some of an answer"},
    {"linger-time", TIME, FIELD(limits.linger_time), TIME_MOST,
     "ms for a client to close after the last answer"},
    {"drain-time", TIME, FIELD(drain_time), TIME_MOST,
     "ms for requests under way, after SIGTERM or SIGINT"},
};
#define ROWS (sizeof rows / sizeof rows[0])
#define HELP ((int)ROWS)

static void print_value(const struct options *options,
                        const struct option_row *row)
{
    const char *field = (const char *)options + row->offset;
    switch (row->kind) {
    case TEXT: {
        const char *text = *(const char *const *)(const void *)field;
        if (text != NULL) {
            printf(" (%s)", text);
        }
        break;
    }
    case NUMBER:
        printf(" (%u)", *(const uint32_t *)(const void *)field);
        break;
    case SIZE:
        printf(" (%zu)", *(const size_t *)(const void *)field);
        break;
    case TIME:
        printf(" (%lld)",
               (long long)(*(const rove_time *)(const void *)field / ROVE_MS));
        break;
    }
}

static void print_help(const struct options *defaults)
{
    printf("An HTTP/1.1 server: GET / says hello, POST /echo echoes, --root "
           "serves files.\n\nusage: http_server [--OPTION=VALUE]…   "
           "(defaults in parentheses)\n\n");
    for (size_t i = 0; i < ROWS; i++) {
        printf("  --%-12s %s", rows[i].name, rows[i].help);
        print_value(defaults, &rows[i]);
        printf("\n");
    }
}

static _Noreturn void fail(const char *what, const char *value)
{
    fprintf(stderr, "http_server: %s%s; see --help\n", what, value);
    exit(2);
}

static unsigned long number_of(const struct option_row *row, const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > row->most) {
        fail("not a number, or too large: ", text);
    }
    return value;
}

static void set(struct options *options, const struct option_row *row,
                const char *text)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case TEXT:
        *(const char **)field = text;
        break;
    case NUMBER:
        *(uint32_t *)field = (uint32_t)number_of(row, text);
        break;
    case SIZE:
        *(size_t *)field = number_of(row, text);
        break;
    case TIME:
        *(rove_time *)field = (rove_time)number_of(row, text) * ROVE_MS;
        break;
    }
}

static void init(struct options *options)
{
    *options = (struct options){.listen = "127.0.0.1:8080",
                                .connections_max = 16384,
                                .drain_time = 10 * ROVE_SEC};
    limits_init(&options->limits);
}

void options_read(struct options *options, int argc, char **argv)
{
    struct option names[ROWS + 2] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        names[i] =
            (struct option){rows[i].name, required_argument, NULL, (int)i};
    }
    names[ROWS] = (struct option){"help", no_argument, NULL, HELP};
    init(options);
    int chosen;
    while ((chosen = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (chosen == HELP) {
            print_help(options);
            exit(0);
        }
        if (chosen == '?') {
            fail("", "not understood");
        }
        set(options, &rows[chosen], optarg);
    }
    if (optind != argc) {
        fail("not understood: ", argv[optind]);
    }
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        fail("", "--tls-cert and --tls-key come together");
    }
}
