/* The file that stands for a Unix socket in the file system.
 */
#ifndef SRC_PLATFORM_SOCKET_FILE_H
#define SRC_PLATFORM_SOCKET_FILE_H

/* Before bind: the file gets no more permissions than these and what the umask
 * leaves. 0 or -errno. */
int rv_socket_file_limit_mode(int fd, unsigned mode);

/* After bind: sets its permissions, whatever the umask. 0 or -errno. */
int rv_socket_file_set_mode(const char *path, unsigned mode);

/* Removes it. 0 (also when there is none), -ENOTSOCK when the file there is not
 * a socket's, or -errno. */
int rv_socket_file_remove(const char *path);

#endif
