/* The faulty twin of src/base/mem.c: see fault.h and twin.h.
 */
#include "src/base/mem.h"
#include "tests/support/twin.h"

RV_TWIN(void *, rv_mem_alloc, (size_t size))
{
    return rv_fault_check("rv_mem_alloc") != 0 ? NULL
                                               : __real_rv_mem_alloc(size);
}

RV_TWIN(void *, rv_mem_zalloc, (size_t size))
{
    return rv_fault_check("rv_mem_zalloc") != 0 ? NULL
                                                : __real_rv_mem_zalloc(size);
}

RV_TWIN(void *, rv_mem_alloc_aligned, (size_t align, size_t size))
{
    return rv_fault_check("rv_mem_alloc_aligned") != 0
               ? NULL
               : __real_rv_mem_alloc_aligned(align, size);
}
