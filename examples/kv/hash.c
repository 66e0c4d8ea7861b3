#include "examples/kv/hash.h"

#include <stdlib.h>
#include <sys/random.h>

struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(struct state *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void add(struct state *s, uint64_t word)
{
    s->d ^= word;
    mix(s);
    s->a ^= word;
}

struct hash_seed hash_seed_new(void)
{
    struct hash_seed seed;
    if (getrandom(seed.words, sizeof seed.words, 0) != sizeof seed.words) {
        abort(); /* Linux gives that little at once */
    }
    return seed;
}

uint64_t hash_bytes(const struct hash_seed *seed, struct bytes bytes)
{
    struct state s = {
        seed->words[0] ^ 0x736f6d6570736575,
        seed->words[1] ^ 0x646f72616e646f6d,
        seed->words[0] ^ 0x6c7967656e657261,
        seed->words[1] ^ 0x7465646279746573,
    };
    size_t at = 0;
    uint64_t word;
    for (; at + sizeof word <= bytes.size; at += sizeof word) {
        memcpy(&word, bytes.data + at, sizeof word);
        add(&s, word);
    }
    word = 0;
    if (at < bytes.size) {
        memcpy(&word, bytes.data + at, bytes.size - at);
    }
    add(&s, word | (uint64_t)bytes.size << 56);
    s.c ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
