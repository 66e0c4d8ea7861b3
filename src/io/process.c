#include "src/io/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "rove/io.h"
#include "rove/scope.h"

#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/platform/child.h"
#include "src/platform/fd_io.h"

/* Under the lock. That there is nothing to wait for is final as well. */
static void reap(rove_process *p)
{
    rv_child_exit exit;
    int error = rv_child_reap(p->pidfd, &exit);
    if (error == -EAGAIN) {
        return;
    }
    p->has_ended = true;
    p->error = error;
    if (error == 0) {
        p->exit = (rove_exit){exit.code, exit.signal, exit.has_dumped};
    }
}

int rv_process_reap(rove_process *process, rove_exit *exit)
{
    rv_lock_acquire(&process->lock);
    if (!process->has_ended) {
        reap(process);
    }
    int error = process->has_ended ? process->error : -EAGAIN;
    if (error == 0 && exit != NULL) {
        *exit = process->exit;
    }
    rv_lock_release(&process->lock);
    return error;
}

int rove_process_wait(rove_process *process, rove_exit *exit)
{
    int error;
    do {
        int ready = rove_poll(process->pidfd, POLLIN);
        if (ready < 0) {
            return ready;
        }
        error = rv_process_reap(process, exit);
    } while (error == -EAGAIN);
    return error;
}

/* Where there is no memory or descriptor to wait with, the thread blocks. */
int rv_process_await_end(rove_process *process, rove_exit *exit)
{
    rove_scope shield;
    rove_shield_open(&shield, ROVE_FOREVER);
    int error = rove_process_wait(process, exit);
    (void)rove_scope_close(&shield);
    if (error == 0 || error == -ECHILD) {
        return error;
    }
    while ((error = rv_process_reap(process, exit)) == -EAGAIN) {
        struct pollfd end = {.fd = process->pidfd, .events = POLLIN};
        (void)rv_fd_poll(&end, 1, -1);
    }
    return error;
}

/* Under the lock, so that the number is still the process's. */
int rove_process_signal(rove_process *process, int number)
{
    int error = -ESRCH;
    rv_lock_acquire(&process->lock);
    if (!process->has_ended) {
        error = (process->flags & ROVE_PROCESS_GROUP) != 0
                    ? rv_child_signal_group(process->pid, number)
                    : rv_child_signal(process->pidfd, number);
    }
    rv_lock_release(&process->lock);
    return error;
}

int rove_process_terminate(rove_process *process)
{
    return rove_process_signal(process, SIGTERM);
}

int rove_process_kill(rove_process *process)
{
    return rove_process_signal(process, SIGKILL);
}

static bool has_ended_within(rove_process *p, rove_time span)
{
    rove_scope scope;
    rove_scope_open(&scope, rv_time_add(rv_clock_now(), span));
    int ready = rove_poll(p->pidfd, POLLIN);
    (void)rove_scope_close(&scope);
    return ready > 0;
}

/* While a leader that has ended is not reaped its group's number is its own:
 * what is left of the group is killed then. Who may not be signalled is not
 * waited for, unless it has ended by itself. */
int rove_process_shutdown(rove_process *process, rove_time grace,
                          rove_exit *exit)
{
    int error = rove_process_terminate(process);
    if (error == 0 && (!has_ended_within(process, grace) ||
                       (process->flags & ROVE_PROCESS_GROUP) != 0)) {
        error = rove_process_kill(process);
    }
    if (error == -EPERM && rv_process_reap(process, NULL) == -EAGAIN) {
        return error;
    }
    return rv_process_await_end(process, exit);
}

pid_t rove_process_pid(const rove_process *process)
{
    return process->pid;
}

static bool is_stream(int stream)
{
    return stream >= 0 && stream < RV_STREAMS;
}

int rove_process_fd(const rove_process *process, int stream)
{
    return is_stream(stream) ? process->pipes[stream] : -EBADF;
}

int rove_process_take_fd(rove_process *process, int stream)
{
    int fd = rove_process_fd(process, stream);
    if (fd >= 0) {
        process->pipes[stream] = -EBADF;
    }
    return fd;
}

void rv_process_close_pipe(rove_process *process, int stream)
{
    int fd = rove_process_take_fd(process, stream);
    if (fd >= 0) {
        (void)rove_close(fd);
    }
}

void rv_process_close_pipes(rove_process *process)
{
    for (int i = 0; i < RV_STREAMS; i++) {
        rv_process_close_pipe(process, i);
    }
}

void rv_process_release(rove_process *process)
{
    rv_process_close_pipes(process);
    if (process->pidfd >= 0) {
        (void)rove_close(process->pidfd);
    }
    for (int i = 0; i < RV_STREAMS; i++) {
        rv_buffer_fini(&process->collected[i]);
    }
    rv_mem_free(process);
}
