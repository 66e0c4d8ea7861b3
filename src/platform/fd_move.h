/* Moving bytes from one descriptor to another inside the kernel, with the
 * conventions of fd_io.h.
 */
#ifndef SRC_PLATFORM_FD_MOVE_H
#define SRC_PLATFORM_FD_MOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Waits when `to` is a blocking one and has no room. */
ssize_t rv_fd_sendfile(int to, int from, off_t *offset, size_t size);

/* SPLICE_F_NONBLOCK is added to `flags`, which keeps pipes from waiting; a
 * blocking socket waits all the same. */
ssize_t rv_fd_splice(int from, off_t *from_offset, int to, off_t *to_offset,
                     size_t size, unsigned flags);

/* False for what is no descriptor, too. */
bool rv_fd_is_blocking(int fd);

/* S_IFREG, S_IFSOCK …; 0 for what is no descriptor. */
mode_t rv_fd_type(int fd);

#endif
