/* Reading and writing file descriptors. Each call looks like the POSIX call of
 * its name, suspends the task instead of blocking the thread, and returns a
 * count or -errno; never -EAGAIN, never -EINTR, and SIGPIPE is never raised.
 *
 * Fds that rove made (rove_socket, rove_accept, rove_pipe, rove_tcp_*,
 * rove_unix_*) must be closed by rove_close(). Any other pollable fd may be
 * used too; its flags are not changed, and other code may close it.
 *
 * Numbers from 2^20 on are not served: calls return -EMFILE, and what would get
 * one is closed.
 *
 * Waiters of one direction of an fd queue first in, first out. On a plain
 * thread the calls block by ppoll, and may also fail with -EMFILE, -ENFILE or
 * -ENOMEM when they would have to wait.
 *
 * Of the flags of the recv and send calls MSG_DONTWAIT has no effect: the calls
 * wait (what need not wait can be asked of the system call itself), nor has
 * MSG_WAITALL: see rove_read_exact().
 */
#ifndef ROVE_IO_H
#define ROVE_IO_H

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "rove/base.h"
#include "rove/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Common results: a count, 0 at the end of the stream, or
 *   -ECANCELED  the task was cancelled; no byte was moved
 *   -EBADF      not an open fd, or it was closed by rove_close() meanwhile
 *   others      as the system call
 * Context  any thread; may suspend, may resume on another worker */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_read(int fd, void *buffer,
                                                         size_t size);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_write(int fd,
                                                          const void *buffer,
                                                          size_t size);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_readv(int fd, const struct iovec *parts, int count);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_writev(int fd, const struct iovec *parts, int count);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_recv(int fd, void *buffer,
                                                         size_t size,
                                                         int flags);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_send(int fd,
                                                         const void *buffer,
                                                         size_t size,
                                                         int flags);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_recvfrom(int fd, void *buffer, size_t size, int flags,
              struct sockaddr *address, socklen_t *length);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_sendto(int fd, const void *buffer, size_t size, int flags,
            const struct sockaddr *address, socklen_t length);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_recvmsg(int fd, struct msghdr *message, int flags);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_sendmsg(int fd, const struct msghdr *message, int flags);

/* Up to 1024 messages a call (struct mmsghdr needs _GNU_SOURCE). Waits until
 * one can be moved, moves those that can be at once, and returns how many, with
 * the length of each in its msg_len; never waits for the rest. An error is
 * returned only when none was moved; one that ends a batch is met by the next
 * call. 0 messages are moved at once. */
struct mmsghdr;
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

/* Reads or writes all of size bytes. Returns how many bytes were moved: size,
 * or fewer (0 too, when reading) when the end of the stream, an error or a
 * cancellation came first. An error is returned only when nothing was moved;
 * the next call reports one that cut the bytes short. *moved (may be NULL) is
 * always the number of bytes moved. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_read_exact(int fd,
                                                               void *buffer,
                                                               size_t size,
                                                               size_t *moved);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_write_all(int fd, const void *buffer, size_t size, size_t *moved);

/* Sends up to size bytes of a file, from *offset, which moves on, or from the
 * file's position when offset is NULL, to any fd. Returns a count, which may be
 * short of size, 0 at the end of the file, or -errno: -EINVAL when `in` cannot
 * be mapped (a socket, a pipe). Waits for `out` alone: bytes of `in` that are
 * not in memory are read from the disk while the worker waits. A blocking
 * socket that rove did not make gets 4 KiB a call. Closing either fd ends the
 * wait with -EBADF. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_sendfile(int out, int in,
                                                             off_t *offset,
                                                             size_t size);

/* Moves up to size bytes, one of in and out being a pipe; the offset of one
 * that has a position may be given, as for splice(2). Waits for whichever side
 * is not ready; SPLICE_F_NONBLOCK has no effect, and the rest is as for
 * rove_sendfile(): a file may let the worker wait for its disk, a blocking
 * socket of others gets 4 KiB a call. Returns a count, or 0 at the end of
 * `in`. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_splice(int in, off_t *in_offset, int out, off_t *out_offset, size_t size,
            unsigned flags);

/* Waits until fd is ready for one of events (POLLIN, POLLOUT, both) or has an
 * error. Works on fds that other libraries open and close. Returns the ready
 * events (POLLIN POLLOUT POLLERR POLLHUP), -ECANCELED, -EBADF, -EINVAL when
 * events is 0 or has others than those two, or -EPERM for an fd that cannot be
 * polled, such as a regular file; on a plain thread that is always ready, as
 * poll(2) has it.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_poll(int fd, int events);

/* A pipe, nonblocking and close-on-exec: what is written to fds[1] is read from
 * fds[0]. 0 or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_pipe(int fds[2]);

/* An idle connection without a stack: as rove_spawn(), but fn(arg) starts when
 * fd has bytes to read, the end of its stream or an error, and the task owns no
 * stack before. It may find that there is nothing after all; its read then
 * waits.
 *
 * It starts also when
 *   fd cannot be waited for (no open fd, a regular file): at once, and its own
 *               call on fd says why
 *   fd is closed by rove_close(), which waits until the task has begun: a call
 *               on fd that it makes at once returns -EBADF. Whoever else closes
 *               the fd of a connection had better cancel its task
 *   it is cancelled, as at the end of the runtime: its first wait returns
 *               -ECANCELED
 * so what arg owns is always released by the task's own code.
 *
 * Returns a handle, or NULL as rove_spawn().
 * Context  a task or a pool thread; never suspends
 * Cost     until it starts 160 bytes of heap beside the task's 128, and 128
 *          that are kept for every fd; poll(2), unless the last read has shown
 *          that nothing is there */
ROVE_API rove_task *rove_on_readable(int fd, rove_fn *fn, void *arg);

/* A nonblocking, close-on-exec socket; the fd, or -errno. */
ROVE_API ROVE_MUST_CHECK int rove_socket(int domain, int type, int protocol);

/* Connects; 0 or -errno. May suspend.
 *
 * After -ECANCELED the kernel may go on with an attempt that had begun: close
 * the socket, or call again with the same address to wait on for it. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_connect(int fd, const struct sockaddr *address, socklen_t length);

/* Accepts one connection; its fd, or -errno. Out of fds or memory it waits with
 * a growing back-off (1 to 100 ms) and tries again; a line goes to the
 * runtime's report sink when that had not happened for ten seconds. A
 * connection that was aborted meanwhile is skipped. -EMFILE: it was accepted
 * and closed, since its number is not served (or the listener's is not).
 * address and length may be NULL. May suspend. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_accept(int fd, struct sockaddr *address, socklen_t *length);

/* As shutdown(2). */
ROVE_API ROVE_MUST_CHECK int rove_shutdown(int fd, int how);

/* Closes: waiters of the fd return -EBADF, calls in flight are waited for,
 * then the number is released. 0 or -errno; the fd is closed in either case
 * except -EBADF. Not stopped by cancellation.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS int rove_close(int fd);

#ifdef __cplusplus
}
#endif

#endif
