/* Waiting for readiness itself. The kernel is asked first and last; an event is
 * only a reason to ask again.
 */
#include <errno.h>

#include "rove/io.h"

#include "src/io/call.h"

#define BOTH (POLLIN | POLLOUT)

/* What cannot be waited for counts as ready for everything. */
static int ask(rv_io_call *call, int events)
{
    int all = rv_io_events(call, BOTH);
    int ready = all & (events | POLLERR | POLLHUP);
    if ((all & POLLNVAL) != 0) {
        return -EBADF;
    }
    if (call->may_block && !call->is_thread) {
        return -EPERM;
    }
    if (all == BOTH && rv_io_probe(call) == -EPERM) {
        return -EPERM;
    }
    return ready != 0 ? ready : -EAGAIN;
}

int rove_poll(int fd, int events)
{
    if (events == 0 || (events & ~BOTH) != 0) {
        return -EINVAL;
    }
    rv_io_call call;
    int result = rv_io_begin(&call, fd, rv_io_sides_of(events));
    if (result != 0) {
        return result;
    }
    call.must_ask = true;
    do {
        (void)rv_io_may_try(&call);
        result = ask(&call, events);
    } while (result == -EAGAIN && (result = rv_io_wait(&call)) == 0);
    rv_io_end(&call, false);
    return result;
}
