#include "examples/kv/reply.h"

#include <stdarg.h>
#include <stdio.h>

static void add(struct reply *reply, const char *data, size_t size)
{
    if (!buffer_add(&reply->text, data, size)) {
        reply->is_lost = true;
    }
}

static void add_text(struct reply *reply, const char *text)
{
    add(reply, text, strlen(text));
}

/* A type, a number, and the end of the line. */
static void add_number(struct reply *reply, char type, long long number)
{
    char line[1 + BYTES_DIGITS + 2];
    struct bytes digits = bytes_print(number, line + 1);
    char *begin = line + (digits.data - line) - 1;
    *begin = type;
    line[1 + BYTES_DIGITS] = '\r';
    line[2 + BYTES_DIGITS] = '\n';
    add(reply, begin, digits.size + 3);
}

void reply_status(struct reply *reply, const char *status)
{
    add_text(reply, "+");
    add_text(reply, status);
    add_text(reply, "\r\n");
}

void reply_error(struct reply *reply, const char *format, ...)
{
    char line[256];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '\r' || *at == '\n') {
            *at = ' ';
        }
    }
    add_text(reply, "-");
    add_text(reply, line);
    add_text(reply, "\r\n");
}

void reply_number(struct reply *reply, long long number)
{
    add_number(reply, ':', number);
}

void reply_string(struct reply *reply, struct bytes bytes)
{
    add_number(reply, '$', (long long)bytes.size);
    add(reply, bytes.data, bytes.size);
    add_text(reply, "\r\n");
}

void reply_nil(struct reply *reply)
{
    add_text(reply, "$-1\r\n");
}

void reply_array(struct reply *reply, size_t count)
{
    add_number(reply, '*', (long long)count);
}

void reply_nil_array(struct reply *reply)
{
    add_text(reply, "*-1\r\n");
}
