/* Child processes: asyncio.create_subprocess_exec, on pidfds.
 *
 *     rove_process_options options;
 *     rove_process_options_init(&options);
 *     options.stdio[0].kind = ROVE_STDIO_PIPE;
 *     options.stdio[1].kind = ROVE_STDIO_PIPE;
 *     const char *const argv[] = {"sort", "-u", NULL};
 *     rove_process *sort;
 *     int error = rove_process_spawn(&options, argv, &sort);
 *     if (error == 0) {
 *         rove_process_result result;
 *         error = rove_process_communicate(sort, text, size, 1 << 20, &result);
 *         … result.out, result.exit …
 *         rove_process_free(sort);
 *     }
 *
 * A child has the descriptors 0, 1 and 2 and no other of this process, none of
 * its handlers, no signal blocked, and the default action for SIGPIPE.
 *
 * The library installs no SIGCHLD handler. The program neither ignores SIGCHLD
 * nor reaps children it did not start (waitpid(-1)): whoever waits would get
 * -ECHILD.
 */
#ifndef ROVE_PROCESS_H
#define ROVE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "rove/base.h"
#include "rove/select.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_process rove_process;

/* Where a standard stream of a child leads. */
typedef enum rove_stdio_kind {
    ROVE_STDIO_INHERIT = 0, /* where this process's stream leads */
    ROVE_STDIO_NULL,        /* /dev/null */
    ROVE_STDIO_PIPE,        /* a pipe, whose other end is rove_process_fd() */
    ROVE_STDIO_FD,          /* fd, which stays the caller's */
    ROVE_STDIO_MERGE,       /* of the error stream: where the output does */
} rove_stdio_kind;

typedef struct rove_stdio {
    rove_stdio_kind kind;
    int fd;
} rove_stdio;

/* It goes on when its handle is freed. */
#define ROVE_PROCESS_DETACH 1u

/* It leads a new process group, and signals go to all of that. */
#define ROVE_PROCESS_GROUP 2u

typedef struct rove_process_options {
    uint32_t size;          /* sizeof; by rove_process_options_init */
    uint32_t flags;         /* ROVE_PROCESS_… */
    const char *const *env; /* "NAME=value" …, NULL; or NULL: this process's */
    const char *cwd;        /* where it starts; NULL: where this process is */
    rove_stdio stdio[3];    /* input, output, errors */
} rove_process_options;

/* Sets every field to its default. */
ROVE_API void rove_process_options_init(rove_process_options *options);

/* Starts the program argv[0] (looked up in this process's PATH when it has no
 * slash; a relative path counts from options->cwd) with the arguments argv,
 * which end with NULL. options may be NULL.
 *
 * 0 and *out, which the caller frees. Else -errno, and there is no process:
 * why the program could not be loaded (-ENOENT, -EACCES, -ENOEXEC; also when
 * cwd is no directory that can be entered), -EINVAL (options), -EBADF (a given
 * fd), -EMFILE, -ENFILE, -EAGAIN or -ENOMEM.
 * Context  any thread; never suspends
 * Cost     blocks the thread until the program is loaded, typically below a
 *          millisecond; memory is not copied */
ROVE_API ROVE_MUST_CHECK int
rove_process_spawn(const rove_process_options *options,
                   const char *const argv[], rove_process **out);

/* Gives the handle back, and closes the pipes that were not taken. A process
 * that still runs is killed, and waited for: not stopped by cancellation, and
 * no zombie is left. With ROVE_PROCESS_DETACH, or when it may not be killed
 * since it runs as another user, it goes on instead, and is reaped when it ends
 * while the runtime of the caller runs, else at a later spawn or free. Nobody
 * else uses the handle any more. NULL is ignored.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS void rove_process_free(rove_process *process);

/* Its number; another process's from some time after it was waited for. */
ROVE_API pid_t rove_process_pid(const rove_process *process);

/* This process's end of the pipe to its stream 0, 1 or 2: nonblocking, and
 * closed by rove_process_free(); -EBADF when that is no pipe or was taken. */
ROVE_API int rove_process_fd(const rove_process *process, int stream);

/* The same, and the end is the caller's, who closes it by rove_close(): for
 * input that tells the child that no more will come. */
ROVE_API int rove_process_take_fd(rove_process *process, int stream);

/* How a process ended: killed by a signal, or with an exit code. */
typedef struct rove_exit {
    int code;   /* when signal is 0 */
    int signal; /* 0: none */
    bool has_dumped;
} rove_exit;

/* Waits until the process has ended. Any number may wait, and again later. 0
 * and *exit (may be NULL), -ECANCELED, -ECHILD (somebody else has reaped it),
 * or what rove_poll() says. Its output may not have been read.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_process_wait(rove_process *process, rove_exit *exit);

/* A case that is ready when the process has ended; result: 0. Needs a task, as
 * rove_on_fd(). */
ROVE_API rove_case rove_on_child(rove_process *process);

/* Sends a signal; terminate: SIGTERM, kill: SIGKILL. 0, -ESRCH when it was
 * waited for, -EINVAL (no such signal) or -EPERM.
 * Context  any thread; never suspends */
ROVE_API int rove_process_signal(rove_process *process, int number);
ROVE_API int rove_process_terminate(rove_process *process);
ROVE_API int rove_process_kill(rove_process *process);

/* Ends the process: SIGTERM, and when it has not ended after `grace`
 * nanoseconds, or the caller is cancelled, SIGKILL. Returns when it has ended;
 * of a group (ROVE_PROCESS_GROUP) those who are left are killed then. In a
 * cancelled scope it has grace under a shield only. 0 and *exit (may be NULL),
 * -ECHILD, or, at once, -EPERM: it may not be signalled, and still runs.
 * Context  any thread; may suspend; never returns early */
ROVE_API ROVE_SUSPENDS int
rove_process_shutdown(rove_process *process, rove_time grace, rove_exit *exit);

/* What a child wrote; the memory is the handle's. A zero byte follows each. The
 * pointers are NULL for a stream that was no pipe, or whose end was taken. */
typedef struct rove_process_result {
    const char *out;
    size_t out_size;
    const char *err;
    size_t err_size;
    rove_exit exit;
} rove_process_result;

/* Writes all of input to the child and closes its input, while it collects
 * output and errors to their ends; then waits for the process. Concurrently, so
 * that neither side waits for the other. A child that does not read all of its
 * input is no error. size: 0 when its input is no pipe.
 *
 * limit  of the bytes of each of output and errors
 *
 * 0 and *result, or: -ECANCELED; -EMSGSIZE (there are more than limit bytes);
 * -ENOMEM; -EINVAL (there is input, and no pipe for it). The process is left
 * alone then, and nothing is lost: called again, with the same input, it goes
 * on from there.
 * Context  a task, one at a time; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_process_communicate(rove_process *process, const void *input, size_t size,
                         size_t limit, rove_process_result *result);

#ifdef __cplusplus
}
#endif

#endif
