#include "examples/proxy/watch.h"

#include <errno.h>
#include <poll.h>

static int64_t look(void *arg)
{
    return peer_has_left(arg) ? -EPIPE : 0;
}

void watch_begin(rove_group *group, struct peer *peer)
{
    int fd = rove_stream_fd(peer->stream);
    rove_task *task = rove_on_readable(fd, look, peer);
    if (task != NULL && rove_group_add(group, task) != 0) {
        rove_cancel(task);
        (void)rove_join(task);
    }
}

int64_t watch(struct peer *peer)
{
    return rove_poll(rove_stream_fd(peer->stream), POLLIN) > 0 ? look(peer) : 0;
}
