/* The faulty twin of src/base/mem.c: see fault.h and twin.h.
 */
#include "src/base/atomic.h"
#include "src/base/mem.h"
#include "tests/support/twin.h"

/* relaxed: a number, read when nothing allocates */
static rv_atomic_u64 live;

uint64_t rv_fault_live_blocks(void)
{
    return rv_u64_load_relaxed(&live); /* see above */
}

static void *count(void *block)
{
    if (block != NULL) {
        rv_u64_fetch_add_relaxed(&live, 1); /* see above */
    }
    return block;
}

RV_TWIN(void *, rv_mem_alloc, (size_t size))
{
    return rv_fault_check("rv_mem_alloc") != 0
               ? NULL
               : count(__real_rv_mem_alloc(size));
}

RV_TWIN(void *, rv_mem_zalloc, (size_t size))
{
    return rv_fault_check("rv_mem_zalloc") != 0
               ? NULL
               : count(__real_rv_mem_zalloc(size));
}

RV_TWIN(void *, rv_mem_alloc_aligned, (size_t align, size_t size))
{
    return rv_fault_check("rv_mem_alloc_aligned") != 0
               ? NULL
               : count(__real_rv_mem_alloc_aligned(align, size));
}

RV_TWIN(void, rv_mem_free, (void *block))
{
    if (block != NULL) {
        rv_u64_fetch_sub_relaxed(&live, 1); /* see above */
    }
    __real_rv_mem_free(block);
}
