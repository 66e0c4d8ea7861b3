/* An eventfd used as a doorbell: signalled or not, never counted. It is how any
 * thread gets a worker out of epoll.
 */
#ifndef SRC_PLATFORM_EVENT_FD_H
#define SRC_PLATFORM_EVENT_FD_H

/* A new doorbell, not signalled, non-blocking, close-on-exec. Returns its fd,
 * or -EMFILE, -ENFILE or -ENOMEM. Close it with rv_fd_close. */
int rv_event_fd_open(void);

/* Makes `fd` readable until the next drain; does nothing if it already is. What
 * the caller wrote before is visible to who drains it. Never blocks.
 * Context: any thread. */
void rv_event_fd_signal(int fd);

/* Makes `fd` unreadable until the next signal; does nothing if it already is.
 * Drain first and look for work afterwards: a signal that comes in between
 * leaves the fd readable. Never blocks. */
void rv_event_fd_drain(int fd);

#endif
