/* The library's only way to the heap: whatever malloc the program is linked
 * with. Kept this thin so that tests can put a twin in front of it that fails
 * on demand (tests/support/mem_faulty.c).
 *
 * All return NULL when there is no memory; none aborts. Sizes are not 0. What
 * any of them returns goes back through rv_mem_free. Context: any thread.
 */
#ifndef SRC_BASE_MEM_H
#define SRC_BASE_MEM_H

#include <stddef.h>

/* `size` bytes, not initialised, aligned for any basic type. */
void *rv_mem_alloc(size_t size);

/* `size` bytes, zeroed, aligned for any basic type. */
void *rv_mem_zalloc(size_t size);

/* `size` bytes, zeroed, at a multiple of `align`: a power of two that is at
 * least sizeof(void *). */
void *rv_mem_alloc_aligned(size_t align, size_t size);

/* Frees a block; NULL is ignored. */
void rv_mem_free(void *block);

#endif
