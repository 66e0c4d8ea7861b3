/* A descriptor as the case of a select: as rove_poll(), the kernel is asked
 * first and last, and a turn is only a reason to ask again. It is passed on at
 * once when the case is disarmed: whatever the select chooses then, those who
 * queued behind count on it.
 *
 * The case is in a call on the descriptor while it asks, and while it is armed:
 * so closing claims its wait, and waits until it has let go. What let go then
 * does not ask again, since the number may be another descriptor's by now: its
 * result is the closing. Between asking and arming the case is in no call. What
 * it had seen of the sides stays good: whatever happens to the number
 * meanwhile, also its closing, moves their ticks.
 *
 * A descriptor that cannot be waited for makes its case ready, with the reason
 * as the result, so that a select of many says which one it was.
 */
#include "src/io/fd_case.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include "rove/select.h"

#include "src/io/call.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/poll_wait.h"
#include "src/sched/pollable.h"
#include "src/sched/worker.h"
#include "src/task/source.h"

#define BOTH (POLLIN | POLLOUT)
#define ALL  (POLLIN | POLLOUT | POLLPRI)

/* In the case's words; object is the descriptor, argument the events. */
typedef struct fd_case {
    rv_pollable *file;
    rv_poll_wait wait;
} __attribute__((may_alias)) fd_case;

static_assert(sizeof(fd_case) <= RV_FD_CASE_OWN * sizeof(uint64_t) &&
                  sizeof(((rove_case *)0)->words) > sizeof(fd_case),
              "an fd case leaves a word of a case alone");

static fd_case *state_of(rove_case *self)
{
    return (fd_case *)(void *)self->words;
}

static int fd_of(const rove_case *self)
{
    return (int)(intptr_t)self->object;
}

static int events_of(const rove_case *self)
{
    return (int)(intptr_t)self->argument;
}

/* Notes the sides as they are before the kernel is asked. */
static void look(const rv_pollable *file, rv_poll_wait *wait, int events)
{
    wait->sides = rv_io_sides_of(events);
    wait->tried = true;
    wait->placed = false;
    unsigned left = wait->sides;
    for (; left != 0; left = rv_sides_rest(left)) {
        unsigned s = rv_sides_first(left);
        wait->seen[s] = rv_poll_side_state(&file->side[s]);
    }
}

/* The events there are, 0, or why there never will be. What cannot be waited
 * for counts as ready for everything. */
static int ask(rv_pollable *file, int fd, int events, rv_worker *worker)
{
    struct pollfd one = {.fd = fd, .events = ALL};
    int all = rv_fd_poll(&one, 1, 0) < 0 ? 0 : one.revents;
    if ((all & POLLNVAL) != 0) {
        return -EBADF;
    }
    if ((all & BOTH) == BOTH &&
        rv_poll_wait_probe(file, fd, &worker->poller) == -EPERM) {
        return -EPERM;
    }
    return all & (events | POLLERR | POLLHUP);
}

/* Begins a call: 0, or why it cannot. */
static int enter(int fd, rv_pollable **file)
{
    int error = rv_pollable_of(fd, file);
    if (error == 0 && (rv_pollable_enter(*file) & RV_CALLS_CLOSING) != 0) {
        error = -EBADF;
    }
    return error;
}

bool rv_fd_case_ready(rove_case *self)
{
    rv_worker *worker = rv_current_worker();
    int fd = fd_of(self);
    int events = events_of(self);
    if (worker == NULL) {
        return false;
    }
    if (self->result == -EBADF) {
        return true; /* closed while it was armed */
    }
    if (events == 0 || (events & ~ALL) != 0) {
        self->result = -EINVAL;
        return true;
    }
    rv_pollable *file;
    int result = enter(fd, &file);
    if (result == 0) {
        look(file, &state_of(self)->wait, events);
        result = ask(file, fd, events, worker);
        rv_pollable_leave(file);
    }
    self->result = result;
    return result != 0;
}

/* The descriptor may have become bad since it was asked: that is found again
 * by asking. */
int rv_fd_case_arm(rove_case *self, rv_ref ref, unsigned cause)
{
    (void)cause; /* it stays ready */
    rv_worker *worker = rv_current_worker();
    if (worker == NULL) {
        return -EPERM;
    }
    fd_case *state = state_of(self);
    int error = enter(fd_of(self), &state->file);
    if (error == 0) {
        error = rv_poll_wait_queue(state->file, fd_of(self), &worker->poller,
                                   &state->wait, ref);
        if (error != 0) {
            rv_pollable_leave(state->file);
        }
    }
    return error == RV_POLL_WAIT_RETRY || error == -EBADF ? RV_CASE_READY
                                                          : error;
}

void rv_fd_case_disarm(rove_case *self, bool named)
{
    (void)named;
    fd_case *state = state_of(self);
    rv_poll_wait_unqueue(state->file, &state->wait, true);
    if (rv_pollable_is_closing(state->file)) {
        self->result = -EBADF;
    }
    rv_pollable_leave(state->file);
}

rove_case rove_on_fd(int fd, int events)
{
    static const struct rove_case_ops ops = {rv_fd_case_ready, rv_fd_case_arm,
                                             rv_fd_case_disarm};
    return rv_case_make(&ops, (void *)(intptr_t)fd, (void *)(intptr_t)events);
}
