/* A child process with pipes to its standard input and output. The driver ends
 * only processes that it started, by their pid.
 *
 * Every wait has a deadline (CLOCK_MONOTONIC, ns) and ends early with -EINTR
 * when SIGINT or SIGTERM has come.
 */
#ifndef BENCHMARKS_COMPARE_DRIVER_CHILD_H
#define BENCHMARKS_COMPARE_DRIVER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: none */
    int pid_fd;
    int in, out; /* this process's ends; -1: closed */
};

/* The point in time that many seconds from now. */
int64_t child_deadline(double seconds);

/* From here on SIGINT and SIGTERM only end waits. 0 or -errno. */
int child_catch_signals(void);

/* Starts argv[0], looked up in PATH when it has no slash. 0 or -errno. */
int child_start(struct child *child, char *const argv[]);

/* Writes all of a small text (that fits a pipe) and closes the child's input.
 * 0 or -errno. */
int child_finish_input(struct child *child, const char *text, size_t size);

/* Reads up to and with a line end, or to the end of the output. Returns the
 * size (0: the end), -ENOSPC, -ETIMEDOUT or -EINTR. Zero-terminated. */
ssize_t child_read_line(struct child *child, char *text, size_t room,
                        int64_t deadline);
ssize_t child_read_all(struct child *child, char *text, size_t room,
                       int64_t deadline);

/* Waits until it has ended and reaps it; *status as by waitpid(). 0,
 * -ETIMEDOUT or -EINTR. */
int child_wait(struct child *child, int64_t deadline, int *status);

/* Ends it if it still runs (SIGTERM, after two seconds SIGKILL), reaps it and
 * closes the pipes. Harmless when repeated. */
void child_end(struct child *child);

/* "exit status 1", "signal 11 (Segmentation fault)". */
void child_describe(int status, char *text, size_t room);

#endif
