#include "src/platform/epoll.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/base/atomic.h"

#define NS_PER_SEC INT64_C(1000000000)
#define NS_PER_MS  INT64_C(1000000)

static rv_atomic_u32 lacks_pwait2;

int rv_epoll_open(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    return epoll < 0 ? -errno : epoll;
}

static int control(int epoll, int operation, int fd, struct epoll_event *event)
{
    return epoll_ctl(epoll, operation, fd, event) < 0 ? -errno : 0;
}

int rv_epoll_add(int epoll, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data = {.u64 = data}};

    return control(epoll, EPOLL_CTL_ADD, fd, &event);
}

int rv_epoll_mod(int epoll, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data = {.u64 = data}};

    return control(epoll, EPOLL_CTL_MOD, fd, &event);
}

/* By its number: the number may have been closed and be another's by now, which
 * is no harm here, but what ThreadSanitizer's wrapper of epoll_ctl reports. */
int rv_epoll_del(int epoll, int fd)
{
    return syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno
                                                                      : 0;
}

int rv_epoll_timeout_ms(int64_t timeout)
{
    int64_t ms;

    if (timeout < 0) {
        return -1;
    }
    ms = timeout / NS_PER_MS + (timeout % NS_PER_MS != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Some sandboxes answer EPERM for system calls that are newer than their
 * filter; epoll_pwait2 itself never does. */
static bool means_no_such_call(int error)
{
    return error == ENOSYS || error == EPERM;
}

static int wait_precisely(int epoll, struct epoll_event *events, int max,
                          int64_t timeout)
{
    struct timespec limit = {.tv_sec = timeout / NS_PER_SEC,
                             .tv_nsec = timeout % NS_PER_SEC};
    int count =
        epoll_pwait2(epoll, events, max, timeout < 0 ? NULL : &limit, NULL);

    return count < 0 ? -errno : count;
}

static int wait_coarsely(int epoll, struct epoll_event *events, int max,
                         int64_t timeout)
{
    int count = epoll_wait(epoll, events, max, rv_epoll_timeout_ms(timeout));

    return count < 0 ? -errno : count;
}

int rv_epoll_wait(int epoll, struct epoll_event *events, int max,
                  int64_t timeout)
{
    /* Relaxed: a thread that does not see it yet finds out for itself. */
    bool coarse = rv_u32_load_relaxed(&lacks_pwait2) != 0;
    int count = coarse ? wait_coarsely(epoll, events, max, timeout)
                       : wait_precisely(epoll, events, max, timeout);

    if (!coarse && count < 0 && means_no_such_call(-count)) {
        rv_u32_store_relaxed(&lacks_pwait2, 1); /* Relaxed: as above. */
        count = wait_coarsely(epoll, events, max, timeout);
    }
    return count == -EINTR ? 0 : count;
}
