/* The faulty twin of src/platform/os_thread.c: see fault.h and twin.h.
 */
#include "src/platform/os_thread.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_thread_start,
        (rv_thread * thread, const char *name, void (*fn)(void *), void *arg))
{
    int error = rv_fault_check("rv_thread_start");

    return error != 0 ? -error : __real_rv_thread_start(thread, name, fn, arg);
}
