#include "src/platform/event_fd.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/base/assert.h"

int rv_event_fd_open(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* EAGAIN says that the counter is full, hence readable: already signalled. */
void rv_event_fd_signal(int fd)
{
    const uint64_t one = 1;
    ssize_t written;

    do {
        written = write(fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    RV_CHECK(written == (ssize_t)sizeof one || errno == EAGAIN,
             "the descriptor is not an eventfd");
}

/* One read empties the counter; EAGAIN says that it was empty. */
void rv_event_fd_drain(int fd)
{
    uint64_t count;
    ssize_t got;

    do {
        got = read(fd, &count, sizeof count);
    } while (got < 0 && errno == EINTR);
    RV_CHECK(got == (ssize_t)sizeof count || errno == EAGAIN,
             "the descriptor is not an eventfd");
}
