#include "src/io/buffer.h"

#include <stdint.h>
#include <string.h>

#include "src/base/mem.h"

static void move_to(rv_buffer *buffer, char *base)
{
    size_t size = rv_buffer_size(buffer);
    if (size != 0) {
        memmove(base, buffer->begin, size);
    }
    buffer->begin = base;
    buffer->end = base + size;
}

void rv_buffer_pack(rv_buffer *buffer)
{
    if (buffer->begin != buffer->base) {
        move_to(buffer, buffer->base);
    }
}

static bool grow(rv_buffer *buffer, size_t least)
{
    size_t twice = rv_buffer_capacity(buffer) * 2; /* of at most PTRDIFF_MAX */
    size_t capacity = least > twice ? least : twice;
    char *base = rv_mem_alloc(capacity);
    if (base == NULL) {
        return false;
    }
    move_to(buffer, base);
    rv_mem_free(buffer->base);
    buffer->base = base;
    buffer->limit = base + capacity;
    return true;
}

bool rv_buffer_reserve(rv_buffer *buffer, size_t room)
{
    size_t size = rv_buffer_size(buffer);
    size_t least;
    if (__builtin_add_overflow(size, room, &least) || least > PTRDIFF_MAX) {
        return false;
    }
    if (size <= (size_t)(buffer->begin - buffer->base)) {
        rv_buffer_pack(buffer);
    }
    return room <= rv_buffer_room(buffer) || grow(buffer, least);
}

void rv_buffer_rest(rv_buffer *buffer)
{
    if (rv_buffer_size(buffer) == 0) {
        rv_buffer_fini(buffer);
    }
}

void rv_buffer_fini(rv_buffer *buffer)
{
    rv_mem_free(buffer->base);
    *buffer = (rv_buffer){0};
}
