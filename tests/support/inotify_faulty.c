/* The faulty twin of src/platform/inotify.c: see fault.h and twin.h.
 */
#include "src/platform/inotify.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_inotify_open, (void))
{
    int error = rv_fault_check("rv_inotify_open");

    return error != 0 ? -error : __real_rv_inotify_open();
}
