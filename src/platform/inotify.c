#include "src/platform/inotify.h"

#include <errno.h>
#include <sys/inotify.h>

static int int_or_error(int result)
{
    return result < 0 ? -errno : result;
}

int rv_inotify_open(void)
{
    return int_or_error(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

int rv_inotify_add(int fd, const char *path, uint32_t mask)
{
    return int_or_error(inotify_add_watch(fd, path, mask));
}

int rv_inotify_remove(int fd, int watch)
{
    return int_or_error(inotify_rm_watch(fd, watch));
}
