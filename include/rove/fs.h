/* Files and directories. No epoll tells when a disk is ready: these calls run
 * on the offload pool (offload.h), and the task is suspended meanwhile. What
 * the page cache holds is read without the pool.
 *
 * Common results: 0 or a count, and
 *   -ECANCELED  the caller was cancelled before a thread of the pool began:
 *               nothing has happened. A call that runs is waited for and
 *               returns what it did, but for rove_open()
 *   -EAGAIN     no pool thread could be created, and none exists
 *   -EBADF      not an open fd, or rove_close() is closing it
 *   others      as the system call: -ENOENT, -EACCES, -ENOSPC, -EDQUOT, -EIO, …
 * Context  any thread; may suspend, may resume on another worker. On plain and
 *          pool threads the calls block
 *
 * Fds come from rove_open() or from anywhere. rove_close() and
 * rove_file_close() wait for calls in flight on the fd. A write beyond
 * RLIMIT_FSIZE raises SIGXFSZ, whose default kills the process; where it is
 * ignored the error is -EFBIG.
 */
#ifndef ROVE_FS_H
#define ROVE_FS_H

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a file, close-on-exec; the fd or -errno. mode counts with O_CREAT and
 * O_TMPFILE.
 *
 * Opening may take for ever (a FIFO without its other end), so a cancelled
 * caller leaves at once, with -ECANCELED: an fd that comes later is closed, but
 * what O_CREAT and O_TRUNC do may still happen. Also -ENOMEM. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_open(const char *path,
                                                     int flags, mode_t mode);

/* As rove_close(), on the pool: the last close of a deleted file, or of one on
 * a network, may take long. Not stopped by cancellation, and without a pool
 * thread done by the caller. */
ROVE_API ROVE_SUSPENDS int rove_file_close(int fd);

/* Reads or writes at an offset and leaves the position alone. A count below
 * size is the end of the file when reading; when writing it is what there was
 * room for, and the next call says why. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_pread(int fd, void *buffer,
                                                          size_t size,
                                                          off_t offset);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_pwrite(int fd,
                                                           const void *buffer,
                                                           size_t size,
                                                           off_t offset);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_preadv(int fd, const struct iovec *parts, int count, off_t offset);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t
rove_pwritev(int fd, const struct iovec *parts, int count, off_t offset);

/* Waits until the disk has what was written, with the file's metadata or with
 * what of it is needed to read the data. An error is reported once a file. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_fsync(int fd);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_fdatasync(int fd);

/* As the system call. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_ftruncate(int fd, off_t size);

/* About a file; rove_lstat about a link itself. *out is written on success. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_fstat(int fd, struct stat *out);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_stat(const char *path,
                                                     struct stat *out);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_lstat(const char *path,
                                                      struct stat *out);

/* As the system calls. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_rename(const char *from,
                                                       const char *to);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_unlink(const char *path);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_mkdir(const char *path,
                                                      mode_t mode);
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_rmdir(const char *path);

typedef struct rove_dir_entry {
    const char *name; /* without its directory; the rove_dir's */
    uint64_t inode;
    int type; /* DT_REG, DT_DIR, … of <dirent.h>; DT_UNKNOWN: ask rove_lstat */
} rove_dir_entry;

typedef struct rove_dir {
    size_t count;
    rove_dir_entry *entries; /* in no order, without "." and ".." */
} rove_dir;

/* Reads a whole directory. 0 and *out, given back by rove_dir_free(); or
 * -ENOMEM. Memory: 24 bytes an entry and the names. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_dir_read(const char *path,
                                                         rove_dir **out);
/* NULL is ignored. Context  any thread; never suspends */
ROVE_API void rove_dir_free(rove_dir *dir);

/* Reads a whole file, also one whose size nobody knows before, as in /proc. The
 * count and *out, given back by rove_file_free(); a zero byte follows the last
 * one, so that text is a string. -EFBIG when there are more than limit bytes
 * (0: no limit), -ENOMEM. Reading a FIFO or terminal ends when its writers do,
 * and is not cancelled before. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_file_read(const char *path,
                                                              size_t limit,
                                                              void **out);
/* NULL is ignored. Context  any thread; never suspends */
ROVE_API void rove_file_free(void *data);

/* Replaces a file, or makes one, in one step: whoever opens the path, also
 * after a crash of the machine, finds the old file or all of the new one. The
 * new file gets `mode` less the umask, and the caller as its owner; a link is
 * replaced, not followed. It is written beside the old one under a name that
 * begins like it, which an error removes, and synced; then renamed, and the
 * directory synced.
 *
 * 0, or -errno: the old file is still there (but for an error of the
 * directory's sync, after which it is the new one, perhaps not on the disk).
 * Also -ENOMEM, and -ENAMETOOLONG for a name without room for 21 bytes. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_file_write(const char *path, const void *data, size_t size, mode_t mode);

#ifdef __cplusplus
}
#endif

#endif
