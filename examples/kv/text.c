#include "examples/kv/text.h"

#include <stdlib.h>

/* A block this much larger than what is in it is given back. */
#define SLACK 64

static struct text *resize(struct text *text, size_t room)
{
    text = realloc(text, sizeof *text + room);
    if (text != NULL) {
        text->room = room;
    }
    return text;
}

struct text *text_new(struct bytes bytes)
{
    struct text *text = resize(NULL, bytes.size);
    if (text != NULL) {
        memcpy(text->data, bytes.data, bytes.size);
        text->size = bytes.size;
    }
    return text;
}

bool text_set(struct text **text, struct bytes bytes)
{
    struct text *old = *text;
    if (old != NULL && bytes.size <= old->room &&
        old->room / 2 <= bytes.size + SLACK) {
        memcpy(old->data, bytes.data, bytes.size);
        old->size = bytes.size;
        return true;
    }
    struct text *copy = text_new(bytes);
    if (copy == NULL) {
        return false;
    }
    free(old);
    *text = copy;
    return true;
}

bool text_append(struct text **text, struct bytes bytes)
{
    struct text *old = *text;
    if (old == NULL) {
        return text_set(text, bytes);
    }
    if (bytes.size > old->room - old->size) {
        old = resize(old, (old->size + bytes.size) * 2);
        if (old == NULL) {
            return false;
        }
        *text = old;
    }
    memcpy(old->data + old->size, bytes.data, bytes.size);
    old->size += bytes.size;
    return true;
}
