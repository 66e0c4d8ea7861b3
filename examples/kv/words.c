#include "examples/kv/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

struct scan {
    char *from, *end; /* what is read */
    char *to;         /* what was written, never in front of from */
};

static bool is_space(char c)
{
    return isspace((unsigned char)c);
}

/* Reads xHH, behind a backslash. */
static bool read_hex(struct scan *scan, char *byte)
{
    if (scan->end - scan->from < 3 || scan->from[0] != 'x' ||
        !isxdigit((unsigned char)scan->from[1]) ||
        !isxdigit((unsigned char)scan->from[2])) {
        return false;
    }
    const char digits[] = {scan->from[1], scan->from[2], '\0'};
    *byte = (char)strtoul(digits, NULL, 16);
    scan->from += 3;
    return true;
}

/* What a backslash and what is behind it mean, of which there is some. */
static char read_escape(struct scan *scan, char quote)
{
    static const char letters[] = "nrtba", bytes[] = "\n\r\t\b\a";
    char c;
    if (quote == '\'' && *scan->from != quote) {
        return '\\';
    }
    if (quote == '"' && read_hex(scan, &c)) {
        return c;
    }
    c = *scan->from++;
    const char *letter = memchr(letters, c, sizeof letters - 1);
    if (letter != NULL) {
        c = bytes[letter - letters];
    }
    return c;
}

/* Reads to the quote that ends what one began. */
static bool read_quoted(struct scan *scan, char quote)
{
    while (scan->from < scan->end) {
        char c = *scan->from++;
        if (c == quote) {
            return scan->from == scan->end || is_space(*scan->from);
        }
        if (c == '\\' && scan->from < scan->end) {
            c = read_escape(scan, quote);
        }
        *scan->to++ = c;
    }
    return false;
}

int words_next(char **at, char *end, struct bytes *word)
{
    struct scan scan = {.from = *at, .end = end};
    while (scan.from < end && is_space(*scan.from)) {
        scan.from++;
    }
    if (scan.from == end) {
        return 0;
    }
    char *begin = scan.to = scan.from;
    while (scan.from < end && !is_space(*scan.from)) {
        char c = *scan.from++;
        if (c != '"' && c != '\'') {
            *scan.to++ = c;
        } else if (!read_quoted(&scan, c)) {
            return -EPROTO;
        }
    }
    *at = scan.from;
    *word = (struct bytes){begin, (size_t)(scan.to - begin)};
    return 1;
}
