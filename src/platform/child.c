#include "src/platform/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers below are the standard streams. */
#define STREAMS 3

static int open_pidfd(pid_t pid)
{
    int fd = pidfd_open(pid, 0);

    return fd < 0 ? -errno : fd;
}

/* What the child is told to do to itself before it loads its program. Each
 * source is above the streams, so none is overwritten before it is used. */
static int plan_files(posix_spawn_file_actions_t *files,
                      const rv_child_plan *plan, const int sources[STREAMS])
{
    int error = 0;

    for (int i = 0; i < STREAMS && error == 0; i++) {
        if (sources[i] == RV_CHILD_NULL) {
            error = posix_spawn_file_actions_addopen(files, i, "/dev/null",
                                                     O_RDWR, 0);
        } else if (sources[i] != RV_CHILD_INHERIT) {
            error = posix_spawn_file_actions_adddup2(files, sources[i], i);
        }
    }
    if (error == 0) {
        error = posix_spawn_file_actions_addclosefrom_np(files, STREAMS);
    }
    if (error == 0 && plan->cwd != NULL) {
        error = posix_spawn_file_actions_addchdir_np(files, plan->cwd);
    }
    return error;
}

/* None of these can fail: the attributes are initialised, the flags known. */
static void plan_attributes(posix_spawnattr_t *attributes,
                            const rv_child_plan *plan)
{
    sigset_t none;
    sigset_t sigpipe;
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

    sigemptyset(&none);
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &sigpipe);
    if (plan->leads_group) {
        flags |= POSIX_SPAWN_SETPGROUP;
        (void)posix_spawnattr_setpgroup(attributes, 0);
    }
    (void)posix_spawnattr_setflags(attributes, (short)flags);
}

static int spawn(const rv_child_plan *plan, const int sources[STREAMS],
                 pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);

    if (error != 0) {
        return -error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        plan_attributes(&attributes, plan);
        error = plan_files(&files, plan, sources);
        if (error == 0) {
            error = posix_spawnp(pid, plan->argv[0], &files, &attributes,
                                 (char *const *)plan->argv,
                                 plan->env != NULL ? (char *const *)plan->env
                                                   : environ);
        }
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return -error;
}

/* A given descriptor that is a stream itself is duplicated above them. */
static int lift(const int fds[STREAMS], int sources[STREAMS])
{
    memcpy(sources, fds, STREAMS * sizeof fds[0]);
    for (int i = 0; i < STREAMS; i++) {
        if (fds[i] >= 0 && fds[i] < STREAMS) {
            int lifted = fcntl(fds[i], F_DUPFD_CLOEXEC, STREAMS);
            if (lifted < 0) {
                return -errno;
            }
            sources[i] = lifted;
        }
    }
    return 0;
}

static void drop_lifted(const int fds[STREAMS], const int sources[STREAMS])
{
    for (int i = 0; i < STREAMS; i++) {
        if (sources[i] != fds[i]) {
            (void)close(sources[i]);
        }
    }
}

/* The number cannot be another process's: this one has not been reaped. */
static void destroy(pid_t pid)
{
    pid_t reaped;

    (void)kill(pid, SIGKILL);
    do {
        reaped = waitpid(pid, NULL, 0);
    } while (reaped < 0 && errno == EINTR);
}

int rv_child_start(const rv_child_plan *plan, pid_t *pid)
{
    int sources[STREAMS];
    pid_t started = 0;
    int error = lift(plan->fds, sources);

    if (error == 0) {
        error = spawn(plan, sources, &started);
    }
    drop_lifted(plan->fds, sources);
    if (error != 0) {
        return error;
    }
    int pidfd = open_pidfd(started);
    if (pidfd < 0) {
        if (pidfd != -ESRCH) { /* with SIGCHLD ignored nothing is left of it */
            destroy(started);
        }
        return pidfd;
    }
    *pid = started;
    return pidfd;
}

int rv_child_signal(int pidfd, int number)
{
    return pidfd_send_signal(pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

int rv_child_signal_group(pid_t group, int number)
{
    return kill(-group, number) < 0 ? -errno : 0;
}

int rv_child_reap(int pidfd, rv_child_exit *exit)
{
    siginfo_t info = {0};
    int result;

    do {
        result = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
        return -errno;
    }
    if (info.si_pid == 0) {
        return -EAGAIN;
    }
    bool has_code = info.si_code == CLD_EXITED;
    exit->code = has_code ? info.si_status : 0;
    exit->signal = has_code ? 0 : info.si_status;
    exit->has_dumped = info.si_code == CLD_DUMPED;
    return 0;
}
