/* The faulty twin of src/platform/pages.c: see fault.h and twin.h.
 */
#include "src/platform/pages.h"
#include "tests/support/twin.h"

RV_TWIN(void *, rv_pages_reserve, (size_t size, size_t align))
{
    return rv_fault_check("rv_pages_reserve") != 0
               ? NULL
               : __real_rv_pages_reserve(size, align);
}

RV_TWIN(int, rv_pages_guard, (void *pages, size_t size))
{
    int error = rv_fault_check("rv_pages_guard");

    return error != 0 ? -error : __real_rv_pages_guard(pages, size);
}
