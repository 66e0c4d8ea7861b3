/* The command line of a service: --NAME=VALUE and --help. Which options there
 * are is a table; their values go to the fields of a structure of the program's
 * own. Of a name that comes again the last value counts.
 */
#ifndef EXAMPLES_SERVICE_OPTION_H
#define EXAMPLES_SERVICE_OPTION_H

#include <stddef.h>
#include <stdint.h>

#define OPTION_ROWS_MAX 32
#define OPTION_LIST_MAX 64

/* Of which type its field is. */
enum option_kind {
    OPTION_TEXT,         /* const char *, NULL by default or not */
    OPTION_LIST,         /* struct option_list: it may come more than once */
    OPTION_NUMBER,       /* uint32_t */
    OPTION_SIZE,         /* size_t */
    OPTION_MILLISECONDS, /* rove_time, as the next one */
    OPTION_SECONDS,
};

struct option_list {
    const char *texts[OPTION_LIST_MAX];
    uint32_t count;
};

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset; /* of the field in the structure */
    uint64_t most; /* of a number; in nanoseconds it is below 2^63 */
    const char *help;
};

struct option_table {
    const char *program; /* its name */
    const char *about;   /* a line or two */
    const char *usage;   /* what stands behind its name */
    const struct option_row *rows;
    size_t count; /* at most OPTION_ROWS_MAX */
};

/* Reads the command line into a structure that holds the defaults. --help, and
 * what it does not understand, end the program. */
void option_read(const struct option_table *table, void *options, int argc,
                 char **argv);

/* Ends the program: its command line makes no sense, because of `what`, and
 * `value`, which follows. */
_Noreturn void option_fail(const struct option_table *table, const char *what,
                           const char *value);

#endif
