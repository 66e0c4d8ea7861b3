/* Atomic words. One struct type per width, so that a plain read or write of an
 * atomic does not compile and C++ tests may include this header. The memory
 * order is part of each function's name; a function that is not here is an
 * order nobody needed.
 *
 * cas: strong compare-exchange. Returns true when the word was `*expected` and
 * is now `desired`; otherwise stores what it found in `*expected`. The named
 * order holds for success; after a failed one cas_acq_rel is an acquire load,
 * cas_seq_cst a seq_cst load, and the others are relaxed.
 */
#ifndef SRC_BASE_ATOMIC_H
#define SRC_BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t raw;
} rv_atomic_u32;

typedef struct {
    uint64_t raw;
} rv_atomic_u64;

typedef struct {
    void *raw;
} rv_atomic_ptr;

static inline uint32_t rv_u32_load_relaxed(const rv_atomic_u32 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_RELAXED);
}

static inline uint32_t rv_u32_load_acquire(const rv_atomic_u32 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_ACQUIRE);
}

static inline uint32_t rv_u32_load_seq_cst(const rv_atomic_u32 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_SEQ_CST);
}

static inline void rv_u32_store_relaxed(rv_atomic_u32 *a, uint32_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELAXED);
}

static inline void rv_u32_store_release(rv_atomic_u32 *a, uint32_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELEASE);
}

static inline void rv_u32_store_seq_cst(rv_atomic_u32 *a, uint32_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t rv_u32_exchange_acquire(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQUIRE);
}

static inline uint32_t rv_u32_exchange_acq_rel(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t rv_u32_exchange_seq_cst(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline bool rv_u32_cas_relaxed(rv_atomic_u32 *a, uint32_t *expected,
                                      uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline bool rv_u32_cas_acquire(rv_atomic_u32 *a, uint32_t *expected,
                                      uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool rv_u32_cas_release(rv_atomic_u32 *a, uint32_t *expected,
                                      uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline bool rv_u32_cas_acq_rel(rv_atomic_u32 *a, uint32_t *expected,
                                      uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline bool rv_u32_cas_seq_cst(rv_atomic_u32 *a, uint32_t *expected,
                                      uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline uint32_t rv_u32_fetch_add_relaxed(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint32_t rv_u32_fetch_add_acq_rel(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t rv_u32_fetch_add_seq_cst(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t rv_u32_fetch_sub_relaxed(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint32_t rv_u32_fetch_sub_acq_rel(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t rv_u32_fetch_sub_seq_cst(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t rv_u32_fetch_or_relaxed(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint32_t rv_u32_fetch_or_acq_rel(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t rv_u32_fetch_or_seq_cst(rv_atomic_u32 *a, uint32_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t rv_u32_fetch_and_relaxed(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint32_t rv_u32_fetch_and_acq_rel(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t rv_u32_fetch_and_seq_cst(rv_atomic_u32 *a,
                                                uint32_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_load_relaxed(const rv_atomic_u64 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_RELAXED);
}

static inline uint64_t rv_u64_load_acquire(const rv_atomic_u64 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_ACQUIRE);
}

static inline uint64_t rv_u64_load_seq_cst(const rv_atomic_u64 *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_SEQ_CST);
}

static inline void rv_u64_store_relaxed(rv_atomic_u64 *a, uint64_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELAXED);
}

static inline void rv_u64_store_release(rv_atomic_u64 *a, uint64_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELEASE);
}

static inline void rv_u64_store_seq_cst(rv_atomic_u64 *a, uint64_t value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_exchange_acquire(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQUIRE);
}

static inline uint64_t rv_u64_exchange_acq_rel(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t rv_u64_exchange_seq_cst(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline bool rv_u64_cas_relaxed(rv_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline bool rv_u64_cas_acquire(rv_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool rv_u64_cas_release(rv_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline bool rv_u64_cas_acq_rel(rv_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline bool rv_u64_cas_seq_cst(rv_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_fetch_add_relaxed(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint64_t rv_u64_fetch_add_acq_rel(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t rv_u64_fetch_add_seq_cst(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_add(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_fetch_sub_relaxed(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint64_t rv_u64_fetch_sub_acq_rel(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t rv_u64_fetch_sub_seq_cst(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_sub(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_fetch_or_relaxed(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint64_t rv_u64_fetch_or_acq_rel(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t rv_u64_fetch_or_seq_cst(rv_atomic_u64 *a, uint64_t value)
{
    return __atomic_fetch_or(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t rv_u64_fetch_and_relaxed(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_RELAXED);
}

static inline uint64_t rv_u64_fetch_and_acq_rel(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t rv_u64_fetch_and_seq_cst(rv_atomic_u64 *a,
                                                uint64_t value)
{
    return __atomic_fetch_and(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline void *rv_ptr_load_relaxed(const rv_atomic_ptr *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_RELAXED);
}

static inline void *rv_ptr_load_acquire(const rv_atomic_ptr *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_ACQUIRE);
}

static inline void *rv_ptr_load_seq_cst(const rv_atomic_ptr *a)
{
    return __atomic_load_n(&a->raw, __ATOMIC_SEQ_CST);
}

static inline void rv_ptr_store_relaxed(rv_atomic_ptr *a, void *value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELAXED);
}

static inline void rv_ptr_store_release(rv_atomic_ptr *a, void *value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_RELEASE);
}

static inline void rv_ptr_store_seq_cst(rv_atomic_ptr *a, void *value)
{
    __atomic_store_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline void *rv_ptr_exchange_acquire(rv_atomic_ptr *a, void *value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQUIRE);
}

static inline void *rv_ptr_exchange_acq_rel(rv_atomic_ptr *a, void *value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_ACQ_REL);
}

static inline void *rv_ptr_exchange_seq_cst(rv_atomic_ptr *a, void *value)
{
    return __atomic_exchange_n(&a->raw, value, __ATOMIC_SEQ_CST);
}

static inline bool rv_ptr_cas_acquire(rv_atomic_ptr *a, void **expected,
                                      void *desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool rv_ptr_cas_release(rv_atomic_ptr *a, void **expected,
                                      void *desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline bool rv_ptr_cas_acq_rel(rv_atomic_ptr *a, void **expected,
                                      void *desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline bool rv_ptr_cas_seq_cst(rv_atomic_ptr *a, void **expected,
                                      void *desired)
{
    return __atomic_compare_exchange_n(&a->raw, expected, desired, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
