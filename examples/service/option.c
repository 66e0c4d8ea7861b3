#include "examples/service/option.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rove/rove.h"

static rove_time unit_of(enum option_kind kind)
{
    return kind == OPTION_SECONDS ? ROVE_SEC : ROVE_MS;
}

static void print_value(const void *options, const struct option_row *row)
{
    const void *field = (const char *)options + row->offset;
    const char *text;
    switch (row->kind) {
    case OPTION_TEXT:
        text = *(const char *const *)field;
        if (text != NULL) {
            printf(" (%s)", text);
        }
        break;
    case OPTION_LIST:
        break;
    case OPTION_NUMBER:
        printf(" (%" PRIu32 ")", *(const uint32_t *)field);
        break;
    case OPTION_SIZE:
        printf(" (%zu)", *(const size_t *)field);
        break;
    case OPTION_MILLISECONDS:
    case OPTION_SECONDS:
        printf(" (%" PRId64 ")",
               *(const rove_time *)field / unit_of(row->kind));
        break;
    }
}

static int widest(const struct option_table *table)
{
    size_t width = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t size = strlen(table->rows[i].name);
        width = size > width ? size : width;
    }
    return (int)width;
}

static _Noreturn void help(const struct option_table *table,
                           const void *defaults)
{
    int width = widest(table);
    printf("%s\n\nusage: %s %s   (defaults in parentheses)\n\n", table->about,
           table->program, table->usage);
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        printf("  --%-*s  %s", width, row->name, row->help);
        print_value(defaults, row);
        printf("\n");
    }
    exit(0);
}

_Noreturn void option_fail(const struct option_table *table, const char *what,
                           const char *value)
{
    fprintf(stderr, "%s: %s%s; see --help\n", table->program, what, value);
    exit(2);
}

static unsigned long number_of(const struct option_table *table,
                               const struct option_row *row, const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > row->most) {
        option_fail(table, "not a number, or too large: ", text);
    }
    return value;
}

static void append(const struct option_table *table, struct option_list *list,
                   const char *text)
{
    if (list->count == OPTION_LIST_MAX) {
        option_fail(table, "one too many: ", text);
    }
    list->texts[list->count++] = text;
}

static void set(const struct option_table *table, void *options,
                const struct option_row *row, const char *text)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)field = text;
        break;
    case OPTION_LIST:
        append(table, field, text);
        break;
    case OPTION_NUMBER:
        *(uint32_t *)field = (uint32_t)number_of(table, row, text);
        break;
    case OPTION_SIZE:
        *(size_t *)field = number_of(table, row, text);
        break;
    case OPTION_MILLISECONDS:
    case OPTION_SECONDS:
        *(rove_time *)field =
            (rove_time)number_of(table, row, text) * unit_of(row->kind);
        break;
    }
}

void option_read(const struct option_table *table, void *options, int argc,
                 char **argv)
{
    struct option names[OPTION_ROWS_MAX + 2] = {0};
    int count = (int)table->count;
    for (int i = 0; i < count; i++) {
        names[i] =
            (struct option){table->rows[i].name, required_argument, NULL, i};
    }
    names[count] = (struct option){"help", no_argument, NULL, count};
    int chosen;
    while ((chosen = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (chosen == count) {
            help(table, options);
        }
        if (chosen == '?') {
            option_fail(table, "", "not understood");
        }
        set(table, options, &table->rows[chosen], optarg);
    }
    if (optind != argc) {
        option_fail(table, "not understood: ", argv[optind]);
    }
}
