/* A service as its client sees it: how a request is written, and whether an
 * answer is right in every byte. */
#ifndef BENCHMARKS_COMPARE_LOAD_WIRE_H
#define BENCHMARKS_COMPARE_LOAD_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "benchmarks/compare/service/request.h"

#define WIRE_MAX 4096 /* bytes of a request, and of an answer */

struct wire {
    const char *name;

    /* Writes the request of that tag, at most WIRE_MAX bytes, with a payload
     * where the protocol has one. Returns its size. */
    size_t (*write)(char *bytes, enum request_kind kind, uint64_t tag,
                    size_t payload);

    /* Compares the beginning of what was received with the answer to that
     * request. Returns the answer's size, 0 when it is not yet all there, or
     * -EPROTO when a byte is wrong. *where is set by REQUEST_WHERE only. */
    int (*check)(const char *bytes, size_t size, enum request_kind kind,
                 uint64_t tag, size_t payload, unsigned *where);
};

/* The wire of "echo" or "http"; else NULL. */
const struct wire *wire_find(const char *name);

#endif
