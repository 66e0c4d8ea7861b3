/* The faulty twin of src/sched/pollable.c: see fault.h and twin.h. It is called
 * for numbers of a page that no number was used of.
 */
#include "src/sched/pollable.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_pollable_open, (int fd, rv_pollable **out))
{
    int error = rv_fault_check("rv_pollable_open");

    return error != 0 ? -error : __real_rv_pollable_open(fd, out);
}
