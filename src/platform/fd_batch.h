/* Many messages a system call, with the conventions of fd_io.h: a count of
 * messages, at least 1, or -errno, and then none was moved. An error that comes
 * after the first message ends the batch, and is met by the next call.
 */
#ifndef SRC_PLATFORM_FD_BATCH_H
#define SRC_PLATFORM_FD_BATCH_H

#include <sys/socket.h>

int rv_fd_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

/* MSG_NOSIGNAL is added to `flags`. */
int rv_fd_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

#endif
