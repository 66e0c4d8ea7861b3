/* Bytes that grow. Zeroed memory is an empty buffer.
 */
#ifndef EXAMPLES_KV_BUFFER_H
#define EXAMPLES_KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data;
    size_t size, room;
};

/* Adds bytes behind the others. False: no memory, and nothing was added. */
bool buffer_add(struct buffer *buffer, const void *data, size_t size);

/* Empties it. Memory beyond what small commands need is given back. */
void buffer_clear(struct buffer *buffer);

void buffer_free(struct buffer *buffer);

#endif
