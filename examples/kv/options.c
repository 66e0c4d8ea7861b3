#include "examples/kv/options.h"

#include <stddef.h>

#include "examples/service/option.h"

#define FIELD(name)  offsetof(struct options, name)
#define WORKERS_MOST 256
#define COUNT_MOST   0x7fffffff
#define BYTES_MOST   (1UL << 40)

static const struct option_row rows[] = {
    {"listen", OPTION_TEXT, FIELD(listen), 0, "HOST:PORT or unix:PATH"},
    {"workers", OPTION_NUMBER, FIELD(workers), WORKERS_MOST,
     "threads; 0: one for each CPU"},
    {"connections", OPTION_NUMBER, FIELD(connections_max), COUNT_MOST,
     "served at once; 0: no limit"},
    {"drain-time", OPTION_MILLISECONDS, FIELD(drain_time), COUNT_MOST,
     "ms for commands under way, after SIGTERM or SIGINT"},
    {"bulk-max", OPTION_SIZE, FIELD(limits.bulk_max), BYTES_MOST,
     "bytes of an argument or a value"},
    {"request-max", OPTION_SIZE, FIELD(limits.request_max), BYTES_MOST,
     "bytes of a command"},
    {"args-max", OPTION_NUMBER, FIELD(limits.args_max), COUNT_MOST,
     "arguments of a command"},
    {"outbox-max", OPTION_SIZE, FIELD(limits.outbox_max), BYTES_MOST,
     "bytes published that a subscriber has not read"},
};

static const struct option_table table = {
    .program = "kv",
    .about = "A key-value server that speaks the protocol of Redis.",
    .usage = "[--OPTION=VALUE]...",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

void options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.listen = "127.0.0.1:6379",
                                .connections_max = 16384,
                                .drain_time = 5 * ROVE_SEC,
                                .limits = LIMITS_INIT};
    option_read(&table, options, argc, argv);
}
