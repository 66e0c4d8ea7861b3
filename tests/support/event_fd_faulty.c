/* The faulty twin of src/platform/event_fd.c: see fault.h and twin.h.
 */
#include "src/platform/event_fd.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_event_fd_open, (void))
{
    int error = rv_fault_check("rv_event_fd_open");

    return error != 0 ? -error : __real_rv_event_fd_open();
}

/* The fault is a signal that gets lost. */
RV_TWIN(void, rv_event_fd_signal, (int fd))
{
    if (rv_fault_check("rv_event_fd_signal") == 0) {
        __real_rv_event_fd_signal(fd);
    }
}
