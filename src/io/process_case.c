/* The end of a child as a case: its pidfd is readable from then on.
 */
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "rove/process.h"

#include "src/base/assert.h"
#include "src/io/fd_case.h"
#include "src/io/process.h"
#include "src/task/source.h"

static bool is_ready(rove_case *self)
{
    if (!rv_fd_case_ready(self)) {
        return false;
    }
    self->result = self->result > 0 ? 0 : self->result;
    return true;
}

rove_case rove_on_child(rove_process *process)
{
    static const struct rove_case_ops ops = {is_ready, rv_fd_case_arm,
                                             rv_fd_case_disarm};
    RV_CHECK(process != NULL, "there is no process");
    return rv_case_make(&ops, (void *)(intptr_t)process->pidfd,
                        (void *)(intptr_t)POLLIN);
}
