/* A run of bytes, filled at its end and consumed at its front, in one block of
 * memory that moves only when it is filled. Not thread-safe.
 */
#ifndef SRC_IO_BUFFER_H
#define SRC_IO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/assert.h"

/* All zero: empty, without memory. */
typedef struct rv_buffer {
    char *base; /* of the memory; NULL: none */
    char *begin;
    char *end;
    char *limit;
} rv_buffer;

static inline size_t rv_buffer_size(const rv_buffer *buffer)
{
    return (size_t)(buffer->end - buffer->begin);
}

/* What can be filled as it is. */
static inline size_t rv_buffer_room(const rv_buffer *buffer)
{
    return (size_t)(buffer->limit - buffer->end);
}

static inline size_t rv_buffer_capacity(const rv_buffer *buffer)
{
    return (size_t)(buffer->limit - buffer->base);
}

/* So many bytes were put at the end. */
static inline void rv_buffer_fill(rv_buffer *buffer, size_t size)
{
    RV_ASSERT(size <= rv_buffer_room(buffer));
    buffer->end += size;
}

/* Takes bytes from the front; they stay where they are. */
static inline void rv_buffer_consume(rv_buffer *buffer, size_t size)
{
    RV_ASSERT(size <= rv_buffer_size(buffer));
    if (size < rv_buffer_size(buffer)) {
        buffer->begin += size;
    } else { /* also of nothing, which may be nowhere */
        buffer->begin = buffer->base;
        buffer->end = buffer->base;
    }
}

/* Moves what is in it to the beginning of its memory. */
void rv_buffer_pack(rv_buffer *buffer);

/* Makes room for so many bytes at the end. False: no memory, and nothing has
 * changed.
 * Cost  what it moves is less than what was consumed since it last did, or it
 *       doubles the capacity */
bool rv_buffer_reserve(rv_buffer *buffer, size_t room);

/* Gives the memory of an empty buffer back. */
void rv_buffer_rest(rv_buffer *buffer);

/* Drops what is in it, and gives the memory back. */
void rv_buffer_fini(rv_buffer *buffer);

#endif
