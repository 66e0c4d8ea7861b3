/* Texts: bytes in somebody else's memory, as they stand in a message.
 */
#ifndef EXAMPLES_PROXY_TEXT_H
#define EXAMPLES_PROXY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    const char *at;
    size_t size;
};

/* Bytes that follow those of the text, which may be empty. */
void text_extend(struct text *text, const char *at, size_t size);

/* Without the spaces and tabs at both ends. */
struct text text_trimmed(struct text text);

/* Equals a word, in letters of any case. */
bool text_is(struct text text, const char *word);

/* One of those that a list names, separated by commas, is `member`. */
bool text_lists(struct text list, struct text member);

#endif
