/* Files as a whole: read in one piece, and replaced in one step.
 *
 * Replacing, so that a crash at any moment leaves the old file or the new one:
 * the new bytes are on the disk before they get the name, and the directory
 * after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "rove/fs.h"

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/io/blocking.h"
#include "src/io/buffer.h"
#include "src/platform/fd_io.h"
#include "src/platform/file.h"

/* What a temporary name has more than the file's. */
#define SUFFIX_SIZE 21

/* Asked for when nobody knows how much there is. */
#define READ_MIN 4096

/* Names that may be taken before something must be wrong. */
#define TRIES_MAX 64

typedef struct file_reading {
    const char *path;
    size_t limit;
    void **out;
} file_reading;

typedef struct file_writing {
    const char *path;
    const char *data;
    size_t size;
    mode_t mode;
    char *temporary; /* room for the path and a suffix */
} file_writing;

/* Room for what stat says, the zero byte, and the read that finds the end. */
static bool reserve_for(rv_buffer *bytes, int fd, size_t limit)
{
    struct stat about;
    size_t size = 0;

    if (rv_file_stat(fd, &about) == 0 && about.st_size > 0) {
        size = (size_t)about.st_size;
    }
    if (limit != 0 && size > limit) {
        size = limit;
    }
    return size <= SIZE_MAX - 2 &&
           rv_buffer_reserve(bytes, size < READ_MIN ? READ_MIN : size + 2);
}

static int read_all(rv_buffer *bytes, int fd, size_t limit)
{
    if (!reserve_for(bytes, fd, limit)) {
        return -ENOMEM;
    }
    for (;;) {
        if (!rv_buffer_reserve(bytes, 2)) {
            return -ENOMEM;
        }
        ssize_t got = rv_fd_read(fd, bytes->end, rv_buffer_room(bytes) - 1);
        if (got <= 0) {
            return (int)got;
        }
        rv_buffer_fill(bytes, (size_t)got);
        if (limit != 0 && rv_buffer_size(bytes) > limit) {
            return -EFBIG;
        }
    }
}

static int64_t do_read(void *arg)
{
    const file_reading *r = arg;
    rv_buffer bytes = {0};
    int fd = rv_file_open(r->path, O_RDONLY, 0);

    if (fd < 0) {
        return fd;
    }
    int error = read_all(&bytes, fd, r->limit);
    (void)rv_fd_close(fd);
    if (error != 0) {
        rv_buffer_fini(&bytes);
        return error;
    }
    *bytes.end = '\0';
    *r->out = bytes.base;
    return (int64_t)rv_buffer_size(&bytes);
}

ssize_t rove_file_read(const char *path, size_t limit, void **out)
{
    file_reading r = {.path = path, .limit = limit, .out = out};

    return rv_blocking_run(do_read, &r);
}

void rove_file_free(void *data)
{
    rv_mem_free(data);
}

/* The directory the file is in, open for its sync. The temporary name has room
 * for its name. */
static int open_dir(const file_writing *w)
{
    const char *slash = strrchr(w->path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - w->path) + 1;

    memcpy(w->temporary, w->path, length);
    memcpy(w->temporary + length, ".", 2);
    return rv_file_open(w->temporary, O_RDONLY | O_DIRECTORY, 0);
}

/* A name is taken when the clock stood still, or by who wants it so. */
static int open_temporary(const file_writing *w)
{
    size_t length = strlen(w->path);
    int fd = -EEXIST;

    memcpy(w->temporary, w->path, length);
    for (int i = 0; i < TRIES_MAX && fd == -EEXIST; i++) {
        (void)snprintf(w->temporary + length, SUFFIX_SIZE + 1, ".%016llx.tmp",
                       (unsigned long long)rv_clock_now());
        fd = rv_file_open(w->temporary, O_WRONLY | O_CREAT | O_EXCL, w->mode);
    }
    return fd;
}

static int write_all(int fd, const char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        struct iovec rest = {.iov_base = (void *)(data + done),
                             .iov_len = size - done};
        ssize_t n = rv_file_pwritev(fd, &rest, 1, (off_t)done);
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        done += (size_t)n;
    }
    return 0;
}

/* Makes the temporary file, whole and synced. After an error there is none. */
static int write_temporary(const file_writing *w)
{
    int fd = open_temporary(w);

    if (fd < 0) {
        return fd;
    }
    int error = write_all(fd, w->data, w->size);
    if (error == 0) {
        error = rv_file_sync(fd);
    }
    int closing = rv_fd_close(fd);
    error = error != 0 ? error : closing;
    if (error != 0) {
        (void)rv_path_unlink(w->temporary);
    }
    return error;
}

static int rename_temporary(const file_writing *w)
{
    int error = rv_path_rename(w->temporary, w->path);

    if (error != 0) {
        (void)rv_path_unlink(w->temporary);
    }
    return error;
}

/* Some file systems have nothing to sync in a directory, and say -EINVAL. */
static int sync_dir(int dir)
{
    int error = rv_file_sync(dir);

    return error == -EINVAL ? 0 : error;
}

static int replace(const file_writing *w)
{
    int dir = open_dir(w);

    if (dir < 0) {
        return dir;
    }
    int error = write_temporary(w);
    if (error == 0) {
        error = rename_temporary(w);
    }
    if (error == 0) {
        error = sync_dir(dir);
    }
    (void)rv_fd_close(dir);
    return error;
}

static int64_t do_write(void *arg)
{
    file_writing *w = arg;

    w->temporary = rv_mem_alloc(strlen(w->path) + SUFFIX_SIZE + 1);
    if (w->temporary == NULL) {
        return -ENOMEM;
    }
    int error = replace(w);
    rv_mem_free(w->temporary);
    return error;
}

int rove_file_write(const char *path, const void *data, size_t size,
                    mode_t mode)
{
    file_writing w = {.path = path, .data = data, .size = size, .mode = mode};

    return (int)rv_blocking_run(do_write, &w);
}
