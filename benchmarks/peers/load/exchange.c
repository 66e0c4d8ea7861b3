#include "benchmarks/peers/load/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ECHO_WORDS 8
#define ECHO_SIZE  (ECHO_WORDS * sizeof(uint64_t))

static const char http_request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char http_status[] = "HTTP/1.1 200 OK\r\n";
static const char http_body[] = "Hello, world\n";

static void fill_words(uint64_t words[ECHO_WORDS], uint64_t tag)
{
    for (unsigned i = 0; i < ECHO_WORDS; i++) {
        words[i] = (tag + i) * UINT64_C(0x9e3779b97f4a7c15);
    }
}

static void write_echo(char *bytes, uint64_t tag)
{
    uint64_t words[ECHO_WORDS];
    fill_words(words, tag);
    memcpy(bytes, words, sizeof words);
}

static int check_echo(const char *bytes, size_t size, uint64_t tag)
{
    uint64_t words[ECHO_WORDS];
    if (size < sizeof words) {
        return 0;
    }
    fill_words(words, tag);
    return memcmp(bytes, words, sizeof words) == 0 ? (int)sizeof words
                                                   : -EPROTO;
}

static void write_http(char *bytes, uint64_t tag)
{
    (void)tag;
    memcpy(bytes, http_request, sizeof http_request - 1);
}

/* The length of the body, by the head that ends at `end`; -1: none is told. */
static long body_length(const char *head, const char *end)
{
    static const char name[] = "content-length:";
    for (const char *line = head; line < end; line++) {
        if (strncasecmp(line, name, sizeof name - 1) == 0) {
            return strtol(line + sizeof name - 1, NULL, 10);
        }
        line = memchr(line, '\n', (size_t)(end - line));
        if (line == NULL) {
            break;
        }
    }
    return -1;
}

static int check_http(const char *bytes, size_t size, uint64_t tag)
{
    const size_t body_size = sizeof http_body - 1;
    (void)tag;
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end == NULL) {
        return size < EXCHANGE_ANSWER_MAX ? 0 : -EPROTO;
    }
    if (memcmp(bytes, http_status, sizeof http_status - 1) != 0 ||
        body_length(bytes, end + 2) != (long)body_size) {
        return -EPROTO;
    }
    size_t whole = (size_t)(end - bytes) + 4 + body_size;
    if (size < whole) {
        return 0;
    }
    return memcmp(end + 4, http_body, body_size) == 0 ? (int)whole : -EPROTO;
}

const struct exchange *exchange_find(const char *name)
{
    static const struct exchange exchanges[] = {
        {"echo", ECHO_SIZE, write_echo, check_echo},
        {"http", sizeof http_request - 1, write_http, check_http},
    };
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        if (strcmp(exchanges[i].name, name) == 0) {
            return &exchanges[i];
        }
    }
    return NULL;
}
