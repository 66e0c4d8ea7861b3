/* Closing, with the system call made as the caller likes.
 */
#ifndef SRC_IO_CLOSE_H
#define SRC_IO_CLOSE_H

/* As rove_close(), which it is with rv_fd_close. `release` closes the number,
 * once nobody is in a call on it; it may suspend. */
int rv_close_by(int fd, int (*release)(int fd));

#endif
