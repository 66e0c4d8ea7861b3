/* What single messages and batches of them have in common.
 */
#ifndef SRC_IO_MESSAGE_H
#define SRC_IO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "src/sched/pollable.h"

/* The side a receiving call with these flags waits on: error queues and urgent
 * data are not the data that others wait for. */
static inline rv_side rv_message_side(int flags)
{
    return (flags & (MSG_ERRQUEUE | MSG_OOB)) != 0 ? RV_SIDE_ALERT
                                                   : RV_SIDE_READ;
}

/* A Unix datagram socket that is not connected is writable though the one it
 * is to send to has no room, and no event tells when that has: the address must
 * be tried again. */
static inline bool rv_message_must_try_again(const struct sockaddr *address)
{
    return address != NULL && address->sa_family == AF_UNIX;
}

#endif
