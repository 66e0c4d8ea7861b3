/* What a request of a service looks like, and whether an answer is right.
 */
#ifndef BENCHMARKS_PEERS_LOAD_EXCHANGE_H
#define BENCHMARKS_PEERS_LOAD_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#define EXCHANGE_REQUEST_MAX 64
#define EXCHANGE_ANSWER_MAX  1024

#ifdef __cplusplus
extern "C" {
#endif

struct exchange {
    const char *name;
    size_t request_size;

    /* Writes the request of that tag, request_size bytes. */
    void (*write)(char *bytes, uint64_t tag);

    /* Compares the beginning of what was received with the answer to that
     * request. Returns the answer's size, 0 when it is not yet all there, or
     * -EPROTO when it is wrong. */
    int (*check)(const char *bytes, size_t size, uint64_t tag);
};

/* The exchange of "echo" or "http"; else NULL. */
const struct exchange *exchange_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif
