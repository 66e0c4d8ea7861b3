/* peers_load: the load generator of the comparison with peers, a process of
 * its own with one thread. Prints one line of JSON about its run. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "benchmarks/peers/load/connection.h"
#include "benchmarks/peers/load/load.h"

static const struct option long_options[] = {
    {"service", required_argument, NULL, 's'},
    {"port", required_argument, NULL, 'p'},
    {"connections", required_argument, NULL, 'c'},
    {"depth", required_argument, NULL, 'd'},
    {"warmup", required_argument, NULL, 'u'},
    {"window", required_argument, NULL, 'w'},
    {"server", required_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

_Noreturn static void refuse(void)
{
    fputs("usage: peers_load --service=echo|http --port=N [--connections=N]\n"
          "       [--depth=N] [--warmup=SECONDS] [--window=SECONDS]\n"
          "       [--server=PID]...\n",
          stderr);
    exit(2);
}

static unsigned parse_number(const char *text, unsigned long low,
                             unsigned long high)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || value < low || value > high) {
        refuse();
    }
    return (unsigned)value;
}

static int64_t parse_seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value < 3600)) {
        refuse();
    }
    return (int64_t)(value * 1e9);
}

static void parse_option(struct load_options *options, int option)
{
    switch (option) {
    case 's':
        options->exchange = exchange_find(optarg);
        break;
    case 'p':
        options->port = (uint16_t)parse_number(optarg, 1, 65535);
        break;
    case 'c':
        options->connections = parse_number(optarg, 1, 1000000);
        break;
    case 'd':
        options->depth = parse_number(optarg, 1, CONNECTION_DEPTH_MAX);
        break;
    case 'u':
        options->warmup = parse_seconds(optarg);
        break;
    case 'w':
        options->window = parse_seconds(optarg);
        break;
    case 'v':
        if (options->server_count == LOAD_SERVERS_MAX) {
            refuse();
        }
        options->servers[options->server_count++] =
            (pid_t)parse_number(optarg, 1, INT32_MAX);
        break;
    default:
        refuse();
    }
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

int main(int argc, char **argv)
{
    static struct load_result result;
    struct load_options options = {
        .connections = 64,
        .depth = 1,
        .warmup = 200000000,
        .window = 1000000000,
    };
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        parse_option(&options, option);
    }
    if (optind != argc || options.exchange == NULL || options.port == 0) {
        refuse();
    }
    raise_limit();
    if (load_run(&options, &result) < 0) {
        return 1;
    }
    if (result.requests == 0) {
        fputs("peers_load: not one answer within the window\n", stderr);
        return 1;
    }
    printf("{\"seconds\": %.6f, \"requests\": %" PRIu64
           ", \"server_cpu_seconds\": %.6f, \"p50_ns\": %" PRId64
           ", \"p99_ns\": %" PRId64 "}\n",
           result.seconds, result.requests, result.server_cpu,
           histogram_quantile(&result.latency, 0.5),
           histogram_quantile(&result.latency, 0.99));
    return 0;
}
