#include "examples/proxy/link.h"

#include <poll.h>
#include <stdlib.h>

struct link *link_new(struct upstream *upstream, int fd)
{
    struct link *link = calloc(1, sizeof *link);
    rove_stream *stream = rove_stream_new(fd, NULL);
    if (link == NULL || stream == NULL) {
        rove_stream_free(stream);
        if (stream == NULL) {
            rove_close(fd);
        }
        free(link);
        return NULL;
    }
    link->upstream = upstream;
    link->peer.stream = stream;
    return link;
}

void link_free(struct link *link)
{
    rove_stream_free(link->peer.stream);
    free(link);
}

bool link_is_silent(const struct link *link)
{
    rove_stream *stream = link->peer.stream;
    struct pollfd asked = {.fd = rove_stream_fd(stream),
                           .events = POLLIN | POLLRDHUP};
    return rove_stream_buffered(stream, NULL) == 0 && poll(&asked, 1, 0) == 0;
}
