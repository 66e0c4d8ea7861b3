/* Bit tricks and arithmetic that saturates. Pure functions, no state. */
#ifndef SRC_BASE_BITS_H
#define SRC_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of zero bits below the lowest set bit. `value` is not 0. */
static inline unsigned rv_bits_ctz64(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

/* Number of zero bits above the highest set bit. `value` is not 0. */
static inline unsigned rv_bits_clz64(uint64_t value)
{
    return (unsigned)__builtin_clzll(value);
}

/* Number of set bits. */
static inline unsigned rv_bits_count64(uint64_t value)
{
    return (unsigned)__builtin_popcountll(value);
}

/* True for 1, 2, 4, ...; false for 0. */
static inline bool rv_bits_is_pow2(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* The smallest multiple of `align`, a power of two, that is at least `value`.
 * The caller knows that it fits a size_t. */
static inline size_t rv_bits_align_up(size_t value, size_t align)
{
    return (value + align - 1) & ~(align - 1);
}

/* a + b, or the nearest end of the int64_t range. A deadline made from a huge
 * timeout thus becomes "never" and not the past. */
static inline int64_t rv_time_add(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return b > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}

/* a - b, or the nearest end of the int64_t range. */
static inline int64_t rv_time_sub(int64_t a, int64_t b)
{
    int64_t difference;

    if (__builtin_sub_overflow(a, b, &difference)) {
        return b < 0 ? INT64_MAX : INT64_MIN;
    }
    return difference;
}

#endif
