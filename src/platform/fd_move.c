#include "src/platform/fd_move.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "src/platform/sigpipe.h"

ssize_t rv_fd_sendfile(int to, int from, off_t *offset, size_t size)
{
    sigset_t before = rv_sigpipe_hold();
    ssize_t count;

    do {
        count = sendfile(to, from, offset, size);
    } while (count < 0 && errno == EINTR);
    count = count < 0 ? -errno : count;
    rv_sigpipe_drop(count == -EPIPE, &before);
    return count;
}

ssize_t rv_fd_splice(int from, off_t *from_offset, int to, off_t *to_offset,
                     size_t size, unsigned flags)
{
    sigset_t before = rv_sigpipe_hold();
    ssize_t count;

    do {
        count = splice(from, from_offset, to, to_offset, size,
                       flags | SPLICE_F_NONBLOCK);
    } while (count < 0 && errno == EINTR);
    count = count < 0 ? -errno : count;
    rv_sigpipe_drop(count == -EPIPE, &before);
    return count;
}

bool rv_fd_is_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

mode_t rv_fd_type(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 ? file.st_mode & S_IFMT : 0;
}
