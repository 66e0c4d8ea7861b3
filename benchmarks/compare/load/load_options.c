#include "benchmarks/compare/load/load_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/compare/service/frame.h"

static const struct option long_options[] = {
    {"service", required_argument, NULL, 's'},
    {"shape", required_argument, NULL, 'S'},
    {"port", required_argument, NULL, 'p'},
    {"loops", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'},
    {"compute", required_argument, NULL, 'C'},
    {"connections", required_argument, NULL, 'c'},
    {"payload", required_argument, NULL, 'b'},
    {"rate", required_argument, NULL, 'r'},
    {"duration", required_argument, NULL, 'd'},
    {"warmup", required_argument, NULL, 'u'},
    {"seed", required_argument, NULL, 'e'},
    {"server-pid", required_argument, NULL, 'P'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(FILE *out)
{
    fputs("usage: compare_load --port N [options]\n"
          "  --service NAME    echo, http (echo)\n"
          "  --shape NAME      uniform, skewed, mixed (uniform)\n"
          "  --loops N         loops of the server (1)\n"
          "  --workers N       by which computing is measured (1)\n"
          "  --compute PERCENT of each worker's time, shape mixed (5)\n"
          "  --connections N   (64)\n"
          "  --payload BYTES   of an echo (64)\n"
          "  --rate N          open loop at N requests a second; without it\n"
          "                    closed loop\n"
          "  --duration S      measured seconds (1)\n"
          "  --warmup S        seconds before (0.2)\n"
          "  --seed N          of the computing requests' times (1)\n"
          "  --server-pid N    process whose CPU time is measured\n"
          "Prints one line of JSON.\n",
          out);
}

_Noreturn static void refuse(void)
{
    fputs("Try 'compare_load --help'.\n", stderr);
    exit(2);
}

static double parse_number(const char *name, const char *text, double low,
                           double high)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= low && value <= high)) {
        fprintf(stderr, "compare_load: --%s: '%s' is not within %g to %g\n",
                name, text, low, high);
        refuse();
    }
    return value;
}

static enum load_shape parse_shape(const char *text)
{
    static const char *const names[] = {"uniform", "skewed", "mixed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], text) == 0) {
            return (enum load_shape)i;
        }
    }
    fprintf(stderr, "compare_load: no shape '%s'\n", text);
    refuse();
}

static const struct wire *parse_service(const char *text)
{
    const struct wire *wire = wire_find(text);
    if (wire == NULL) {
        fprintf(stderr, "compare_load: no service '%s'\n", text);
        refuse();
    }
    return wire;
}

static void parse_measure(struct load_options *options, int option)
{
    switch (option) {
    case 'C':
        options->computing = parse_number("compute", optarg, 0.01, 100) / 100;
        break;
    case 'b':
        /* A question for the loop needs four bytes for its answer. */
        options->payload =
            (size_t)parse_number("payload", optarg, 4, FRAME_PAYLOAD_MAX);
        break;
    case 'r':
        options->rate = parse_number("rate", optarg, 1, 1e7);
        options->open = true;
        break;
    case 'd':
        options->duration =
            (int64_t)(parse_number("duration", optarg, 1e-3, 86400) * 1e9);
        break;
    case 'u':
        options->warmup =
            (int64_t)(parse_number("warmup", optarg, 0, 86400) * 1e9);
        break;
    case 'e':
        options->seed = (uint64_t)parse_number("seed", optarg, 0, 1e15);
        break;
    case 'P':
        options->server = (pid_t)parse_number("server-pid", optarg, 1, 1e9);
        break;
    case 'h':
        print_help(stdout);
        exit(0);
    default:
        refuse();
    }
}

void load_options_parse(struct load_options *options, int argc, char **argv)
{
    *options = (struct load_options){
        .wire = wire_find("echo"),
        .loops = 1,
        .workers = 1,
        .computing = 0.05,
        .connections = 64,
        .payload = 64,
        .duration = INT64_C(1000000000),
        .warmup = INT64_C(200000000),
        .seed = 1,
    };
    static char name[] = "compare_load"; /* for getopt's messages */
    int option;
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            options->wire = parse_service(optarg);
            break;
        case 'S':
            options->shape = parse_shape(optarg);
            break;
        case 'p':
            options->port = (uint16_t)parse_number("port", optarg, 1, 65535);
            break;
        case 'l':
            options->loops = (unsigned)parse_number("loops", optarg, 1, 256);
            break;
        case 'w':
            options->workers =
                (unsigned)parse_number("workers", optarg, 1, 256);
            break;
        case 'c':
            options->connections =
                (unsigned)parse_number("connections", optarg, 1, 1e6);
            break;
        default:
            parse_measure(options, option);
        }
    }
    if (optind != argc) {
        fprintf(stderr, "compare_load: unexpected '%s'\n", argv[optind]);
        refuse();
    }
    if (options->port == 0) {
        fputs("compare_load: --port is missing\n", stderr);
        refuse();
    }
}
