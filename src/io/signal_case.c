/* A signal as a case: ready when the doorbell has rung and there is a signal to
 * take, which others may have been faster to do.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "rove/signal.h"

#include "src/base/assert.h"
#include "src/io/fd_case.h"
#include "src/io/signal.h"
#include "src/task/source.h"

static bool is_ready(rove_case *self)
{
    if (!rv_fd_case_ready(self)) {
        return false;
    }
    if (self->result > 0) {
        rove_signals *signals = (void *)(uintptr_t)self->words[RV_FD_CASE_OWN];
        int number = rove_signals_try(signals);
        self->result = number > 0 ? number : 0;
    }
    return self->result != 0;
}

rove_case rove_on_signal(rove_signals *signals)
{
    static const struct rove_case_ops ops = {is_ready, rv_fd_case_arm,
                                             rv_fd_case_disarm};
    RV_CHECK(signals != NULL, "there are no signals");
    int bell = rv_signals_inside(signals)->bell;
    rove_case made =
        rv_case_make(&ops, (void *)(intptr_t)bell, (void *)(intptr_t)POLLIN);
    made.words[RV_FD_CASE_OWN] = (uintptr_t)signals;
    return made;
}
