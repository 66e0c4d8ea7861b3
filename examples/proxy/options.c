#include "examples/proxy/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, UPSTREAM, NUMBER, MILLISECONDS, SECONDS };

struct option_row {
    const char *name;
    enum kind kind;
    size_t offset; /* of its field in struct options */
    const char *help;
};

#define FIELD(name) offsetof(struct options, name)

static const struct option_row rows[] = {
    {"listen", TEXT, FIELD(listen), "HOST:PORT or unix:PATH"},
    {"upstream", UPSTREAM, 0,
     "HOST:PORT or unix:PATH; more than one take turns"},
    {"mode", TEXT, FIELD(mode), "tcp or http"},
    {"workers", NUMBER, FIELD(workers), "threads; 0: one for each CPU"},
    {"connections", NUMBER, FIELD(connections_max),
     "clients at once; 0: no limit"},
    {"pool", NUMBER, FIELD(pool_max),
     "idle connections kept to each upstream (http)"},
    {"connect-timeout", MILLISECONDS, FIELD(connect_time),
     "ms for an upstream to accept"},
    {"timeout", MILLISECONDS, FIELD(timeout),
     "ms for a head to come, or in which an exchange stands still (http)"},
    {"idle-timeout", SECONDS, FIELD(idle_time),
     "s in which nothing comes (tcp), or between requests (http)"},
    {"drain-timeout", SECONDS, FIELD(drain_time),
     "s for what is under way, after SIGTERM or SIGINT"},
};
#define ROWS (sizeof rows / sizeof rows[0])
#define HELP ((int)ROWS)

/* More than a week of seconds, and no overflow as nanoseconds. */
#define MOST 1000000

static rove_time unit_of(enum kind kind)
{
    return kind == SECONDS ? ROVE_SEC : ROVE_MS;
}

static void print_value(const struct options *options,
                        const struct option_row *row)
{
    const void *field = (const char *)options + row->offset;
    switch (row->kind) {
    case TEXT:
        printf(" (%s)", *(const char *const *)field);
        break;
    case UPSTREAM:
        break;
    case NUMBER:
        printf(" (%u)", *(const uint32_t *)field);
        break;
    case MILLISECONDS:
    case SECONDS:
        printf(" (%d)", (int)(*(const rove_time *)field / unit_of(row->kind)));
        break;
    }
}

static void print_help(const struct options *defaults)
{
    printf("A reverse proxy for TCP and HTTP/1.1.\n\n"
           "usage: proxy --upstream=WHERE [--OPTION=VALUE]…   "
           "(defaults in parentheses)\n\n");
    for (size_t i = 0; i < ROWS; i++) {
        printf("  --%-16s %s", rows[i].name, rows[i].help);
        print_value(defaults, &rows[i]);
        printf("\n");
    }
}

static _Noreturn void fail(const char *what, const char *value)
{
    fprintf(stderr, "proxy: %s%s; see --help\n", what, value);
    exit(2);
}

static uint32_t number_of(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > MOST) {
        fail("not a number, or too large: ", text);
    }
    return (uint32_t)value;
}

static void add_upstream(struct options *options, const char *where)
{
    if (options->upstream_count == OPTIONS_UPSTREAMS_MAX) {
        fail("one upstream too many: ", where);
    }
    options->upstreams[options->upstream_count++] = where;
}

static void set(struct options *options, const struct option_row *row,
                const char *text)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case TEXT:
        *(const char **)field = text;
        break;
    case UPSTREAM:
        add_upstream(options, text);
        break;
    case NUMBER:
        *(uint32_t *)field = number_of(text);
        break;
    case MILLISECONDS:
    case SECONDS:
        *(rove_time *)field = number_of(text) * unit_of(row->kind);
        break;
    }
}

static void init(struct options *options)
{
    *options = (struct options){.listen = "127.0.0.1:8080",
                                .mode = "tcp",
                                .connections_max = 8192,
                                .pool_max = 64,
                                .connect_time = 3 * ROVE_SEC,
                                .timeout = 30 * ROVE_SEC,
                                .idle_time = 60 * ROVE_SEC,
                                .drain_time = 10 * ROVE_SEC};
}

static void check(struct options *options)
{
    options->is_http = strcmp(options->mode, "http") == 0;
    if (!options->is_http && strcmp(options->mode, "tcp") != 0) {
        fail("no such mode: ", options->mode);
    }
    if (options->upstream_count == 0) {
        fail("", "no --upstream given");
    }
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
    check(options);
}
