/* compare_server: one server of the comparison as a process. Prints the port
 * it listens on, serves until its standard input ends or SIGTERM or SIGINT
 * comes, then prints one line of JSON about itself.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "benchmarks/compare/server/plain_host.h"
#include "benchmarks/compare/server/rove_host.h"

#define WORK_MAX 1000000000

static const struct option long_options[] = {
    {"design", required_argument, NULL, 'd'},
    {"service", required_argument, NULL, 's'},
    {"workers", required_argument, NULL, 'w'},
    {"port", required_argument, NULL, 'p'},
    {"work", required_argument, NULL, 'W'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(FILE *out)
{
    fputs("usage: compare_server [options]\n"
          "  --design NAME   single, sharded, stealing, offload, epoll\n"
          "  --service NAME  echo, http\n"
          "  --workers N     loops, or pool threads of design offload (1)\n"
          "  --port N        port on 127.0.0.1, 0 for any (0)\n"
          "  --work NS       that each plain request computes for (0)\n"
          "Serves until standard input ends or SIGTERM comes.\n",
          out);
}

_Noreturn static void refuse(void)
{
    fputs("Try 'compare_server --help'.\n", stderr);
    exit(2);
}

static long parse_number(const char *name, const char *text, long low,
                         long high)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low ||
        value > high) {
        fprintf(stderr, "compare_server: --%s: '%s' is not within %ld to %ld\n",
                name, text, low, high);
        refuse();
    }
    return value;
}

static const struct host_kind *find_kind(const char *design)
{
    static const char *const designs[] = {"single", "sharded", "stealing",
                                          "offload"};
    for (size_t i = 0; i < sizeof designs / sizeof designs[0]; i++) {
        if (strcmp(designs[i], design) == 0) {
            return &rove_host;
        }
    }
    if (strcmp(design, "epoll") == 0) {
        return &plain_host;
    }
    fprintf(stderr, "compare_server: no design '%s'\n", design);
    refuse();
}

static struct host_options parse_options(int argc, char **argv)
{
    struct host_options options = {"stealing", &service_echo, 1, 0, 0};
    static char name[] = "compare_server"; /* for getopt's messages */
    int option;
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'd':
            options.design = optarg;
            break;
        case 's':
            options.service = service_find(optarg);
            if (options.service == NULL) {
                fprintf(stderr, "compare_server: no service '%s'\n", optarg);
                refuse();
            }
            break;
        case 'w':
            options.workers = (unsigned)parse_number("workers", optarg, 1, 256);
            break;
        case 'p':
            options.port = (uint16_t)parse_number("port", optarg, 0, 65535);
            break;
        case 'W':
            options.work = parse_number("work", optarg, 0, WORK_MAX);
            break;
        case 'h':
            print_help(stdout);
            exit(0);
        default:
            refuse();
        }
    }
    if (optind != argc) {
        fprintf(stderr, "compare_server: unexpected '%s'\n", argv[optind]);
        refuse();
    }
    return options;
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

/* Blocks the signals that end the server, in the threads to come too. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void await_end(int signals)
{
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
    char ignored[256];
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (fds[1].revents != 0) {
            return;
        }
        if (fds[0].revents != 0 &&
            read(STDIN_FILENO, ignored, sizeof ignored) <= 0) {
            return;
        }
    }
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_report(const struct host_options *options,
                         const struct host_report *report)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"design\": \"%s\", \"service\": \"%s\", \"workers\": %u, "
           "\"cpu_seconds\": %.6f, \"errors\": %" PRIu64
           ", \"failures\": %" PRIu64 ", \"steals\": %" PRIu64
           ", \"parks\": %" PRIu64 ", \"wakes\": %" PRIu64
           ", \"takeovers\": %" PRIu64 ", \"switches\": %" PRIu64
           ", \"io_events\": %" PRIu64 "}\n",
           options->design, options->service->name, options->workers,
           seconds(usage.ru_utime) + seconds(usage.ru_stime), report->errors,
           report->failures, report->steals, report->parks, report->wakes,
           report->takeovers, report->switches, report->io_events);
}

int main(int argc, char **argv)
{
    struct host_options options = parse_options(argc, argv);
    const struct host_kind *kind = find_kind(options.design);
    int signals = open_signals();
    raise_limit();
    void *host;
    uint16_t port;
    int result = kind->start(&options, &host, &port);
    if (result < 0) {
        fprintf(stderr, "compare_server: cannot serve on port %u: %s\n",
                options.port, strerror(-result));
        return 1;
    }
    printf("%u\n", port);
    fflush(stdout);
    await_end(signals);
    struct host_report report = {0};
    result = kind->stop(host, &report);
    if (result < 0) {
        fprintf(stderr, "compare_server: cannot stop: %s\n", strerror(-result));
        return 1;
    }
    print_report(&options, &report);
    return report.errors > 0;
}
