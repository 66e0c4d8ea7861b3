/* Very many tasks at once: what each costs in memory, and to keep asleep.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "benchmarks/micro/micro.h"

#define BATCH 1000

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* A line of /proc/self/status, in bytes. */
static uint64_t read_status(const char *key)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long long kib = 0;
    size_t length = strlen(key);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, length) == 0) {
            sscanf(line + length, ": %llu", &kib);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

static uint64_t resident_bytes(void)
{
    return read_status("VmRSS") + read_status("VmPTE");
}

/* At most so far. Page tables stay until the end. */
static uint64_t peak_bytes(void)
{
    return read_status("VmHWM") + read_status("VmPTE");
}

static double per_task(uint64_t after, uint64_t before, uint64_t tasks)
{
    return after > before ? (double)(after - before) / (double)tasks : 0;
}

static int64_t park(void *parked)
{
    atomic_fetch_add_explicit((atomic_ullong *)parked, 1, memory_order_relaxed);
    return rove_sleep_until(ROVE_FOREVER - 1);
}

/* They are still parked when the main task returns; the runtime's shutdown
 * cancels them. */
void micro_parked_task(uint64_t ops, micro_result *result)
{
    static atomic_ullong parked;
    atomic_store(&parked, 0);
    uint64_t before = resident_bytes();
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_go(park, &parked) != 0) {
            abort();
        }
        if (i % BATCH == 0) {
            rove_yield();
        }
    }
    while (atomic_load(&parked) < ops) {
        rove_yield();
    }
    rove_yield();
    result->ns = (double)(rove_now() - start);
    result->bytes_per_task = per_task(resident_bytes(), before, ops);
}

static int64_t count(void *ran)
{
    atomic_fetch_add_explicit((atomic_ullong *)ran, 1, memory_order_relaxed);
    return 0;
}

/* None starts before the one worker's task yields. */
void micro_unstarted_task(uint64_t ops, micro_result *result)
{
    static atomic_ullong ran;
    atomic_store(&ran, 0);
    uint64_t before = resident_bytes();
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_go(count, &ran) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
    result->bytes_per_task = per_task(resident_bytes(), before, ops);
    if (atomic_load(&ran) != 0) {
        abort();
    }
    while (atomic_load(&ran) < ops) {
        rove_yield();
    }
}

/* The sockets, of which there may be fewer than asked for, are opened before
 * the measurement begins: they are the kernel's. */
static uint64_t open_sockets(int *fds, uint64_t count)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    uint64_t opened = 0;
    while (opened < count &&
           (fds[opened] = rove_socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0) {
        opened++;
    }
    return opened;
}

static int64_t end_idle(void *fd)
{
    return rove_close((int)(intptr_t)fd);
}

/* An operation is to wait on a socket, and to be cancelled. */
void micro_idle_connection(uint64_t ops, micro_result *result)
{
    int *fds = malloc(ops * sizeof *fds);
    rove_task **tasks = malloc(ops * sizeof *tasks);
    if (fds == NULL || tasks == NULL) {
        abort();
    }
    memset(tasks, 1, ops * sizeof *tasks); /* so that it is resident */
    uint64_t before = resident_bytes();
    uint64_t opened = open_sockets(fds, ops);
    rove_time start = rove_now();
    for (uint64_t i = 0; i < opened; i++) {
        tasks[i] = rove_on_readable(fds[i], end_idle, (void *)(intptr_t)fds[i]);
    }
    result->bytes_per_task = per_task(resident_bytes(), before, opened);
    for (uint64_t i = 0; i < opened; i++) {
        rove_cancel(tasks[i]);
        if (rove_join(tasks[i]) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
    result->ops = opened;
    free(tasks);
    free(fds);
}

static rove_task *sleep_from_start(rove_fn *fn, rove_time span)
{
    return rove_spawn(fn, (void *)(intptr_t)span);
}

static rove_task *start_later(rove_fn *fn, rove_time span)
{
    return rove_spawn_at(rove_now() + span, fn, NULL);
}

/* Tasks that end at random times within a second. */
static void pass_second(rove_task *make(rove_fn *fn, rove_time span),
                        rove_fn *fn, uint64_t ops, micro_result *result)
{
    rove_task **tasks = malloc(ops * sizeof *tasks);
    if (tasks == NULL) {
        abort();
    }
    memset(tasks, 1, ops * sizeof *tasks); /* so that it is resident */
    uint64_t random = 88172645463325252u;
    uint64_t before = resident_bytes();
    double cpu = cpu_seconds();
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        tasks[i] = make(fn, (rove_time)(random % (uint64_t)ROVE_SEC));
    }
    for (uint64_t i = 0; i < ops; i++) {
        if (rove_join(tasks[i]) != 0) {
            abort();
        }
    }
    result->ns = (double)(rove_now() - start);
    result->cpu_seconds = cpu_seconds() - cpu;
    result->bytes_per_task = per_task(peak_bytes(), before, ops);
    free(tasks);
}

static int64_t sleep_some(void *span)
{
    return rove_sleep((rove_time)(intptr_t)span);
}

void micro_sleepers(uint64_t ops, micro_result *result)
{
    pass_second(sleep_from_start, sleep_some, ops, result);
}

static int64_t do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

void micro_delayed(uint64_t ops, micro_result *result)
{
    pass_second(start_later, do_nothing, ops, result);
}
