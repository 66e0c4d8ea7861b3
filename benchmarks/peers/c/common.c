/* The command line, and the figures of the process.
 */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

void require(bool is_right)
{
    if (!is_right) {
        fputs("wrong answer\n", stderr);
        abort();
    }
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double cpu_seconds(void)
{
    return (double)read_clock(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

/* A line of /proc/self/status, in bytes. */
static double read_status(const char *key)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;
    size_t length = strlen(key);
    require(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, length) == 0 && line[length] == ':') {
            kib = strtod(line + length + 1, NULL);
        }
    }
    fclose(file);
    return kib * 1024;
}

double resident_bytes(void)
{
    return read_status("VmRSS") + read_status("VmPTE");
}

double peak_bytes(void)
{
    return read_status("VmHWM") + read_status("VmPTE");
}

uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state == 0 ? UINT64_C(88172645463325252) : *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

static void print_counter(const char *name, double value)
{
    if (value > 0) {
        printf(", \"%s\": %.6g", name, value);
    }
}

static void measure(const struct workload *workload, unsigned workers,
                    uint64_t ops)
{
    struct outcome outcome = {0};
    if (!workload->is_cold) {
        workload->run(workers, ops / 100 + 100, &outcome);
    }
    outcome = (struct outcome){0};
    workload->run(workers, ops, &outcome);
    printf("{\"ns_per_op\": %.6g", outcome.ns_per_op);
    print_counter("wall_seconds", outcome.wall_seconds);
    print_counter("cpu_seconds", outcome.cpu_seconds);
    print_counter("bytes_per_task", outcome.bytes_per_task);
    print_counter("p99_ns", outcome.p99_ns);
    puts("}");
}

static void list(const struct workload *workloads,
                 const struct service *services)
{
    for (; workloads->name != NULL; workloads++) {
        printf("%s %u\n", workloads->name, workloads->workers_max);
    }
    for (; services->name != NULL; services++) {
        puts(services->name);
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

int common_main(int argc, char **argv, const struct workload *workloads,
                const struct service *services)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    unsigned workers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    uint64_t ops = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    if (strcmp(wanted, "--list") == 0) {
        list(workloads, services);
        return 0;
    }
    for (; workloads->name != NULL; workloads++) {
        if (strcmp(wanted, workloads->name) == 0 && workers > 0 && ops > 0) {
            measure(workloads, workers, ops);
            return 0;
        }
    }
    for (; services->name != NULL; services++) {
        if (strcmp(wanted, services->name) == 0 && workers > 0) {
            raise_limit();
            services->serve(workers);
        }
    }
    fputs("usage: --list | WORKLOAD WORKERS [OPS]\n", stderr);
    return 2;
}
