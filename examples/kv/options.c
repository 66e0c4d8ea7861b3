#include "examples/kv/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define HELP                                                                   \
    "A key-value server that speaks the protocol of Redis.\n\n"                \
    "usage: kv [--OPTION=VALUE]...   (defaults in parentheses)\n\n"            \
    "  --listen       HOST:PORT or unix:PATH (127.0.0.1:6379)\n"               \
    "  --workers      threads; 0: one for each CPU (0)\n"                      \
    "  --connections  served at once; 0: no limit (16384)\n"                   \
    "  --drain-time   ms for commands under way, after SIGTERM or SIGINT "     \
    "(5000)\n"                                                                 \
    "  --bulk-max     bytes of an argument or a value (536870912)\n"           \
    "  --request-max  bytes of a command (1073741824)\n"                       \
    "  --args-max     arguments of a command (1048576)\n"                      \
    "  --outbox-max   bytes published that a subscriber has not read "         \
    "(33554432)\n"

#define COUNT_MOST 0x7fffffff
#define BYTES_MOST (1UL << 40)

enum {
    LISTEN,
    WORKERS,
    CONNECTIONS,
    DRAIN,
    BULK,
    REQUEST,
    ARGS,
    OUTBOX,
    USAGE
};

static const struct option names[] = {
    {"listen", required_argument, NULL, LISTEN},
    {"workers", required_argument, NULL, WORKERS},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"drain-time", required_argument, NULL, DRAIN},
    {"bulk-max", required_argument, NULL, BULK},
    {"request-max", required_argument, NULL, REQUEST},
    {"args-max", required_argument, NULL, ARGS},
    {"outbox-max", required_argument, NULL, OUTBOX},
    {"help", no_argument, NULL, USAGE},
    {NULL, 0, NULL, 0},
};

static _Noreturn void fail(const char *what, const char *value)
{
    fprintf(stderr, "kv: %s%s; see --help\n", what, value);
    exit(2);
}

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > most) {
        fail("not a number, or too large: ", text);
    }
    return value;
}

static void set(struct options *options, int name, const char *text)
{
    switch (name) {
    case LISTEN:
        options->listen = text;
        break;
    case WORKERS:
        options->workers = (uint32_t)number(text, 256);
        break;
    case CONNECTIONS:
        options->connections_max = (uint32_t)number(text, COUNT_MOST);
        break;
    case DRAIN:
        options->drain_time = (rove_time)number(text, COUNT_MOST) * ROVE_MS;
        break;
    case BULK:
        options->limits.bulk_max = number(text, BYTES_MOST);
        break;
    case REQUEST:
        options->limits.request_max = number(text, BYTES_MOST);
        break;
    case ARGS:
        options->limits.args_max = (uint32_t)number(text, COUNT_MOST);
        break;
    case OUTBOX:
        options->limits.outbox_max = number(text, BYTES_MOST);
        break;
    case USAGE:
        fputs(HELP, stdout);
        exit(0);
    default:
        fail("", "not understood");
    }
}

void options_read(struct options *options, int argc, char **argv)
{
    int name;
    *options = (struct options){.listen = "127.0.0.1:6379",
                                .connections_max = 16384,
                                .drain_time = 5 * ROVE_SEC,
                                .limits = LIMITS_INIT};
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        set(options, name, optarg);
    }
    if (optind != argc) {
        fail("not understood: ", argv[optind]);
    }
}
