#include "benchmarks/compare/driver/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

extern char **environ;

static int signals = -1; /* readable when one has come; never read */

static int64_t read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

int64_t child_deadline(double seconds)
{
    return read_clock() + (int64_t)(seconds * 1e9);
}

int child_catch_signals(void)
{
    sigset_t set;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
        return -errno;
    }
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals < 0 ? -errno : 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Waits until fd is readable. 0, -ETIMEDOUT or -EINTR. */
static int wait_readable(int fd, int64_t deadline, bool ignore_signals)
{
    for (;;) {
        struct pollfd fds[] = {{fd, POLLIN, 0},
                               {ignore_signals ? -1 : signals, POLLIN, 0}};
        int64_t left = deadline - read_clock();
        left = left < 0 ? 0 : left;
        struct timespec timeout = {left / SECOND, left % SECOND};
        int count = ppoll(fds, 2, &timeout, NULL);
        if (fds[1].revents != 0) {
            return -EINTR;
        }
        if (count == 0) {
            return -ETIMEDOUT;
        }
        if (count > 0) {
            return 0;
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

/* The child's view: its pipes, no blocked signals, SIGPIPE as usual. */
static int spawn(struct child *child, char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawnp(&child->pid, argv[0], &actions, &attributes, argv,
                             environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int child_start(struct child *child, char *const argv[])
{
    int in[2];
    int out[2];
    *child = (struct child){0, -1, -1, -1};
    if (pipe2(in, O_CLOEXEC) < 0) {
        return -errno;
    }
    if (pipe2(out, O_CLOEXEC) < 0) {
        int error = errno;
        close(in[0]);
        close(in[1]);
        return -error;
    }
    int result = spawn(child, argv, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    child->in = in[1];
    child->out = out[0];
    if (result == 0) {
        child->pid_fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
        if (child->pid_fd >= 0) {
            return 0;
        }
        result = -errno;
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    child->pid = 0;
    close_end(&child->in);
    close_end(&child->out);
    return result;
}

int child_finish_input(struct child *child, const char *text, size_t size)
{
    ssize_t written = size == 0 ? 0 : write(child->in, text, size);
    int result = written == (ssize_t)size ? 0 : written < 0 ? -errno : -EIO;
    close_end(&child->in);
    return result;
}

static ssize_t read_until(struct child *child, char *text, size_t room,
                          int64_t deadline, bool by_line)
{
    size_t size = 0;
    while (size + 1 < room) {
        int result = wait_readable(child->out, deadline, false);
        if (result < 0) {
            return result;
        }
        ssize_t part =
            read(child->out, text + size, by_line ? 1 : room - 1 - size);
        if (part < 0 && errno != EINTR) {
            return -errno;
        }
        size += part > 0 ? (size_t)part : 0;
        if (part == 0 || (by_line && size > 0 && text[size - 1] == '\n')) {
            text[size] = '\0';
            return (ssize_t)size;
        }
    }
    return -ENOSPC;
}

ssize_t child_read_line(struct child *child, char *text, size_t room,
                        int64_t deadline)
{
    return read_until(child, text, room, deadline, true);
}

ssize_t child_read_all(struct child *child, char *text, size_t room,
                       int64_t deadline)
{
    return read_until(child, text, room, deadline, false);
}

static int reap(struct child *child, int64_t deadline, int *status,
                bool ignore_signals)
{
    int result = wait_readable(child->pid_fd, deadline, ignore_signals);
    if (result < 0) {
        return result;
    }
    while (waitpid(child->pid, status, 0) < 0 && errno == EINTR) {
    }
    close_end(&child->pid_fd);
    child->pid = 0;
    return 0;
}

int child_wait(struct child *child, int64_t deadline, int *status)
{
    return reap(child, deadline, status, false);
}

void child_end(struct child *child)
{
    int status;
    if (child->pid > 0) {
        kill(child->pid, SIGTERM);
        if (reap(child, child_deadline(2), &status, true) < 0) {
            kill(child->pid, SIGKILL);
            reap(child, INT64_MAX, &status, true);
        }
    }
    close_end(&child->in);
    close_end(&child->out);
}

void child_describe(int status, char *text, size_t room)
{
    if (WIFSIGNALED(status)) {
        snprintf(text, room, "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(text, room, "exit status %d", WEXITSTATUS(status));
    }
}
