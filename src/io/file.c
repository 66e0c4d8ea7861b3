/* Files by descriptor. Each call is one on the descriptor's pollable, so that
 * closing waits for it: the number it was given still means the same file when
 * a thread of the pool gets to it.
 *
 * A read first asks for what the page cache holds, which waits for nothing. A
 * short answer is the end of the file only if there is nothing behind it.
 */
#include "src/platform/file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "rove/fs.h"
#include "rove/scope.h"

#include "src/base/list.h"
#include "src/base/mem.h"
#include "src/io/blocking.h"
#include "src/io/close.h"
#include "src/platform/fd_io.h"
#include "src/sched/pollable.h"
#include "src/task/await.h"

/* Longer reads cost more by their copying than by the way to a thread. */
#define CACHED_MAX ((size_t)64 * 1024)

typedef struct file_opening {
    rv_parcel parcel;
    int fd; /* when it is open and nobody's, else < 0 */
    int flags;
    mode_t mode;
    char path[];
} file_opening;

/* What a call is about; each uses some. */
typedef struct file_call {
    int fd;
    int count;
    const struct iovec *parts;
    off_t offset; /* or the size */
    struct stat *about;
} file_call;

static int64_t do_open(void *arg)
{
    file_opening *o = arg;

    o->fd = rv_file_open(o->path, o->flags, o->mode);
    return o->fd;
}

static void free_opening(rv_parcel *parcel)
{
    file_opening *o = rv_container_of(parcel, file_opening, parcel);

    if (o->fd >= 0) {
        (void)rv_fd_close(o->fd);
    }
    rv_mem_free(o);
}

int rove_open(const char *path, int flags, mode_t mode)
{
    size_t size = strlen(path) + 1;
    file_opening *o = rv_mem_alloc(sizeof *o + size);

    if (o == NULL) {
        return -ENOMEM;
    }
    o->parcel.free = free_opening;
    o->fd = -1;
    o->flags = flags;
    o->mode = mode;
    memcpy(o->path, path, size);
    int fd = (int)rv_parcel_run(&o->parcel, do_open);
    if (fd >= 0) {
        o->fd = -1;
    }
    rv_parcel_release(&o->parcel);
    return fd;
}

static int enter(int fd, rv_pollable **file)
{
    rv_worker *w;
    int error = rv_wait_enter(&w);

    if (error == 0) {
        error = rv_pollable_of(fd, file);
    }
    if (error == 0 && (rv_pollable_enter(*file) & RV_CALLS_CLOSING) != 0) {
        error = -EBADF;
    }
    return error;
}

static int64_t run(rove_fn *fn, file_call *call)
{
    rv_pollable *file;
    int64_t result = enter(call->fd, &file);

    if (result == 0) {
        result = rv_blocking_run(fn, call);
        rv_pollable_leave(file);
    }
    return result;
}

static int64_t do_close(void *arg)
{
    return rv_fd_close(*(int *)arg);
}

/* Only the system call is made on the pool: the calls in flight, which are
 * waited for before, may need its threads. */
static int close_on_pool(int fd)
{
    rove_scope shield;

    rove_shield_open(&shield, ROVE_FOREVER);
    int64_t result = rv_blocking_run(do_close, &fd);
    if (result == -EAGAIN) {
        result = rv_fd_close(fd);
    }
    (void)rove_scope_close(&shield);
    return (int)result;
}

int rove_file_close(int fd)
{
    return rv_close_by(fd, close_on_pool);
}

static bool is_short(const file_call *call, ssize_t count)
{
    size_t size = 0;
    int i;

    for (i = 0; i < call->count; i++) {
        size += call->parts[i].iov_len;
    }
    return (size_t)count < size;
}

static bool may_be_cached(const file_call *call)
{
    size_t size = 0;
    int i;

    for (i = 0; i < call->count; i++) {
        if (call->parts[i].iov_len > CACHED_MAX - size) {
            return false;
        }
        size += call->parts[i].iov_len;
    }
    return rv_current_worker() != NULL && !rv_file_is_direct(call->fd);
}

/* True when the file ends there. */
static bool ends_at(int fd, off_t offset)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};

    return rv_file_preadv_cached(fd, &part, 1, offset) == 0;
}

/* A whole answer from the page cache, or -EAGAIN. */
static ssize_t read_cached(const file_call *call)
{
    if (!may_be_cached(call)) {
        return -EAGAIN;
    }
    ssize_t got =
        rv_file_preadv_cached(call->fd, call->parts, call->count, call->offset);
    if (got > 0 && is_short(call, got) &&
        !ends_at(call->fd, call->offset + got)) {
        return -EAGAIN;
    }
    return got == -EOPNOTSUPP ? -EAGAIN : got;
}

static int64_t do_read(void *arg)
{
    const file_call *call = arg;

    return rv_file_preadv(call->fd, call->parts, call->count, call->offset);
}

ssize_t rove_preadv(int fd, const struct iovec *parts, int count, off_t offset)
{
    file_call call = {
        .fd = fd, .parts = parts, .count = count, .offset = offset};
    rv_pollable *file;
    ssize_t got = enter(fd, &file);

    if (got != 0) {
        return got;
    }
    got = read_cached(&call);
    if (got == -EAGAIN) {
        got = rv_blocking_run(do_read, &call);
    }
    rv_pollable_leave(file);
    return got;
}

static int64_t do_write(void *arg)
{
    const file_call *call = arg;

    return rv_file_pwritev(call->fd, call->parts, call->count, call->offset);
}

ssize_t rove_pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    file_call call = {
        .fd = fd, .parts = parts, .count = count, .offset = offset};

    return run(do_write, &call);
}

ssize_t rove_pread(int fd, void *buffer, size_t size, off_t offset)
{
    struct iovec part = {.iov_base = buffer, .iov_len = size};

    return rove_preadv(fd, &part, 1, offset);
}

ssize_t rove_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    struct iovec part = {.iov_base = (void *)buffer, .iov_len = size};

    return rove_pwritev(fd, &part, 1, offset);
}

static int64_t do_sync(void *arg)
{
    return rv_file_sync(((const file_call *)arg)->fd);
}

int rove_fsync(int fd)
{
    file_call call = {.fd = fd};

    return (int)run(do_sync, &call);
}

static int64_t do_sync_data(void *arg)
{
    return rv_file_sync_data(((const file_call *)arg)->fd);
}

int rove_fdatasync(int fd)
{
    file_call call = {.fd = fd};

    return (int)run(do_sync_data, &call);
}

static int64_t do_truncate(void *arg)
{
    const file_call *call = arg;

    return rv_file_truncate(call->fd, call->offset);
}

int rove_ftruncate(int fd, off_t size)
{
    file_call call = {.fd = fd, .offset = size};

    return (int)run(do_truncate, &call);
}

static int64_t do_stat(void *arg)
{
    const file_call *call = arg;

    return rv_file_stat(call->fd, call->about);
}

int rove_fstat(int fd, struct stat *out)
{
    file_call call = {.fd = fd, .about = out};

    return (int)run(do_stat, &call);
}
