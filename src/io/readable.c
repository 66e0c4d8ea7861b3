/* Tasks that start when a descriptor is readable: idle connections without a
 * stack.
 *
 * What waits is one wait of poll_wait.h, in the task's arg; its spawner arms it
 * and its own first act takes it back. In between the task is in a call on the
 * descriptor, so closing claims its wait, and waits until it has let go.
 *
 * Bytes that came before are not missed: as in call.c the state of the side is
 * read, then the kernel is asked, then the wait is queued, which fails when
 * there was an event since. A turn is passed on when the task starts: it is
 * only a reason to ask, for who queued behind too.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "rove/io.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/poll_wait.h"
#include "src/sched/pollable.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"
#include "src/task/await.h"
#include "src/task/spawn.h"

typedef struct readable {
    rv_start start;
    rv_pollable *file; /* the task is in a call on it; NULL: on none */
    rv_poll_wait wait; /* placed: it has been queued */
} readable;

static void disarm(rv_start *start)
{
    readable *self = rv_container_of(start, readable, start);
    if (self->file == NULL) {
        return;
    }
    if (self->wait.placed) {
        rv_poll_wait_unqueue(self->file, &self->wait, true);
    }
    rv_pollable_leave(self->file);
}

/* Begins the call; false: the descriptor is none, or is being closed. */
static bool enter(readable *self, int fd)
{
    self->wait.sides = 1u << RV_SIDE_READ;
    self->wait.placed = false;
    self->file = NULL;
    rv_pollable *file;
    if (rv_pollable_of(fd, &file) != 0 ||
        (rv_pollable_enter(file) & RV_CALLS_CLOSING) != 0) {
        return false;
    }
    self->file = file;
    return true;
}

/* Whether a read would not wait, in error too. The kernel is not asked when
 * nothing can be there, or others wait for it already. */
static bool is_ready(readable *self, int fd)
{
    rv_poll_wait *wait = &self->wait;
    const rv_poll_side *side = &self->file->side[RV_SIDE_READ];
    wait->seen[RV_SIDE_READ] = rv_poll_side_state(side);
    wait->tried = !rv_poll_side_is_idle(side, wait->seen[RV_SIDE_READ]);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return wait->tried && rv_fd_poll(&one, 1, 0) != 0;
}

/* Queues the wait of the start; false: it is to start at once. */
static bool arm(readable *self, int fd, rv_poller *poller, rv_ref ref)
{
    int error = RV_POLL_WAIT_RETRY;
    while (error == RV_POLL_WAIT_RETRY) {
        if (is_ready(self, fd)) {
            return false;
        }
        error = rv_poll_wait_queue(self->file, fd, poller, &self->wait, ref);
    }
    return error == 0;
}

static rv_poller *poller_for(const rv_worker *here, const rv_task *task)
{
    const rv_scheduler *s = rv_task_scheduler(task);
    return &s->workers[here != NULL ? here->index : task->traits.home]->poller;
}

rove_task *rove_on_readable(int fd, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    readable *self = rv_mem_alloc(sizeof *self);
    if (self == NULL) {
        return rv_spawn_refuse(-ENOMEM);
    }
    self->start = (rv_start){fn, arg, disarm};
    rv_task *task = rv_spawn_prepare_start(&self->start);
    if (task == NULL) {
        rv_mem_free(self);
        return NULL;
    }
    if (!enter(self, fd)) {
        rv_spawn_launch(task);
        return task;
    }
    rv_worker *here = rv_current_worker();
    rv_ref ref = rv_spawn_begin(task);
    if (arm(self, fd, poller_for(here, task), ref)) {
        rv_wait_park(here, task);
    } else {
        /* Only a canceller can have been faster: the waits of fn tell. */
        (void)rv_claim_abort(&task->claim);
        rv_spawn_launch(task);
    }
    return task;
}
