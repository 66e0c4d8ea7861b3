#include "examples/fetch/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONCURRENCY_MOST 1000
#define RETRIES_MOST     100
#define TIMEOUT_MOST     86400 /* seconds */

static const char help[] =
    "Fetches many pages at once, and says at the end which could not be had.\n"
    "\n"
    "usage: fetch [OPTION]… URL…   (\"-\": URLs from standard input, one a "
    "line)\n"
    "\n"
    "  --concurrency N  pages at once (16)\n"
    "  --timeout S      seconds that one attempt may take (30)\n"
    "  --retries N      further attempts after a failure that may pass (2)\n"
    "  --output DIR     keep the pages there, as NUMBER-NAME\n"
    "  --fail-fast      the first failure ends the rest\n"
    "\n"
    "Ctrl-C ends what runs; the summary comes all the same. The exit code is\n"
    "0 when all pages were fetched, 1 when some were not, 2 for a bad usage.\n";

static _Noreturn void fail(const char *what, const char *value)
{
    fprintf(stderr, "fetch: %s%s; see --help\n", what, value);
    exit(2);
}

/* From `least` to `most`. */
static double number_of(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most)) {
        fail("not a number, or out of range: ", text);
    }
    return value;
}

static uint32_t count_of(const char *text, uint32_t least, uint32_t most)
{
    double value = number_of(text, least, most);
    if (value != (uint32_t)value) {
        fail("not a whole number: ", text);
    }
    return (uint32_t)value;
}

static void add(struct options *options, const char *url)
{
    char **urls =
        realloc(options->urls, (options->count + 1) * sizeof options->urls[0]);
    char *copy = strdup(url);
    if (urls == NULL || copy == NULL) {
        fail("no memory for ", url);
    }
    urls[options->count++] = copy;
    options->urls = urls;
}

/* Lines that are empty, or begin with "#", are none. */
static void add_lines(struct options *options, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) >= 0) {
        const char *url = line + strspn(line, " \t\r\n");
        line[strcspn(line, "\r\n")] = '\0';
        if (*url != '\0' && *url != '#') {
            add(options, url);
        }
    }
    free(line);
}

void options_read(struct options *options, int argc, char **argv)
{
    enum { HELP, CONCURRENCY, TIMEOUT, RETRIES, OUTPUT, FAIL_FAST };
    static const struct option names[] = {
        {"help", no_argument, NULL, HELP},
        {"concurrency", required_argument, NULL, CONCURRENCY},
        {"timeout", required_argument, NULL, TIMEOUT},
        {"retries", required_argument, NULL, RETRIES},
        {"output", required_argument, NULL, OUTPUT},
        {"fail-fast", no_argument, NULL, FAIL_FAST},
        {NULL, 0, NULL, 0},
    };
    int chosen;
    *options = (struct options){
        .concurrency = 16, .retries = 2, .timeout = 30 * ROVE_SEC};
    while ((chosen = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (chosen) {
        case HELP:
            fputs(help, stdout);
            exit(0);
        case CONCURRENCY:
            options->concurrency = count_of(optarg, 1, CONCURRENCY_MOST);
            break;
        case TIMEOUT:
            options->timeout =
                (rove_time)(number_of(optarg, 0.001, TIMEOUT_MOST) *
                            (double)ROVE_SEC);
            break;
        case RETRIES:
            options->retries = count_of(optarg, 0, RETRIES_MOST);
            break;
        case OUTPUT:
            options->output = optarg;
            break;
        case FAIL_FAST:
            options->fail_fast = true;
            break;
        default:
            fail("", "not understood");
        }
    }
    if (optind == argc) {
        fail("", "no URL");
    }
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0) {
            add_lines(options, stdin);
        } else {
            add(options, argv[i]);
        }
    }
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        free(options->urls[i]);
    }
    free(options->urls);
}
