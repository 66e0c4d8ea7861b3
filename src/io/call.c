#include "src/io/call.h"

#include <errno.h>

#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/platform/event_fd.h"
#include "src/platform/fd_io.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/worker.h"
#include "src/task/await.h"

#define BACK_OFF_MIN (1 * ROVE_MS)
#define BACK_OFF_MAX (100 * ROVE_MS)

int rv_io_begin(rv_io_call *call, int fd, unsigned sides)
{
    rv_worker *w;
    int error = rv_wait_enter(&w);
    if (error == 0) {
        error = rv_pollable_of(fd, &call->file);
    }
    if (error != 0) {
        return error;
    }
    uint32_t flags = rv_pollable_enter(call->file);
    if ((flags & RV_CALLS_CLOSING) != 0) {
        return -EBADF;
    }
    call->fd = fd;
    call->is_managed = (flags & RV_CALLS_MANAGED) != 0;
    call->is_file = (flags & RV_CALLS_FILE) != 0;
    call->is_stream = (flags & RV_CALLS_STREAM) != 0;
    call->is_thread = w == NULL;
    call->has_turn = false;
    call->must_ask = !call->is_managed || call->is_thread;
    call->may_block = false;
    call->wait.sides = sides;
    call->wait.placed = false;
    return 0;
}

static int result_of(const rv_wait *wait, unsigned cause)
{
    switch (cause) {
    case RV_CAUSE_CLOSED:
        return -EBADF;
    case RV_CAUSE_CANCEL:
        return rv_wait_refused(wait);
    default:
        return 0;
    }
}

static int wait_as_task(rv_io_call *call)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    error = rv_poll_wait_queue(call->file, call->fd, &wait.worker->poller,
                               &call->wait, wait.ref);
    if (error != 0) {
        /* Only a canceller can have been faster, and asks again. */
        (void)rv_wait_abort(&wait);
        call->may_block = error == -EPERM;
        return error == RV_POLL_WAIT_RETRY || error == -EPERM ? 0 : error;
    }
    wait.worker->budget++; /* it counts when it is picked */
    unsigned cause = rv_wait_suspend(&wait);
    call->has_turn = cause == RV_CAUSE_SOURCE;
    call->must_ask = true;
    if (!call->has_turn || !rv_bits_is_pow2(call->wait.sides)) {
        rv_poll_wait_unqueue(call->file, &call->wait, cause == RV_CAUSE_CANCEL);
    }
    return result_of(&wait, cause);
}

static short poll_events(unsigned sides)
{
    return (short)(((sides & 1u << RV_SIDE_READ) != 0 ? POLLIN : 0) |
                   ((sides & 1u << RV_SIDE_WRITE) != 0 ? POLLOUT : 0) |
                   ((sides & 1u << RV_SIDE_ALERT) != 0 ? POLLPRI : 0));
}

/* Until the deadline of the thread's scopes; < 0: none. */
static int64_t time_of_thread(void)
{
    rove_time deadline = rv_scope_nearest(NULL);
    if (deadline == ROVE_FOREVER) {
        return -1;
    }
    rove_time left = deadline - rv_clock_now();
    return left > 0 ? left : 0;
}

/* The doorbell is shown to the scopes. What poll says, or -ECANCELED. */
static int poll_with_bell(rv_io_call *call, int doorbell)
{
    if (rv_scope_thread_cause(true) != 0) {
        return -ECANCELED;
    }
    struct pollfd fds[] = {
        {.fd = call->fd, .events = poll_events(call->wait.sides)},
        {.fd = doorbell, .events = POLLIN},
    };
    int result = rv_fd_poll(fds, 2, time_of_thread());
    call->may_block = fds[0].revents != 0;
    return result;
}

static int hang_bell(const rv_io_call *call, rv_poll_wait *bell, int doorbell)
{
    *bell = (rv_poll_wait){.sides = 1u << RV_SIDE_ALERT};
    bell->node[RV_SIDE_ALERT].doorbell = doorbell;
    return rv_poll_wait_queue(call->file, call->fd, NULL, bell, 0);
}

static int wait_with_bell(rv_io_call *call, const rv_io_call *beside,
                          int doorbell)
{
    rv_poll_wait bell;
    rv_poll_wait bell_beside;
    int result = hang_bell(call, &bell, doorbell);
    if (result != 0) {
        return result;
    }
    if (beside != NULL) {
        result = hang_bell(beside, &bell_beside, doorbell);
    }
    if (result == 0) {
        rv_scope_thread_show_bell(doorbell);
        result = poll_with_bell(call, doorbell);
        rv_scope_thread_show_bell(-1);
        if (beside != NULL) {
            rv_poll_wait_unqueue(beside->file, &bell_beside, false);
        }
    }
    rv_poll_wait_unqueue(call->file, &bell, false);
    return result;
}

/* The doorbell is out of the queues and the scopes before it is closed. It is
 * rung by who closes a descriptor, ends a scope or moves its deadline. */
static int wait_as_thread(rv_io_call *call, const rv_io_call *beside)
{
    int doorbell = rv_event_fd_open();
    if (doorbell < 0) {
        return doorbell;
    }
    int result = wait_with_bell(call, beside, doorbell);
    (void)rv_fd_close(doorbell);
    if (result >= 0 &&
        (rv_pollable_is_closing(call->file) ||
         (beside != NULL && rv_pollable_is_closing(beside->file)))) {
        return -EBADF;
    }
    if (result == 0 && rv_scope_thread_cause(true) != 0) {
        return -ECANCELED;
    }
    return result < 0 ? result : 0;
}

int rv_io_wait(rv_io_call *call)
{
    return call->is_thread ? wait_as_thread(call, NULL) : wait_as_task(call);
}

/* Only a turn is passed: those who queued behind others count on it, and those
 * who found the queue empty count on the events after they had asked. */
static void pass_turn(rv_io_call *call)
{
    unsigned left = call->wait.sides & ~(1u << RV_SIDE_ALERT);
    for (; left != 0; left = rv_sides_rest(left)) {
        rv_side side = (rv_side)rv_sides_first(left);
        if (rv_poll_side_has_waiters(&call->file->side[side])) {
            rv_poll_wait_pass(call->file, side);
        }
    }
}

/* Queues on both, or on neither. */
static int queue_both(rv_io_call *call, const rv_io_call *beside,
                      rv_poll_wait *guard, const rv_wait *wait)
{
    *guard = (rv_poll_wait){.sides = 1u << RV_SIDE_ALERT};
    int error =
        rv_poll_wait_queue(beside->file, beside->fd, NULL, guard, wait->ref);
    if (error == 0) {
        error = rv_poll_wait_queue(call->file, call->fd, &wait->worker->poller,
                                   &call->wait, wait->ref);
        if (error != 0) {
            rv_poll_wait_unqueue(beside->file, guard, false);
        }
    }
    return error;
}

/* Alerts on the other descriptor may end the wait, too: so nothing is known of
 * the turn but that asking will tell. */
static int wait_beside_as_task(rv_io_call *call, const rv_io_call *beside)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_poll_wait guard;
    error = queue_both(call, beside, &guard, &wait);
    if (error != 0) {
        /* A canceller or closer that was faster is met again by waiting. */
        (void)rv_wait_abort(&wait);
        return error == RV_POLL_WAIT_RETRY ? 0 : error;
    }
    wait.worker->budget++; /* it counts when it is picked */
    unsigned cause = rv_wait_suspend(&wait);
    rv_poll_wait_unqueue(beside->file, &guard, false);
    rv_poll_wait_unqueue(call->file, &call->wait, cause != RV_CAUSE_SOURCE);
    call->has_turn = cause == RV_CAUSE_SOURCE;
    call->must_ask = true;
    return result_of(&wait, cause);
}

int rv_io_wait_beside(rv_io_call *call, rv_io_call *beside)
{
    if (beside->has_turn) {
        beside->has_turn = false;
        pass_turn(beside);
    }
    return call->is_thread ? wait_as_thread(call, beside)
                           : wait_beside_as_task(call, beside);
}

int rv_io_back_off(rv_io_call *call, rove_time *span)
{
    *span = *span == 0 ? BACK_OFF_MIN : *span * 2;
    *span = *span < BACK_OFF_MAX ? *span : BACK_OFF_MAX;
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    rv_poll_wait pause = {.sides = 1u << RV_SIDE_ALERT};
    error = rv_poll_wait_queue(call->file, call->fd, NULL, &pause, wait.ref);
    if (error != 0) {
        (void)rv_wait_abort(&wait);
        return error;
    }
    unsigned cause =
        rv_wait_suspend_until(&wait, rv_time_add(rv_clock_now(), *span));
    rv_poll_wait_unqueue(call->file, &pause, false);
    return result_of(&wait, cause);
}

void rv_io_end(rv_io_call *call, bool drained)
{
    if (call->has_turn && !drained) {
        pass_turn(call);
    }
    rv_pollable_leave(call->file);
}

int rv_io_probe(rv_io_call *call)
{
    rv_worker *worker = rv_current_worker();
    return call->is_managed || worker == NULL
               ? 0
               : rv_poll_wait_probe(call->file, call->fd, &worker->poller);
}

int rv_io_events(const rv_io_call *call, int wanted)
{
    struct pollfd one = {.fd = call->fd, .events = (short)wanted};
    int count = rv_fd_poll(&one, 1, 0);
    return count < 0 ? 0 : one.revents;
}

static bool has_drained(rv_io_call *call, rv_side side, ssize_t count,
                        size_t wanted)
{
    return call->is_stream && count > 0 && (size_t)count < wanted &&
           rv_poll_side_drain(&call->file->side[side], call->wait.seen[side]);
}

ssize_t rv_io_run(int fd, rv_side side, rv_io_op *op, void *args, size_t wanted)
{
    return rv_io_run_resting(fd, side, op, NULL, args, wanted);
}

ssize_t rv_io_run_resting(int fd, rv_side side, rv_io_op *op,
                          void (*rest)(void *args), void *args, size_t wanted)
{
    rv_io_call call;
    ssize_t count = rv_io_begin(&call, fd, 1u << side);
    if (count != 0) {
        return count;
    }
    for (;;) {
        count = rv_io_may_try(&call) ? op(&call, args) : -EAGAIN;
        if (count != -EAGAIN) {
            break;
        }
        if (rest != NULL) {
            rest(args);
        }
        count = rv_io_wait(&call);
        if (count != 0) {
            break;
        }
    }
    rv_io_end(&call, has_drained(&call, side, count, wanted));
    return count;
}
