#include "examples/kv/bytes.h"

#include <limits.h>
#include <stdint.h>
#include <strings.h>

bool bytes_number(struct bytes bytes, long long *value)
{
    size_t at = bytes.size > 0 && bytes.data[0] == '-';
    unsigned long long most = (unsigned long long)LLONG_MAX + at;
    unsigned long long number = 0;
    bool is_zero = bytes.size == 1 && bytes.data[0] == '0';
    if (at == bytes.size || (bytes.data[at] == '0' && !is_zero)) {
        return false;
    }
    for (size_t i = at; i < bytes.size; i++) {
        unsigned digit = (unsigned char)bytes.data[i] - (unsigned)'0';
        if (digit > 9 || number > (most - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *value = at == 0 ? (long long)number : (long long)(0 - number);
    return true;
}

struct bytes bytes_print(long long number, char text[BYTES_DIGITS])
{
    char *end = text + BYTES_DIGITS;
    char *at = end;
    unsigned long long left = number < 0 ? 0 - (unsigned long long)number
                                         : (unsigned long long)number;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        *--at = '-';
    }
    return (struct bytes){at, (size_t)(end - at)};
}

bool bytes_is_word(struct bytes bytes, const char *word)
{
    return bytes.size == strlen(word) &&
           strncasecmp(bytes.data, word, bytes.size) == 0;
}

/* Matches c against the set that begins behind its '['. *at moves to the ']',
 * or to the pattern's end when there is none. */
static bool is_in_set(struct bytes pattern, size_t *at, unsigned char c)
{
    const unsigned char *set = (const unsigned char *)pattern.data;
    size_t i = *at;
    bool is_negated = i < pattern.size && set[i] == '^';
    bool is_found = false;
    for (i += is_negated; i < pattern.size && set[i] != ']'; i++) {
        if (set[i] == '\\' && i + 1 < pattern.size) {
            i++;
            is_found |= set[i] == c;
        } else if (i + 2 < pattern.size && set[i + 1] == '-') {
            unsigned char low = set[i] < set[i + 2] ? set[i] : set[i + 2];
            unsigned char high = set[i] < set[i + 2] ? set[i + 2] : set[i];
            is_found |= low <= c && c <= high;
            i += 2;
        } else {
            is_found |= set[i] == c;
        }
    }
    *at = i;
    return is_found != is_negated;
}

/* Matches c against the one element of the pattern at *at, which is no star,
 * and moves *at behind it. */
static bool match_one(struct bytes pattern, size_t *at, char c)
{
    bool is_match = true;
    switch (pattern.data[*at]) {
    case '?':
        break;
    case '[':
        *at += 1;
        is_match = is_in_set(pattern, at, (unsigned char)c);
        break;
    case '\\':
        *at += *at + 1 < pattern.size;
        is_match = pattern.data[*at] == c;
        break;
    default:
        is_match = pattern.data[*at] == c;
    }
    *at += *at < pattern.size;
    return is_match;
}

/* After a mismatch only the last star takes one byte more: so the time is the
 * product of the sizes at worst. */
bool bytes_match(struct bytes pattern, struct bytes bytes)
{
    size_t at = 0, star = SIZE_MAX, taken = 0;
    for (size_t i = 0; i < bytes.size;) {
        if (at < pattern.size && pattern.data[at] == '*') {
            star = ++at;
            taken = i;
        } else if (at < pattern.size &&
                   match_one(pattern, &at, bytes.data[i])) {
            i++;
        } else if (star != SIZE_MAX) {
            at = star;
            i = ++taken;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*') {
        at++;
    }
    return at == pattern.size;
}
