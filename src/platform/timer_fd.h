/* A periodic timer as a descriptor, for an epoll to wait on.
 */
#ifndef SRC_PLATFORM_TIMER_FD_H
#define SRC_PLATFORM_TIMER_FD_H

#include <stdint.h>

/* A nonblocking, close-on-exec monotonic timer that is off; or -errno. */
int rv_timer_fd_open(void);

/* Makes it tick every `period` nanoseconds from now on; 0 switches it off. */
void rv_timer_fd_set(int fd, int64_t period);

/* Takes note of the ticks so far: a timer that has ticked does not tick again
 * before it is read or set. Harmless when it has not. */
void rv_timer_fd_read(int fd);

void rv_timer_fd_close(int fd);

#endif
