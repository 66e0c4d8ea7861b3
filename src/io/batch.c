/* Many messages a call: rove_recvmmsg and rove_sendmmsg. The kernel does what
 * it can do without waiting and counts it; one message is all that is waited
 * for.
 */
#include <errno.h>

#include "rove/io.h"

#include "src/io/call.h"
#include "src/io/message.h"
#include "src/platform/fd_batch.h"

typedef struct rv_batch {
    struct mmsghdr *messages;
    unsigned count;
    int flags;
} rv_batch;

static ssize_t do_recv(rv_io_call *call, void *args)
{
    const rv_batch *b = args;
    return rv_fd_recvmmsg(call->fd, b->messages, b->count,
                          b->flags | MSG_DONTWAIT);
}

int rove_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    rv_batch b = {messages, count, flags};
    return (int)rv_io_run(fd, rv_message_side(flags), do_recv, &b, 0);
}

static ssize_t do_send(rv_io_call *call, void *args)
{
    const rv_batch *b = args;
    rove_time pause = 0;
    ssize_t count;
    do {
        count = rv_fd_sendmmsg(call->fd, b->messages, b->count,
                               b->flags | MSG_DONTWAIT);
    } while (count == -EAGAIN &&
             rv_message_must_try_again(b->messages[0].msg_hdr.msg_name) &&
             (count = rv_io_back_off(call, &pause)) == 0);
    return count;
}

int rove_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    rv_batch b = {messages, count, flags};
    return (int)rv_io_run(fd, RV_SIDE_WRITE, do_send, &b, 0);
}
