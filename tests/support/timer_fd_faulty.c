/* The faulty twin of src/platform/timer_fd.c: see fault.h and twin.h.
 */
#include "src/platform/timer_fd.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_timer_fd_open, (void))
{
    int error = rv_fault_check("rv_timer_fd_open");

    return error != 0 ? -error : __real_rv_timer_fd_open();
}
