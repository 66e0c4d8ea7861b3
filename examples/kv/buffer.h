/* Bytes that grow. Zeroed memory is an empty buffer.
 */
#ifndef EXAMPLES_KV_BUFFER_H
#define EXAMPLES_KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buffer {
    char *data;
    size_t size, room;
};

bool buffer_grow(struct buffer *buffer, size_t size);

/* Makes room for so many more. False: no memory. */
static inline bool buffer_reserve(struct buffer *buffer, size_t size)
{
    return size <= buffer->room - buffer->size || buffer_grow(buffer, size);
}

/* Adds bytes behind the others. False: no memory, and nothing was added. */
static inline bool buffer_add(struct buffer *buffer, const void *data,
                              size_t size)
{
    if (!buffer_reserve(buffer, size)) {
        return false;
    }
    if (size > 0) { /* data may be NULL */
        memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
    }
    return true;
}

/* Empties it. Memory beyond what small commands need is given back. */
void buffer_clear(struct buffer *buffer);

void buffer_free(struct buffer *buffer);

#endif
