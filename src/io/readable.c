#include "src/io/readable.h"

#include <errno.h>
#include <poll.h>

#include "rove/io.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/platform/fd_io.h"
#include "src/sched/current.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"
#include "src/task/await.h"
#include "src/task/spawn.h"

void rv_readable_take_back(rv_readable *self)
{
    if (self->file == NULL) {
        return;
    }
    if (self->wait.placed) {
        rv_poll_wait_unqueue(self->file, &self->wait, true);
    }
    rv_pollable_leave(self->file);
}

/* Begins the call; false: the descriptor is none, or is being closed. */
static bool enter(rv_readable *self, int fd)
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
static bool is_ready(rv_readable *self, int fd)
{
    rv_poll_wait *wait = &self->wait;
    const rv_poll_side *side = &self->file->side[RV_SIDE_READ];
    wait->seen[RV_SIDE_READ] = rv_poll_side_state(side);
    wait->tried = !rv_poll_side_is_idle(side, wait->seen[RV_SIDE_READ]);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return wait->tried && rv_fd_poll(&one, 1, 0) != 0;
}

/* Queues the wait of the start; false: it is to start at once. */
static bool arm(rv_readable *self, int fd, rv_poller *poller, rv_ref ref)
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

void rv_readable_launch(rv_readable *self, rv_task *task, int fd, rv_ref ref)
{
    rv_worker *here = rv_current_worker();
    if (enter(self, fd) && arm(self, fd, poller_for(here, task), ref)) {
        rv_wait_park(here, task);
    } else {
        /* Others may have been faster: it starts in any case. */
        (void)rv_claim_abort(&task->claim);
        rv_spawn_launch(task);
    }
}

static void disarm(rv_start *start, bool is_lost)
{
    (void)is_lost;
    rv_readable_take_back(rv_container_of(start, rv_readable, start));
}

rove_task *rove_on_readable(int fd, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_readable *self = rv_mem_alloc(sizeof *self);
    if (self == NULL) {
        return rv_spawn_refuse(-ENOMEM);
    }
    self->start = (rv_start){fn, arg, disarm};
    rv_task *task = rv_spawn_prepare_start(&self->start);
    if (task == NULL) {
        rv_mem_free(self);
        return NULL;
    }
    rv_readable_launch(self, task, fd, rv_spawn_begin(task));
    return task;
}
