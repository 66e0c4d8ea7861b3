/* Readiness of many fds, with timeouts in nanoseconds.
 *
 * Law of `lacks_pwait2` (epoll.c): the kernel is taken to have epoll_pwait2
 * (Linux 5.11) until a call says that it has not; then the word is set once, by
 * any thread, and everybody uses epoll_wait with milliseconds.
 */
#ifndef SRC_PLATFORM_EPOLL_H
#define SRC_PLATFORM_EPOLL_H

#include <stdint.h>
#include <sys/epoll.h>

/* A new epoll instance, close-on-exec. Returns its fd, or -EMFILE, -ENFILE or
 * -ENOMEM. Close it with rv_fd_close. */
int rv_epoll_open(void);

/* Registers `fd` for `events` (EPOLLIN, EPOLLET, ...); `data` comes back with
 * every event. Returns 0, or -EEXIST, -EPERM (a regular file), -EBADF, -ENOMEM
 * or -ENOSPC. */
int rv_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);

/* Replaces the events and the data of a registered fd, and re-arms it. Returns
 * 0, or -ENOENT, -EBADF or -ENOMEM. */
int rv_epoll_mod(int epoll, int fd, uint32_t events, uint64_t data);

/* Takes a registration back. Events that another thread has already fetched
 * still carry its data. Returns 0, or -ENOENT or -EBADF. */
int rv_epoll_del(int epoll, int fd);

/* Waits until an event, a signal, or until `timeout` nanoseconds have passed;
 * 0: does not wait, negative: no timeout. Stores at most `max` (> 0) events.
 *
 * Returns their number. 0 is "no event yet": the time is up, or a signal came,
 * or the timeout was longer than the kernel can count; the caller looks at the
 * clock. Without an event and without a signal it never returns before its time
 * (up to 24 days). Otherwise -EBADF or -EINVAL for what is not an epoll
 * instance.
 *
 * Context: any thread; several may wait on one instance. */
int rv_epoll_wait(int epoll, struct epoll_event *events, int max,
                  int64_t timeout);

/* The timeout of rv_epoll_wait in epoll_wait's unit: milliseconds, rounded up,
 * since a wait that ends early is repeated at once and burns a CPU; -1 for
 * ever; clamped to INT_MAX. */
int rv_epoll_timeout_ms(int64_t timeout);

#endif
