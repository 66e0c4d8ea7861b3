/* The frame of the echo service: a header of 16 bytes, then the payload.
 *
 *     offset  size
 *          0     4  bytes of payload
 *          4     2  enum request_kind
 *          6     2  zero
 *          8     8  tag: chosen by the client, never looked at by the server
 *
 * All fields are little endian. An answer has its request's header and length;
 * its payload is the request's too, except that the first four bytes of a
 * REQUEST_WHERE's become the index of the loop.
 */
#ifndef BENCHMARKS_COMPARE_SERVICE_FRAME_H
#define BENCHMARKS_COMPARE_SERVICE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "benchmarks/compare/service/request.h"

#define FRAME_HEADER      16
#define FRAME_MAX         4096 /* header and payload */
#define FRAME_PAYLOAD_MAX (FRAME_MAX - FRAME_HEADER)

struct frame {
    uint32_t length;
    enum request_kind kind;
    uint64_t tag;
};

/* Writes FRAME_HEADER bytes. */
void frame_encode(const struct frame *frame, char *header);

/* Looks at the first of `size` bytes. Returns the size of the whole frame when
 * all of it is there (*frame is filled), 0 when more bytes are needed, or
 * -EPROTO when no valid frame begins like this. */
int frame_decode(const char *bytes, size_t size, struct frame *frame);

/* The payload that belongs to a tag. */
void frame_fill(char *payload, size_t size, uint64_t tag);
bool frame_is_filled(const char *payload, size_t size, uint64_t tag);

/* The index in the payload of a REQUEST_WHERE's answer. */
void frame_set_where(char *payload, uint32_t where);
uint32_t frame_where(const char *payload);

#endif
