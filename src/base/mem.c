#include "src/base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/assert.h"
#include "src/base/bits.h"

void *rv_mem_alloc(size_t size)
{
    RV_ASSERT(size != 0);
    return malloc(size);
}

void *rv_mem_zalloc(size_t size)
{
    RV_ASSERT(size != 0);
    return calloc(1, size);
}

void *rv_mem_alloc_aligned(size_t align, size_t size)
{
    void *block = NULL;

    RV_ASSERT(size != 0);
    RV_ASSERT(rv_bits_is_pow2(align) && align >= sizeof(void *));
    if (posix_memalign(&block, align, size) != 0) {
        return NULL;
    }
    return memset(block, 0, size);
}

void rv_mem_free(void *block)
{
    free(block);
}
