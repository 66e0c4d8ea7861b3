/* Some bytes that belong to somebody else.
 */
#ifndef EXAMPLES_KV_BYTES_H
#define EXAMPLES_KV_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bytes {
    const char *data;
    size_t size;
};

static inline struct bytes bytes_of(const char *text)
{
    struct bytes bytes = {text, strlen(text)};
    return bytes;
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || /* data may be NULL */
                                memcmp(a.data, b.data, a.size) == 0);
}

/* Reads a decimal number as Redis does: no spaces, no plus, no zeros in front,
 * all of the bytes. False: it is none, or does not fit. */
bool bytes_number(struct bytes bytes, long long *value);

/* The number in digits, as it is read, which stand somewhere in the text. */
#define BYTES_DIGITS 20
struct bytes bytes_print(long long number, char text[BYTES_DIGITS]);

/* The same words, whatever their case. word: in lower case. */
bool bytes_is_word(struct bytes bytes, const char *word);

/* Whether the pattern matches: ? * [abc] [^a-z] and \ before any of them. */
bool bytes_match(struct bytes pattern, struct bytes bytes);

#endif
