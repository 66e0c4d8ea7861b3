/* System calls on file descriptors, with the library's conventions:
 *
 *   - the result is a count (or 0, or an fd), or -errno; errno is not touched
 *     beyond what the C library does and means nothing to the caller;
 *   - EINTR is retried, except by close and connect, see there;
 *   - SIGPIPE is never raised: the error is -EPIPE;
 *   - fds made here are non-blocking and close-on-exec.
 *
 * Nothing here waits unless the fd is a blocking one; on a non-blocking one a
 * call that would have to wait returns -EAGAIN. Arguments are those of the
 * system call of the same name. Context: any thread.
 */
#ifndef SRC_PLATFORM_FD_IO_H
#define SRC_PLATFORM_FD_IO_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

ssize_t rv_fd_read(int fd, void *buffer, size_t size);
ssize_t rv_fd_readv(int fd, const struct iovec *pieces, int count);

/* Outside a socket the kernel has no flag against SIGPIPE: see sigpipe.h. For
 * what is known to be a socket use rv_fd_send or rv_fd_sendmsg. */
ssize_t rv_fd_write(int fd, const void *buffer, size_t size);
ssize_t rv_fd_writev(int fd, const struct iovec *pieces, int count);
ssize_t rv_fd_pwrite(int fd, const void *buffer, size_t size, off_t offset);

/* Read and write at the current position without waiting, even on a blocking
 * fd: -EAGAIN if the call would have to wait, -EOPNOTSUPP if this kind of file
 * cannot tell. */
ssize_t rv_fd_read_nowait(int fd, void *buffer, size_t size);
ssize_t rv_fd_write_nowait(int fd, const void *buffer, size_t size);

ssize_t rv_fd_recv(int fd, void *buffer, size_t size, int flags);
ssize_t rv_fd_recvfrom(int fd, void *buffer, size_t size, int flags,
                       struct sockaddr *from, socklen_t *from_size);
ssize_t rv_fd_recvmsg(int fd, struct msghdr *message, int flags);

/* MSG_NOSIGNAL is added to `flags`. */
ssize_t rv_fd_send(int fd, const void *buffer, size_t size, int flags);
ssize_t rv_fd_sendto(int fd, const void *buffer, size_t size, int flags,
                     const struct sockaddr *to, socklen_t to_size);
ssize_t rv_fd_sendmsg(int fd, const struct msghdr *message, int flags);

/* A new socket, non-blocking and close-on-exec whatever `type` says. */
int rv_fd_socket(int domain, int type, int protocol);

/* A pipe: what is written to fds[1] is read from fds[0]. 0 or -errno. */
int rv_fd_pipe(int fds[2]);

/* Makes an fd non-blocking, or blocking. 0 or -errno. */
int rv_fd_set_nonblocking(int fd, bool on);

/* Two of them, connected. 0 or -errno. */
int rv_fd_socketpair(int domain, int type, int fds[2]);

/* A connection from the queue of a listening socket, non-blocking and
 * close-on-exec. An error that belongs to that one connection (-ECONNABORTED
 * and others, see accept(2)) is no reason to stop listening. */
int rv_fd_accept(int fd, struct sockaddr *from, socklen_t *from_size);

/* Starts to connect. -EINPROGRESS: wait until the fd is writable, then
 * call again to learn how it went. An interrupted call is not repeated, since
 * it goes on in the background: it is reported as -EINPROGRESS, too. */
int rv_fd_connect(int fd, const struct sockaddr *to, socklen_t to_size);

int rv_fd_bind(int fd, const struct sockaddr *address, socklen_t size);
int rv_fd_listen(int fd, int backlog);
int rv_fd_shutdown(int fd, int how);
int rv_fd_setsockopt(int fd, int level, int option, const void *value,
                     socklen_t size);
int rv_fd_getsockopt(int fd, int level, int option, void *value,
                     socklen_t *size);
int rv_fd_getsockname(int fd, struct sockaddr *address, socklen_t *size);
int rv_fd_getpeername(int fd, struct sockaddr *address, socklen_t *size);

/* Waits up to `timeout` nanoseconds (0: not at all, negative: for ever) until
 * one of `count` fds is ready. Returns how many are; 0 when the time is up,
 * never earlier. A signal does not end the wait. */
int rv_fd_poll(struct pollfd *fds, unsigned count, int64_t timeout);

/* Closes the fd: the number is free afterwards, whatever is returned. Called
 * once; on Linux even an interrupted close has freed the number, which by then
 * may be another thread's file. So EINTR is 0, other errors (-EIO) tell about
 * data written earlier, and only -EBADF says that nothing was open. */
int rv_fd_close(int fd);

#endif
