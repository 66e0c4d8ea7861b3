/* A child process as its handle sees it.
 *
 * process_spawn.c makes and frees it, process.c waits for it and ends it,
 * process_talk.c feeds and reads it, process_case.c selects it; orphan.c has
 * those whose handle was given back while they ran.
 *
 * Law of `has_ended`, `error` and `exit`: set once, under the lock, by whoever
 * reaps the process; until then its number is its own, so a signal is sent
 * under the lock as well.
 */
#ifndef SRC_IO_PROCESS_H
#define SRC_IO_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rove/process.h"

#include "src/base/list.h"
#include "src/io/buffer.h"
#include "src/platform/lock.h"

#define RV_STREAMS 3

struct rove_process {
    /* fixed before it is shown */
    pid_t pid;
    int pidfd;
    unsigned flags;
    /* shared */
    rv_lock lock;
    bool has_ended;
    int error; /* why nobody will ever know how; 0 */
    rove_exit exit;
    /* the owner's */
    int pipes[RV_STREAMS];           /* -EBADF: none, or taken */
    size_t fed;                      /* bytes of the input, by communicate */
    rv_buffer collected[RV_STREAMS]; /* by communicate */
    rv_link orphan;
};

/* Reaps the process if it has ended: 0 and *exit (may be NULL), -EAGAIN when it
 * still runs, -ECHILD. Any thread; never suspends. */
int rv_process_reap(rove_process *process, rove_exit *exit);

/* Waits, deaf to cancellation, until the process has ended; as
 * rove_process_wait(). May suspend. */
int rv_process_await_end(rove_process *process, rove_exit *exit);

/* Closes the pipe to a stream, or all pipes, unless taken. May suspend. */
void rv_process_close_pipe(rove_process *process, int stream);
void rv_process_close_pipes(rove_process *process);

/* Closes what is open and frees the memory of one that has been reaped or was
 * never started. May suspend. */
void rv_process_release(rove_process *process);

#endif
