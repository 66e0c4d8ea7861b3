/* Connecting. Being told that the descriptor is writable proves nothing: the
 * call is repeated, and the kernel answers with how the attempt that is under
 * way stands or ended.
 */
#include <errno.h>

#include "rove/io.h"

#include "src/io/call.h"
#include "src/platform/fd_io.h"

typedef struct rv_connect {
    const struct sockaddr *address;
    socklen_t length;
    bool is_under_way;
    rove_time pause;
} rv_connect;

/* -EAGAIN is a Unix listener whose queue is full; no event tells when it has
 * room. */
static ssize_t do_connect(rv_io_call *call, void *args)
{
    rv_connect *c = args;
    int error;
    do {
        error = rv_fd_connect(call->fd, c->address, c->length);
    } while (error == -EAGAIN &&
             (error = rv_io_back_off(call, &c->pause)) == 0);
    if (error == -EINPROGRESS || error == -EALREADY) {
        c->is_under_way = true;
        return -EAGAIN;
    }
    return error == -EISCONN && c->is_under_way ? 0 : error;
}

int rove_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    rv_connect c = {.address = address, .length = length};
    return (int)rv_io_run(fd, RV_SIDE_WRITE, do_connect, &c, 0);
}
