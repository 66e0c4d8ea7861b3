#include "src/io/close.h"

#include "rove/io.h"

#include "src/platform/fd_io.h"
#include "src/platform/os_thread.h"
#include "src/sched/pollable.h"
#include "src/task/await.h"

/* Waits, deaf to cancellation, until all calls have left. They do at once: who
 * waited was woken, and no other call waits. */
static void await_calls(rv_pollable *file)
{
    while (rv_pollable_has_calls(file)) {
        rv_wait wait;
        if (rv_wait_begin_deaf(&wait) != 0) {
            rv_thread_yield(); /* a plain thread, and no memory */
        } else if (rv_pollable_close_await(file, wait.ref)) {
            (void)rv_wait_suspend(&wait);
        } else {
            (void)rv_wait_abort(&wait);
        }
    }
}

int rv_close_by(int fd, int (*release)(int fd))
{
    rv_pollable *file;
    if (rv_pollable_of(fd, &file) != 0) {
        return release(fd); /* nobody can be in a call */
    }
    int error = rv_pollable_close_begin(file);
    if (error != 0) {
        return error;
    }
    await_calls(file);
    uint32_t life = rv_pollable_close_end(file, fd);
    error = release(fd);
    rv_pollable_close_done(file, life);
    return error;
}

int rove_close(int fd)
{
    return rv_close_by(fd, rv_fd_close);
}
