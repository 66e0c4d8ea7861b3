/* The faulty twin of src/platform/futex.c: see fault.h and twin.h.
 */
#include <errno.h>

#include "src/platform/futex.h"
#include "tests/support/twin.h"

/* ETIMEDOUT is a time-out; any other error a wake-up for no reason. */
RV_TWIN(int, rv_futex_wait,
        (rv_atomic_u32 * word, uint32_t expected, int64_t deadline))
{
    int error = rv_fault_check("rv_futex_wait");

    if (error != 0) {
        return error == ETIMEDOUT ? -ETIMEDOUT : 0;
    }
    return __real_rv_futex_wait(word, expected, deadline);
}

/* The fault is a wake-up that gets lost. */
RV_TWIN(void, rv_futex_wake, (rv_atomic_u32 * word, int count))
{
    if (rv_fault_check("rv_futex_wake") == 0) {
        __real_rv_futex_wake(word, count);
    }
}
