#include "benchmarks/compare/driver/driver_options.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const design_names[DESIGNS] = {"epoll", "single", "offload",
                                           "sharded", "stealing"};
const char *const shape_names[SHAPES] = {"uniform", "skewed", "mixed"};

static const struct option long_options[] = {
    {"service", required_argument, NULL, 's'},
    {"workers", required_argument, NULL, 'w'},
    {"connections", required_argument, NULL, 'c'},
    {"compute", required_argument, NULL, 'C'},
    {"work", required_argument, NULL, 'W'},
    {"duration", required_argument, NULL, 'd'},
    {"rate", required_argument, NULL, 'R'},
    {"design", required_argument, NULL, 'D'},
    {"shape", required_argument, NULL, 'S'},
    {"rounds", required_argument, NULL, 'r'},
    {"out", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(FILE *out)
{
    fputs(
        "usage: compare [options]\n"
        "       bazel run //benchmarks:compare -- [options]\n"
        "Compares one event loop, loops that share nothing, loops that steal\n"
        "from each other, and one loop with a thread pool, under real load.\n"
        "\n"
        "  -s, --service NAME      echo or http (echo)\n"
        "  -w, --workers N         loops of the designs that have many (CPUs)\n"
        "  -c, --connections N     of the load generator (64)\n"
        "  -C, --compute PERCENT   of each worker's time that computing takes "
        "in\n"
        "                          shape mixed (5)\n"
        "  -W, --work TIME         that each other request computes for, as "
        "50us (0)\n"
        "  -d, --duration TIME     measured in each run, as 2s or 500ms "
        "(0.5s)\n"
        "  -R, --rate N            of the open loop, requests a second, as "
        "20k\n"
        "                          (a tenth of what the slowest design "
        "manages:\n"
        "                          the generator shares the machine with "
        "it)\n"
        "  -D, --design LIST       of epoll, single, offload, sharded, "
        "stealing\n"
        "                          (all; epoll is a plain loop without rove)\n"
        "  -S, --shape LIST        of uniform, skewed, mixed (all)\n"
        "  -r, --rounds N          interleaved runs of each; medians count "
        "(5)\n"
        "  -o, --out DIRECTORY     of compare.json and compare.html\n"
        "                          (compare-out)\n"
        "  -h, --help\n"
        "\n"
        "examples:\n"
        "  compare --service http\n"
        "  compare --design sharded,stealing --shape mixed --duration 5s\n"
        "  compare --workers 4 --connections 1000 --rate 50k --out /tmp/four\n",
        out);
}

_Noreturn static void refuse(void)
{
    fputs("Try 'compare --help'.\n", stderr);
    exit(2);
}

_Noreturn static void reject(const char *name, const char *text,
                             const char *wanted)
{
    fprintf(stderr, "compare: --%s: '%s' is not %s\n", name, text, wanted);
    refuse();
}

/* A number with a factor's name behind it: "20k", "500ms". */
static bool read_number(const char *text, const char *const *names,
                        const double *factors, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text) {
        return false;
    }
    for (; *names != NULL; names++, factors++) {
        if (strcmp(end, *names) == 0) {
            *value *= *factors;
            return true;
        }
    }
    return false;
}

static double parse_seconds(const char *name, const char *text, double low,
                            double high, const char *wanted)
{
    static const char *const names[] = {"", "s", "ms", "us", "m", NULL};
    static const double factors[] = {1, 1, 1e-3, 1e-6, 60};
    double value;
    if (!read_number(text, names, factors, &value) ||
        !(value >= low && value <= high)) {
        reject(name, text, wanted);
    }
    return value;
}

static double parse_rate(const char *name, const char *text)
{
    static const char *const names[] = {"", "k", "K", "M", NULL};
    static const double factors[] = {1, 1e3, 1e3, 1e6};
    double value;
    if (!read_number(text, names, factors, &value) ||
        !(value >= 1 && value <= 1e7)) {
        reject(name, text, "a rate from 1 to 10M");
    }
    return value;
}

static double parse_percent(const char *name, const char *text)
{
    static const char *const names[] = {"", "%", NULL};
    static const double factors[] = {1, 1};
    double value;
    if (!read_number(text, names, factors, &value) ||
        !(value >= 0.01 && value <= 100)) {
        reject(name, text, "a percentage from 0.01 to 100");
    }
    return value;
}

static unsigned parse_count(const char *name, const char *text, unsigned high)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 1 ||
        value > high) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "a number from 1 to %u", high);
        reject(name, text, wanted);
    }
    return (unsigned)value;
}

static void parse_list(const char *name, const char *text,
                       const char *const *names, unsigned count, bool *chosen)
{
    const char *at = text;
    memset(chosen, 0, count * sizeof chosen[0]);
    for (;;) {
        size_t size = strcspn(at, ",");
        unsigned i = 0;
        while (i < count &&
               (strlen(names[i]) != size || strncmp(names[i], at, size) != 0)) {
            i++;
        }
        if (i == count) {
            reject(name, text, "a list of names it knows");
        }
        chosen[i] = true;
        if (at[size] == '\0') {
            return;
        }
        at += size + 1;
    }
}

static unsigned count_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) {
        return 1;
    }
    unsigned count = (unsigned)CPU_COUNT(&set);
    return count < 1 ? 1 : count > 256 ? 256 : count;
}

static void set_defaults(struct driver_options *options)
{
    *options = (struct driver_options){
        .service = "echo",
        .workers = count_cpus(),
        .connections = 64,
        .compute = 5,
        .rounds = 5,
        .duration = 0.5,
        .out = "compare-out",
    };
    for (int i = 0; i < DESIGNS; i++) {
        options->designs[i] = true;
    }
    for (int i = 0; i < SHAPES; i++) {
        options->shapes[i] = true;
    }
}

static void parse_load(struct driver_options *options, int option)
{
    switch (option) {
    case 'D':
        parse_list("design", optarg, design_names, DESIGNS, options->designs);
        break;
    case 'S':
        parse_list("shape", optarg, shape_names, SHAPES, options->shapes);
        break;
    case 'C':
        options->compute = parse_percent("compute", optarg);
        break;
    case 'd':
        options->duration = parse_seconds("duration", optarg, 1e-3, 3600,
                                          "a time from 1ms to 60m");
        break;
    case 'W':
        options->work =
            parse_seconds("work", optarg, 0, 1, "a time from 0 to 1s");
        break;
    case 'R':
        options->rate = parse_rate("rate", optarg);
        break;
    case 'h':
        print_help(stdout);
        exit(0);
    default:
        refuse();
    }
}

void driver_options_parse(struct driver_options *options, int argc, char **argv)
{
    static char name[] = "compare"; /* getopt shows argv[0], a long path */
    char *path = argv[0];
    int option;
    set_defaults(options);
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "s:w:c:C:W:d:R:D:S:r:o:h",
                                 long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            if (strcmp(optarg, "echo") != 0 && strcmp(optarg, "http") != 0) {
                reject("service", optarg, "echo or http");
            }
            options->service = optarg;
            break;
        case 'w':
            options->workers = parse_count("workers", optarg, 256);
            break;
        case 'c':
            options->connections =
                parse_count("connections", optarg, CONNECTIONS_MAX);
            break;
        case 'r':
            options->rounds = parse_count("rounds", optarg, ROUNDS_MAX);
            break;
        case 'o':
            if (optarg[0] == '\0') {
                reject("out", optarg, "a directory");
            }
            options->out = optarg;
            break;
        default:
            parse_load(options, option);
        }
    }
    if (optind != argc) {
        fprintf(stderr, "compare: unexpected '%s'\n", argv[optind]);
        refuse();
    }
    argv[0] = path;
}

unsigned driver_options_loops(const struct driver_options *options,
                              enum design design)
{
    bool many = design == DESIGN_SHARDED || design == DESIGN_STEALING;
    return many ? options->workers : 1;
}

double driver_options_warmup(const struct driver_options *options)
{
    double warmup = options->duration / 5;
    return warmup > 2 ? 2 : warmup;
}
