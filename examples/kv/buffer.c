#include "examples/kv/buffer.h"

#include <stdint.h>
#include <stdlib.h>

#define ROOM_LEAST 256
#define ROOM_KEPT  65536

bool buffer_grow(struct buffer *buffer, size_t size)
{
    if (size > SIZE_MAX / 4 - buffer->size) {
        return false;
    }
    size_t room = buffer->room > 0 ? buffer->room : ROOM_LEAST;
    while (room < buffer->size + size) {
        room *= 2;
    }
    char *data = realloc(buffer->data, room);
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->room = room;
    return true;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->room > ROOM_KEPT) {
        buffer_free(buffer);
    }
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
