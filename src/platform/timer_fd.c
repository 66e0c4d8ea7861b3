#include "src/platform/timer_fd.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "src/base/assert.h"

int rv_timer_fd_open(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

void rv_timer_fd_set(int fd, int64_t period)
{
    struct itimerspec spec = {
        .it_interval = {.tv_sec = period / 1000000000,
                        .tv_nsec = period % 1000000000},
    };
    spec.it_value = spec.it_interval;
    int failed = timerfd_settime(fd, 0, &spec, NULL);
    RV_CHECK(failed == 0, "a timer of our own must be settable");
}

void rv_timer_fd_read(int fd)
{
    uint64_t ticks;
    ssize_t size = read(fd, &ticks, sizeof ticks);
    RV_CHECK(size == (ssize_t)sizeof ticks || errno == EAGAIN || errno == EINTR,
             "a timer of our own must be readable");
}

void rv_timer_fd_close(int fd)
{
    close(fd);
}
