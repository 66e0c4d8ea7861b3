/* Waiting for a descriptor: from the queue of a side to an event that gives the
 * turn to who stands first. Here descriptors meet their epoll.
 *
 * A managed descriptor is registered by the first wait, before its readiness is
 * looked at again, and epoll reports at once what is ready already. A foreign
 * one is armed by every wait, which reports likewise. So no wait depends on an
 * event that came before it.
 */
#ifndef SRC_SCHED_POLL_WAIT_H
#define SRC_SCHED_POLL_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/bits.h"
#include "src/sched/poll_side.h"
#include "src/sched/pollable.h"
#include "src/sched/poller.h"
#include "src/sched/task.h"

/* Goes through a mask of sides. */
static inline unsigned rv_sides_first(unsigned sides)
{
    return rv_bits_ctz64(sides);
}

static inline unsigned rv_sides_rest(unsigned sides)
{
    return sides & (sides - 1);
}

/* One wait for one or several sides, in the waiter's frame. The waiter sets
 * sides, tried, and seen of those sides; it clears placed once a call. */
typedef struct rv_poll_wait {
    unsigned sides; /* mask of 1 << side */
    bool tried;     /* the kernel was asked after `seen` was read */
    bool placed;    /* it has its place in the queues */
    uint64_t seen[RV_SIDES];
    rv_poll_node node[RV_SIDES];
} rv_poll_wait;

/* rv_poll_wait_queue did not queue: ask the kernel again. */
#define RV_POLL_WAIT_RETRY 1

/* Queues a wait and sees to it that an event ends it.
 *
 * poller  where to register or arm; NULL: only alerts and closing end the wait
 * ref     the wait to claim, begun and not yet suspended; 0:
 * node[RV_SIDE_ALERT]
 *         has a doorbell, and poller is NULL
 *
 * The wait is claimed with RV_CAUSE_SOURCE when its turn has come on a side,
 * whose queue it has then left, or with RV_CAUSE_CLOSED, and has left all.
 *
 * Returns 0 when it was queued, RV_POLL_WAIT_RETRY, -EBADF (closing), -EPERM
 * (cannot be polled), or what else epoll says. The caller is in a call. */
int rv_poll_wait_queue(rv_pollable *file, int fd, rv_poller *poller,
                       rv_poll_wait *wait, rv_ref ref);

/* 0, or -EPERM when the descriptor is of a kind that cannot be waited for; or
 * what else epoll says. */
int rv_poll_wait_probe(rv_pollable *file, int fd, rv_poller *poller);

/* Takes a wait out of the queues it is still in. pass: where its turn had come
 * it goes to the next. */
void rv_poll_wait_unqueue(rv_pollable *file, rv_poll_wait *wait, bool pass);

/* Gives the turn on a side to the next waiter, if any. */
void rv_poll_wait_pass(rv_pollable *file, rv_side side);

/* An event that `poller` fetched: gives the turn to who waits for it. False for
 * a stale one. by: the calling worker. */
bool rv_poll_wait_event(rv_poller *poller, struct rv_worker *by, uint64_t data,
                        uint32_t events);

/* How many events were stale since the process started. */
uint64_t rv_poll_wait_stale_events(void);

#endif
