#include "src/platform/pages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/bits.h"

/* Number of MADV_GUARD_INSTALL in the kernel; the C library is older. */
#define ADVICE_GUARD_INSTALL 102

static rv_atomic_u32 lacks_guards;

size_t rv_pages_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool is_whole_pages(uintptr_t address, size_t size)
{
    return size != 0 && (address | size) % rv_pages_size() == 0;
}

/* Cuts [start, end) off a mapping. The kernel can refuse where the mapping has
 * been merged with a neighbour; what stays then is addresses, no memory. */
static void trim(uintptr_t start, uintptr_t end)
{
    if (start < end) {
        (void)munmap((void *)start, end - start);
    }
}

void *rv_pages_reserve(size_t size, size_t align)
{
    size_t slack = align > rv_pages_size() ? align - rv_pages_size() : 0;
    uintptr_t start;
    uintptr_t aligned;
    void *mapping;

    RV_ASSERT(is_whole_pages(0, size) && rv_bits_is_pow2(align));
    if (size > SIZE_MAX - slack) {
        return NULL;
    }
    mapping = mmap(NULL, size + slack, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
        return NULL;
    }
    start = (uintptr_t)mapping;
    aligned = rv_bits_align_up(start, align);
    trim(start, aligned);
    trim(aligned + size, start + size + slack);
    /* One touched stack must cost a page and not 2 MiB. EINVAL: this kernel has
     * no huge pages to begin with. */
    (void)madvise((void *)aligned, size, MADV_NOHUGEPAGE);
    return (void *)aligned;
}

/* A refusal means that the process is at its limit of mappings and this piece
 * lies in the middle of one. Then at least the memory goes back. */
void rv_pages_release(void *pages, size_t size)
{
    RV_ASSERT(is_whole_pages((uintptr_t)pages, size));
    if (munmap(pages, size) != 0) {
        rv_pages_discard(pages, size);
    }
}

int rv_pages_guard(void *pages, size_t size)
{
    RV_ASSERT(is_whole_pages((uintptr_t)pages, size));
    /* Relaxed: a thread that does not see it yet finds out for itself. */
    if (rv_u32_load_relaxed(&lacks_guards) == 0) {
        if (madvise(pages, size, ADVICE_GUARD_INSTALL) == 0) {
            return 0;
        }
        if (errno != EINVAL) {
            return -errno;
        }
        rv_u32_store_relaxed(&lacks_guards, 1); /* Relaxed: as above. */
    }
    return mprotect(pages, size, PROT_NONE) == 0 ? 0 : -errno;
}

void rv_pages_discard(void *pages, size_t size)
{
    RV_ASSERT(is_whole_pages((uintptr_t)pages, size));
    (void)madvise(pages, size, MADV_DONTNEED);
}
