/* The faulty twin of src/base/clock.c: see fault.h and twin.h.
 */
#include "src/base/clock.h"
#include "tests/support/twin.h"

#define NS_PER_SEC INT64_C(1000000000)

/* The fault is a clock that has jumped ahead, by as many seconds as the error
 * says. */
RV_TWIN(int64_t, rv_clock_now, (void))
{
    return __real_rv_clock_now() + rv_fault_check("rv_clock_now") * NS_PER_SEC;
}
