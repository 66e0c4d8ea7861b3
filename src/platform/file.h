/* System calls on files and paths, with the conventions of fd_io.h: a count, 0
 * or an fd, else -errno; EINTR is retried; fds are close-on-exec.
 *
 * Most of them wait for disks, and some for ever: a FIFO is opened when its
 * other end is. Arguments are those of the system call of the same name.
 * Context: any thread that may block, unless nothing is waited for.
 */
#ifndef SRC_PLATFORM_FILE_H
#define SRC_PLATFORM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

int rv_file_open(const char *path, int flags, mode_t mode);
ssize_t rv_file_preadv(int fd, const struct iovec *parts, int count,
                       off_t offset);
ssize_t rv_file_pwritev(int fd, const struct iovec *parts, int count,
                        off_t offset);

/* Reads what the page cache holds and waits for nothing: -EAGAIN when the first
 * byte is not there, -EOPNOTSUPP when this kind of file cannot tell. Not for
 * files opened with O_DIRECT: their disk is waited for. */
ssize_t rv_file_preadv_cached(int fd, const struct iovec *parts, int count,
                              off_t offset);

/* True when the file was opened with O_DIRECT. Waits for nothing. */
bool rv_file_is_direct(int fd);

int rv_file_sync(int fd);
int rv_file_sync_data(int fd);
int rv_file_truncate(int fd, off_t size);
int rv_file_stat(int fd, struct stat *out);

int rv_path_stat(const char *path, struct stat *out);
int rv_path_stat_link(const char *path, struct stat *out); /* lstat */
int rv_path_rename(const char *from, const char *to);
int rv_path_unlink(const char *path);
int rv_path_make_dir(const char *path, mode_t mode);
int rv_path_remove_dir(const char *path);

/* A directory that is being read. */
typedef struct rv_dir_reader {
    void *stream;
} rv_dir_reader;

struct dirent;

/* Opens a directory: 0 or -errno. */
int rv_dir_open(rv_dir_reader *reader, const char *path);
/* The next entry, valid until the next call; 1, 0 at the end, or -errno. */
int rv_dir_next(rv_dir_reader *reader, struct dirent **entry);
void rv_dir_close(rv_dir_reader *reader);

#endif
