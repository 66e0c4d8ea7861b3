/* Bytes that grow, in one block of the heap. Zeroed: empty. The owner's alone.
 */
#ifndef SRC_IO_BYTES_H
#define SRC_IO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "src/base/mem.h"

typedef struct rv_bytes {
    char *data;
    size_t size; /* in use */
    size_t room;
} rv_bytes;

#define RV_BYTES_FIRST 4096

/* Room for `more` bytes behind those in use; twice the room there was, at
 * least. False, and nothing has changed: no memory. */
static inline bool rv_bytes_reserve(rv_bytes *b, size_t more)
{
    if (more <= b->room - b->size) {
        return true;
    }
    size_t room = b->room == 0 ? RV_BYTES_FIRST : b->room;
    while (room - b->size < more) {
        if (room > SIZE_MAX / 2) {
            return false;
        }
        room *= 2;
    }
    char *data = rv_mem_alloc(room);
    if (data == NULL) {
        return false;
    }
    if (b->size != 0) {
        memcpy(data, b->data, b->size);
    }
    rv_mem_free(b->data);
    b->data = data;
    b->room = room;
    return true;
}

static inline void rv_bytes_free(rv_bytes *b)
{
    rv_mem_free(b->data);
}

#endif
