/* Address space straight from the kernel: reserve it, guard pieces of it, give
 * the memory of pieces of it back. Addresses and sizes are whole pages.
 *
 * Guards come from MADV_GUARD_INSTALL (Linux 6.13) where the kernel has it: any
 * number of them in one mapping. Otherwise from mprotect, which splits the
 * mapping at each guard, so that the process ends up at vm.max_map_count
 * mappings (65530 by default) after some 32,000 guards.
 *
 * Law of `lacks_guards` (pages.c): 0 until the kernel has refused
 * MADV_GUARD_INSTALL, then 1 for ever. Any thread may set it; who still sees 0
 * asks the kernel once more and gets the same answer.
 */
#ifndef SRC_PLATFORM_PAGES_H
#define SRC_PLATFORM_PAGES_H

#include <stddef.h>

/* Bytes in a page. */
size_t rv_pages_size(void);

/* Reserves `size` bytes at a multiple of `align`, a power of two: readable,
 * writable, zero, private to the process, without huge pages. A page costs
 * memory from its first touch on. Returns NULL when there is no address space
 * or no room for another mapping. */
void *rv_pages_reserve(size_t size, size_t align);

/* Gives the memory and the addresses of a whole reservation back, guards
 * included. */
void rv_pages_release(void *pages, size_t size);

/* Turns pages into a guard: touching them from here on raises SIGSEGV, and
 * handing them to a system call fails with EFAULT. What they held is lost. A
 * guard stays through rv_pages_discard; nothing but release removes it.
 *
 * Returns 0, or -ENOMEM or another -errno; then the pages are not guarded and
 * must not be relied on to stop anything. */
int rv_pages_guard(void *pages, size_t size);

/* Gives the memory of pages back and keeps the addresses. What they held is
 * lost: they are zero at the next touch, or unchanged if the kernel cannot do
 * it. */
void rv_pages_discard(void *pages, size_t size);

#endif
