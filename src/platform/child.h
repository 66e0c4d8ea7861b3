/* Processes that this one starts, by pidfd: a descriptor that is readable when
 * the process has ended, and that never comes to mean another one.
 *
 * Errors are -errno. Context: any thread.
 */
#ifndef SRC_PLATFORM_CHILD_H
#define SRC_PLATFORM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* In the place of a descriptor for a standard stream of a child. */
enum { RV_CHILD_INHERIT = -1, RV_CHILD_NULL = -2 };

typedef struct rv_child_plan {
    const char *const *argv; /* argv[0] is looked up as execvp(3) does */
    const char *const *env;  /* NULL: this process's */
    const char *cwd;         /* NULL: this process's */
    int fds[3];              /* what become 0, 1 and 2; they stay as they are */
    bool leads_group;        /* of a new process group, whose id is its pid */
} rv_child_plan;

/* How a process ended: by a signal, or with a code. */
typedef struct rv_child_exit {
    int code;
    int signal; /* 0: none */
    bool has_dumped;
} rv_child_exit;

/* Starts a process without copying this one (vfork): the calling thread goes on
 * when the program has been loaded. The process has three descriptors, no
 * signal blocked, and SIGPIPE is not ignored.
 *
 * Its pidfd (close-on-exec) and *pid; or why the process or its program could
 * not be started, and then nothing is left of it. */
int rv_child_start(const rv_child_plan *plan, pid_t *pid);

/* Sends a signal. 0; -ESRCH (reaped), -EINVAL (no such signal), -EPERM. */
int rv_child_signal(int pidfd, int number);

/* The same to a whole process group, whose leader has not been reaped. */
int rv_child_signal_group(pid_t group, int number);

/* Reaps it once it has ended: 0 and *exit. -EAGAIN: it has not. -ECHILD:
 * somebody else has reaped it, or SIGCHLD is ignored. */
int rv_child_reap(int pidfd, rv_child_exit *exit);

#endif
