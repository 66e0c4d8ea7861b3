#include "examples/proxy/options.h"

#include <stddef.h>
#include <string.h>

#define FIELD(name) offsetof(struct options, name)

/* More than a week of seconds. */
#define MOST 1000000

static const struct option_row rows[] = {
    {"listen", OPTION_TEXT, FIELD(listen), 0, "HOST:PORT or unix:PATH"},
    {"upstream", OPTION_LIST, FIELD(upstreams), 0,
     "HOST:PORT or unix:PATH; more than one take turns"},
    {"mode", OPTION_TEXT, FIELD(mode), 0, "tcp or http"},
    {"workers", OPTION_NUMBER, FIELD(workers), MOST,
     "threads; 0: one for each CPU"},
    {"connections", OPTION_NUMBER, FIELD(connections_max), MOST,
     "clients at once; 0: no limit"},
    {"pool", OPTION_NUMBER, FIELD(pool_max), MOST,
     "idle connections kept to each upstream (http)"},
    {"connect-timeout", OPTION_MILLISECONDS, FIELD(connect_time), MOST,
     "ms for an upstream to accept"},
    {"timeout", OPTION_MILLISECONDS, FIELD(timeout), MOST,
     "ms for a head to come, or in which an exchange stands still (http)"},
    {"idle-timeout", OPTION_SECONDS, FIELD(idle_time), MOST,
     "s in which nothing comes (tcp), or between requests (http)"},
    {"rest-timeout", OPTION_MILLISECONDS, FIELD(rest_time), MOST,
     "ms between requests until a connection gives its stack back (http)"},
    {"drain-timeout", OPTION_SECONDS, FIELD(drain_time), MOST,
     "s for what is under way, after SIGTERM or SIGINT"},
};

static const struct option_table table = {
    .program = "proxy",
    .about = "A reverse proxy for TCP and HTTP/1.1.",
    .usage = "--upstream=WHERE [--OPTION=VALUE]…",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

void options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.listen = "127.0.0.1:8080",
                                .mode = "tcp",
                                .connections_max = 8192,
                                .pool_max = 64,
                                .connect_time = 3 * ROVE_SEC,
                                .timeout = 30 * ROVE_SEC,
                                .idle_time = 60 * ROVE_SEC,
                                .rest_time = 20 * ROVE_MS,
                                .drain_time = 10 * ROVE_SEC};
    option_read(&table, options, argc, argv);
    options->is_http = strcmp(options->mode, "http") == 0;
    if (!options->is_http && strcmp(options->mode, "tcp") != 0) {
        option_fail(&table, "no such mode: ", options->mode);
    }
    if (options->upstreams.count == 0) {
        option_fail(&table, "", "no --upstream given");
    }
}
