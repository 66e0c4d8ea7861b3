#include "examples/http_server/head.h"

#include <stdbool.h>
#include <string.h>

/* `size` counts the LF. */
static bool is_line(const char *line, size_t size)
{
    bool is_folded = line[0] == ' ' || line[0] == '\t';
    return size >= 2 && memchr(line, '\r', size) == line + size - 2 &&
           !is_folded;
}

/* When a line that begins at `line` reaches to `end`: 0 or what is wrong. */
static int excess(size_t line, size_t end, const struct limits *limits)
{
    if (line == 0 && end > limits->line_max) {
        return -414;
    }
    return end > limits->head_max ? -431 : 0;
}

ssize_t head_scan(struct head *head, const char *data, size_t size,
                  const struct limits *limits)
{
    const char *found;
    while ((found = memchr(data + head->seen, '\n', size - head->seen))) {
        size_t end = (size_t)(found - data) + 1;
        const char *line = data + head->line;
        size_t line_size = end - head->line;
        int error = excess(head->line, end, limits);
        if (error != 0) {
            return error;
        }
        if (!is_line(line, line_size)) {
            return -400;
        }
        if (line_size == 2) {
            return (ssize_t)end;
        }
        head->line = end;
        head->seen = end;
    }
    head->seen = size;
    return excess(head->line, size, limits);
}
