#include "src/platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool interrupted(ssize_t result)
{
    return result < 0 && errno == EINTR;
}

static int int_or_error(int result)
{
    return result < 0 ? -errno : result;
}

static ssize_t count_or_error(ssize_t result)
{
    return result < 0 ? -errno : result;
}

int rv_file_open(const char *path, int flags, mode_t mode)
{
    int fd;

    do {
        fd = open(path, flags | O_CLOEXEC, mode);
    } while (interrupted(fd));
    return int_or_error(fd);
}

ssize_t rv_file_preadv(int fd, const struct iovec *parts, int count,
                       off_t offset)
{
    ssize_t got;

    do {
        got = preadv(fd, parts, count, offset);
    } while (interrupted(got));
    return count_or_error(got);
}

/* No SIGPIPE to hold back: what raises it has no position. */
ssize_t rv_file_pwritev(int fd, const struct iovec *parts, int count,
                        off_t offset)
{
    ssize_t done;

    do {
        done = pwritev(fd, parts, count, offset);
    } while (interrupted(done));
    return count_or_error(done);
}

/* To preadv2 an offset of -1 is the current position, to preadv an error. */
ssize_t rv_file_preadv_cached(int fd, const struct iovec *parts, int count,
                              off_t offset)
{
    ssize_t got;

    if (offset < 0) {
        return -EINVAL;
    }
    do {
        got = preadv2(fd, parts, count, offset, RWF_NOWAIT);
    } while (interrupted(got));
    return count_or_error(got);
}

bool rv_file_is_direct(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_DIRECT) != 0;
}

int rv_file_sync(int fd)
{
    int result;

    do {
        result = fsync(fd);
    } while (interrupted(result));
    return int_or_error(result);
}

int rv_file_sync_data(int fd)
{
    int result;

    do {
        result = fdatasync(fd);
    } while (interrupted(result));
    return int_or_error(result);
}

int rv_file_truncate(int fd, off_t size)
{
    int result;

    do {
        result = ftruncate(fd, size);
    } while (interrupted(result));
    return int_or_error(result);
}

int rv_file_stat(int fd, struct stat *out)
{
    return int_or_error(fstat(fd, out));
}

int rv_path_stat(const char *path, struct stat *out)
{
    return int_or_error(stat(path, out));
}

int rv_path_stat_link(const char *path, struct stat *out)
{
    return int_or_error(lstat(path, out));
}

int rv_path_rename(const char *from, const char *to)
{
    return int_or_error(rename(from, to));
}

int rv_path_unlink(const char *path)
{
    return int_or_error(unlink(path));
}

int rv_path_make_dir(const char *path, mode_t mode)
{
    return int_or_error(mkdir(path, mode));
}

int rv_path_remove_dir(const char *path)
{
    return int_or_error(rmdir(path));
}

int rv_dir_open(rv_dir_reader *reader, const char *path)
{
    reader->stream = opendir(path);
    return reader->stream != NULL ? 0 : -errno;
}

/* At the end as after an error readdir returns NULL; only errno differs. */
int rv_dir_next(rv_dir_reader *reader, struct dirent **entry)
{
    errno = 0;
    *entry = readdir(reader->stream);
    if (*entry != NULL) {
        return 1;
    }
    return -errno;
}

void rv_dir_close(rv_dir_reader *reader)
{
    (void)closedir(reader->stream);
}
