/* A call on a descriptor, from entering to leaving: what every function of
 * rove/io.h has in common. It tries first, waits when the kernel has nothing,
 * and tries again when its turn has come.
 *
 *     rv_io_call call;
 *     int error = rv_io_begin(&call, fd, 1u << RV_SIDE_READ);
 *     if (error != 0) { return error; }
 *     do {
 *         n = rv_io_may_try(&call) ? … : -EAGAIN;
 *     } while (n == -EAGAIN && (n = rv_io_wait(&call)) == 0);
 *     rv_io_end(&call, false);
 *
 * A wait of a task is one of poll_wait.h. A plain thread waits by ppoll, and
 * leaves a doorbell with the descriptor, so that closing wakes it.
 */
#ifndef SRC_IO_CALL_H
#define SRC_IO_CALL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rove/base.h"

#include "src/sched/poll_wait.h"
#include "src/sched/pollable.h"

/* The sides that events (POLLIN, POLLOUT, POLLPRI) are waited for on. */
static inline unsigned rv_io_sides_of(int events)
{
    return ((events & POLLIN) != 0 ? 1u << RV_SIDE_READ : 0) |
           ((events & POLLOUT) != 0 ? 1u << RV_SIDE_WRITE : 0) |
           ((events & POLLPRI) != 0 ? 1u << RV_SIDE_ALERT : 0);
}

typedef struct rv_io_call {
    rv_pollable *file;
    int fd;
    bool is_managed; /* made by rove: nonblocking */
    bool is_file;    /* managed, and no socket: plain read and write do */
    bool is_stream;
    bool is_thread; /* of a plain thread */
    bool has_turn;  /* an event, or who came before, has left it the turn */
    bool must_ask;  /* whoever waits, and whatever is known of the side */
    bool may_block; /* waiting is over or impossible: a call that might block
                       is in order */
    rv_poll_wait wait;
} rv_io_call;

/* Begins a call that may wait for some sides. 0; -ECANCELED (the task is
 * cancelled; it has yielded), -EBADF, -EMFILE or -ENOMEM, and then no call was
 * begun. */
int rv_io_begin(rv_io_call *call, int fd, unsigned sides);

/* True when the kernel is to be asked, now. Else nothing can be there, or
 * others wait for it already: the call goes on as after -EAGAIN. */
static inline bool rv_io_may_try(rv_io_call *call)
{
    rv_poll_wait *wait = &call->wait;
    bool is_idle = true;
    unsigned left = wait->sides;
    for (; left != 0; left = rv_sides_rest(left)) {
        unsigned s = rv_sides_first(left);
        const rv_poll_side *side = &call->file->side[s];
        wait->seen[s] = rv_poll_side_state(side);
        /* On ALERT no turns are passed. */
        is_idle = is_idle && s != RV_SIDE_ALERT &&
                  rv_poll_side_is_idle(side, wait->seen[s]);
    }
    wait->tried = !is_idle || call->must_ask;
    return wait->tried;
}

/* After -EAGAIN: waits for the sides. 0: ask again; else -ECANCELED, -EBADF
 * (closed), or why waiting is impossible. What epoll cannot poll does not fail:
 * may_block is set. */
int rv_io_wait(rv_io_call *call);

/* The same in a call on two descriptors, both entered: closing the other one
 * ends the wait, too, and its turn goes to who else waits for it. */
int rv_io_wait_beside(rv_io_call *call, rv_io_call *beside);

/* Waits for a while because trying again at once is pointless though the
 * descriptor is ready: 1 ms the first time (*span is 0), then twice as long as
 * the last time, up to 100 ms. 0, -ECANCELED, -EBADF (closed) or -ENOMEM. May
 * end early. */
int rv_io_back_off(rv_io_call *call, rove_time *span);

/* Ends a call. drained: it has taken all there was on its one side, and nobody
 * else need look. */
void rv_io_end(rv_io_call *call, bool drained);

/* The events (POLLIN …) there are now, of those wanted and those that always
 * count; POLLNVAL when there is no such descriptor. */
int rv_io_events(const rv_io_call *call, int wanted);

/* 0 when waiting for the descriptor is possible, -EPERM when it is not. */
int rv_io_probe(rv_io_call *call);

/* Does what is asked of the kernel: a count or -errno; -EAGAIN: must wait. */
typedef ssize_t rv_io_op(rv_io_call *call, void *args);

/* A whole call on one side.
 *
 * wanted  a smaller count than this, but for 0, says that a stream is drained;
 *         0: no count does */
ssize_t rv_io_run(int fd, rv_side side, rv_io_op *op, void *args,
                  size_t wanted);

/* The same, and calls rest(args) before each wait. */
ssize_t rv_io_run_resting(int fd, rv_side side, rv_io_op *op,
                          void (*rest)(void *args), void *args, size_t wanted);

#endif
