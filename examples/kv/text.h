/* A string value: bytes with room to grow, in one block.
 */
#ifndef EXAMPLES_KV_TEXT_H
#define EXAMPLES_KV_TEXT_H

#include <stdbool.h>

#include "examples/kv/bytes.h"

struct text {
    size_t size, room;
    char data[];
};

/* A copy of the bytes, by free(); NULL: no memory. */
struct text *text_new(struct bytes bytes);

static inline struct bytes text_bytes(const struct text *text)
{
    struct bytes bytes = {text->data, text->size};
    return bytes;
}

/* Makes *text (NULL too) a copy of the bytes, or adds them to it; it may move.
 * False: no memory, and it is as it was. */
bool text_set(struct text **text, struct bytes bytes);
bool text_append(struct text **text, struct bytes bytes);

#endif
