/* The faulty twin of src/platform/child.c: see fault.h and twin.h.
 */
#include "src/platform/child.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_child_start, (const rv_child_plan *plan, pid_t *pid))
{
    int error = rv_fault_check("rv_child_start");

    return error != 0 ? -error : __real_rv_child_start(plan, pid);
}

RV_TWIN(int, rv_child_signal, (int pidfd, int number))
{
    int error = rv_fault_check("rv_child_signal");

    return error != 0 ? -error : __real_rv_child_signal(pidfd, number);
}
