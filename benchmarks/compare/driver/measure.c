#include "benchmarks/compare/driver/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/compare/driver/child.h"
#include "benchmarks/compare/driver/json.h"

#define ANSWER_ROOM (1 << 20)
#define NUMBER_ROOM 32
#define START_TIME  10.0
#define STOP_TIME   15.0
#define SPARE_TIME  60.0 /* for connecting, and for the last answers */

struct arguments {
    char *argv[32];
    unsigned count;
    char numbers[16][NUMBER_ROOM];
    unsigned used;
};

static void add_text(struct arguments *arguments, char *name, char *value)
{
    arguments->argv[arguments->count++] = name;
    arguments->argv[arguments->count++] = value;
}

static void add_number(struct arguments *arguments, char *name, double value)
{
    char *text = arguments->numbers[arguments->used++];
    snprintf(text, NUMBER_ROOM, "%.12g", value);
    add_text(arguments, name, text);
}

static int start_server(const struct driver_options *options,
                        const struct measure_programs *programs,
                        const struct measure_run *run, struct child *server,
                        unsigned *port)
{
    char line[64];
    struct arguments arguments = {.argv = {programs->server}, .count = 1};
    add_text(&arguments, "--design", (char *)design_names[run->design]);
    add_text(&arguments, "--service", (char *)options->service);
    add_number(&arguments, "--workers", options->workers);
    add_number(&arguments, "--work", options->work * 1e9);
    add_text(&arguments, "--port", "0");
    int result = child_start(server, arguments.argv);
    if (result < 0) {
        fprintf(stderr, "compare: %s: %s\n", programs->server,
                strerror(-result));
        return result;
    }
    ssize_t size =
        child_read_line(server, line, sizeof line, child_deadline(START_TIME));
    *port = size > 0 ? (unsigned)strtoul(line, NULL, 10) : 0;
    if (size == -EINTR) {
        return -EINTR;
    }
    if (*port == 0) {
        fprintf(stderr, "compare: the server of design %s did not start\n",
                design_names[run->design]);
        return -EIO;
    }
    return 0;
}

static int start_load(const struct driver_options *options,
                      const struct measure_programs *programs,
                      const struct measure_run *run, const struct child *server,
                      unsigned port, struct child *load)
{
    struct arguments arguments = {.argv = {programs->load}, .count = 1};
    add_text(&arguments, "--service", (char *)options->service);
    add_text(&arguments, "--shape", (char *)shape_names[run->shape]);
    add_number(&arguments, "--port", port);
    add_number(&arguments, "--loops",
               driver_options_loops(options, run->design));
    add_number(&arguments, "--workers", options->workers);
    add_number(&arguments, "--connections", options->connections);
    add_number(&arguments, "--compute", options->compute);
    add_number(&arguments, "--duration", options->duration);
    add_number(&arguments, "--warmup", driver_options_warmup(options));
    add_number(&arguments, "--seed", run->seed);
    add_number(&arguments, "--server-pid", (double)server->pid);
    if (run->rate > 0) {
        add_number(&arguments, "--rate", run->rate);
    }
    int result = child_start(load, arguments.argv);
    if (result < 0) {
        fprintf(stderr, "compare: %s: %s\n", programs->load, strerror(-result));
    }
    return result;
}

static bool read_load(const char *text, struct measurement *result,
                      struct histogram *plain, struct histogram *computing)
{
    return json_find_number(text, "requests", &result->requests) &&
           json_find_number(text, "requests_per_second",
                            &result->requests_per_second) &&
           json_find_number(text, "seconds", &result->seconds) &&
           json_find_number(text, "server_cpu_seconds", &result->server_cpu) &&
           json_find_number(text, "generator_cpu_seconds",
                            &result->generator_cpu) &&
           json_find_number(text, "p50_us", &result->p50_us) &&
           json_find_number(text, "p99_us", &result->p99_us) &&
           json_find_number(text, "errors", &result->errors) &&
           json_find_number(text, "misplaced", &result->misplaced) &&
           json_find_histogram(text, "histogram", plain) &&
           json_find_histogram(text, "computing_histogram", computing);
}

/* Runs the generator to its end. */
static int finish_load(const struct driver_options *options, struct child *load,
                       char *text, struct measurement *result,
                       struct histogram *plain, struct histogram *computing)
{
    double time = options->duration + driver_options_warmup(options);
    int status = 0;
    ssize_t size = child_read_all(load, text, ANSWER_ROOM,
                                  child_deadline(time + SPARE_TIME));
    int ended = size < 0 ? (int)size
                         : child_wait(load, child_deadline(STOP_TIME), &status);
    if (ended == -EINTR) {
        return ended;
    }
    if (ended < 0) {
        fprintf(stderr, "compare: the load generator: %s\n", strerror(-ended));
        return ended;
    }
    if (status != 0 || !read_load(text, result, plain, computing)) {
        char how[64];
        child_describe(status, how, sizeof how);
        fprintf(stderr, "compare: the load generator failed: %s\n", how);
        return -EIO;
    }
    return 0;
}

/* Ends the server and reads its report; says so if it had died. */
static int finish_server(const struct measure_run *run, struct child *server,
                         char *text, struct measurement *result)
{
    int status = 0;
    double errors = 0;
    double failures = 0;
    child_finish_input(server, "", 0);
    ssize_t size =
        child_read_all(server, text, ANSWER_ROOM, child_deadline(STOP_TIME));
    int ended = size < 0
                    ? (int)size
                    : child_wait(server, child_deadline(STOP_TIME), &status);
    if (ended == -EINTR) {
        return ended;
    }
    if (ended < 0 || !json_find_number(text, "errors", &errors) ||
        !json_find_number(text, "failures", &failures) ||
        !json_find_number(text, "steals", &result->steals) ||
        !json_find_number(text, "parks", &result->parks)) {
        char how[64] = "it did not end";
        if (ended == 0) {
            child_describe(status, how, sizeof how);
        }
        fprintf(stderr, "compare: the server of design %s failed: %s\n",
                design_names[run->design], how);
        return -EIO;
    }
    result->errors += errors + failures;
    return 0;
}

int measure(const struct driver_options *options,
            const struct measure_programs *programs,
            const struct measure_run *run, struct measurement *result,
            struct histogram *plain, struct histogram *computing)
{
    struct child server = {0, -1, -1, -1};
    struct child load = {0, -1, -1, -1};
    unsigned port = 0;
    *result = (struct measurement){0};
    char *text = calloc(1, ANSWER_ROOM);
    if (text == NULL) {
        return -ENOMEM;
    }
    int status = start_server(options, programs, run, &server, &port);
    if (status == 0) {
        status = start_load(options, programs, run, &server, port, &load);
    }
    if (status == 0) {
        status = finish_load(options, &load, text, result, plain, computing);
        int stopped = status == -EINTR
                          ? -EINTR
                          : finish_server(run, &server, text, result);
        status = status < 0 ? status : stopped;
    }
    child_end(&load);
    child_end(&server);
    free(text);
    return status;
}
