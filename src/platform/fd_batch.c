#include "src/platform/fd_batch.h"

#include <errno.h>
#include <stddef.h>

int rv_fd_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    int done;

    do {
        done = recvmmsg(fd, messages, count, flags, NULL);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

int rv_fd_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    int done;

    do {
        done = sendmmsg(fd, messages, count, flags | MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}
