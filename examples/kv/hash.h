/* SipHash-1-3, by J.-P. Aumasson and D. J. Bernstein: who does not know the
 * seed cannot choose keys that collide.
 */
#ifndef EXAMPLES_KV_HASH_H
#define EXAMPLES_KV_HASH_H

#include <stdint.h>

#include "examples/kv/bytes.h"

struct hash_seed {
    uint64_t words[2];
};

/* A random one. */
struct hash_seed hash_seed_new(void);

uint64_t hash_bytes(const struct hash_seed *seed, struct bytes bytes);

#endif
