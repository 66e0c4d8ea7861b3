#include "benchmarks/compare/service/frame.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

void frame_encode(const struct frame *frame, char *header)
{
    uint32_t length = htole32(frame->length);
    uint32_t kind = htole32((uint32_t)frame->kind); /* two bytes and the zero */
    uint64_t tag = htole64(frame->tag);
    memcpy(header, &length, sizeof length);
    memcpy(header + 4, &kind, sizeof kind);
    memcpy(header + 8, &tag, sizeof tag);
}

static bool is_valid(uint32_t length, uint32_t kind)
{
    if (length > FRAME_PAYLOAD_MAX) {
        return false;
    }
    switch (kind) {
    case REQUEST_PLAIN:
    case REQUEST_COMPUTE:
        return true;
    case REQUEST_WHERE:
        return length >= sizeof(uint32_t);
    default:
        return false;
    }
}

int frame_decode(const char *bytes, size_t size, struct frame *frame)
{
    if (size < FRAME_HEADER) {
        return 0;
    }
    uint32_t length;
    uint32_t kind;
    memcpy(&length, bytes, sizeof length);
    memcpy(&kind, bytes + 4, sizeof kind);
    length = le32toh(length);
    kind = le32toh(kind);
    if (!is_valid(length, kind)) {
        return -EPROTO;
    }
    if (size < FRAME_HEADER + (size_t)length) {
        return 0;
    }
    frame->length = length;
    frame->kind = (enum request_kind)kind;
    memcpy(&frame->tag, bytes + 8, sizeof frame->tag);
    frame->tag = le64toh(frame->tag);
    return (int)(FRAME_HEADER + length);
}

/* The n-th eight bytes of a tag's payload: splitmix64's output function. */
static uint64_t mix(uint64_t tag, uint64_t n)
{
    uint64_t z = tag + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return htole64(z ^ (z >> 31));
}

void frame_fill(char *payload, size_t size, uint64_t tag)
{
    for (uint64_t n = 0; size > 0; n++) {
        uint64_t word = mix(tag, n);
        size_t part = size < sizeof word ? size : sizeof word;
        memcpy(payload, &word, part);
        payload += part;
        size -= part;
    }
}

bool frame_is_filled(const char *payload, size_t size, uint64_t tag)
{
    for (uint64_t n = 0; size > 0; n++) {
        uint64_t word = mix(tag, n);
        size_t part = size < sizeof word ? size : sizeof word;
        if (memcmp(payload, &word, part) != 0) {
            return false;
        }
        payload += part;
        size -= part;
    }
    return true;
}

void frame_set_where(char *payload, uint32_t where)
{
    uint32_t index = htole32(where);
    memcpy(payload, &index, sizeof index);
}

uint32_t frame_where(const char *payload)
{
    uint32_t index;
    memcpy(&index, payload, sizeof index);
    return le32toh(index);
}
