#include "benchmarks/compare/driver/json.h"

#include <stdlib.h>
#include <string.h>

/* What stands behind "key":, or NULL. */
static const char *find(const char *text, const char *key)
{
    size_t size = strlen(key);
    for (const char *at = text; (at = strstr(at, key)) != NULL; at += size) {
        if (at > text && at[-1] == '"' && at[size] == '"') {
            at += size + 1;
            at += strspn(at, ": ");
            return at;
        }
    }
    return NULL;
}

bool json_find_number(const char *text, const char *key, double *value)
{
    const char *at = find(text, key);
    *value = 0;
    if (at == NULL) {
        return false;
    }
    char *end;
    *value = strtod(at, &end);
    return end != at;
}

bool json_find_histogram(const char *text, const char *key,
                         struct histogram *histogram)
{
    const char *at = find(text, key);
    if (at == NULL || *at != '[') {
        return false;
    }
    at++;
    while (*at == '[') {
        char *end;
        unsigned long bucket = strtoul(at + 1, &end, 10);
        if (*end != ',') {
            return false;
        }
        unsigned long long count = strtoull(end + 1, &end, 10);
        if (*end != ']') {
            return false;
        }
        histogram_add_bucket(histogram, (unsigned)bucket, count);
        at = end + 1;
        at += strspn(at, ", ");
    }
    return *at == ']';
}

void json_write_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}
