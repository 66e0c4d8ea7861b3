/* One side of a descriptor: what is known of its readiness, and who waits for
 * it. It knows nothing of descriptors or epoll; pollable.h owns it and its
 * lock.
 *
 * Law of `state`, written under the owner's lock, read by anyone
 *   STICKY   an event told of an end or an error: a short count no longer
 *            means that nothing is left
 *   WAITERS  the queue is not empty
 *   tick     counts the events
 * Law of `drained`: a call that found the side not ready may store the state it
 * had seen before it asked (without WAITERS, never with STICKY). While that is
 * still the state nothing has happened since, and asking again is idle.
 *
 * The queue is first in, first out. An event takes the head alone (everybody
 * when it tells of an end or an error). Who was taken asks the kernel; if there
 * may be more it passes the turn to the next; if there was nothing it queues
 * again in its old place. So the queue is empty, or somebody who was taken is
 * at it, or there has been no event since its head found the side not ready. A
 * waiter that leaves otherwise unlinks itself; if it had been taken already it
 * passes the turn.
 *
 * Pair EDGE: an event stores the state (release) after the kernel told of it; a
 * call loads it (acquire) before it asks the kernel. If the call then has to
 * wait and the tick, read again under the lock, is the same, the event that
 * ends the wait is still to come.
 */
#ifndef SRC_SCHED_POLL_SIDE_H
#define SRC_SCHED_POLL_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/sched/task.h"

#define RV_SIDE_STICKY  UINT64_C(1)
#define RV_SIDE_WAITERS UINT64_C(2)
#define RV_SIDE_TICK    UINT64_C(4)

typedef struct rv_poll_side {
    rv_atomic_u64 state;
    rv_atomic_u64 drained;
    rv_list waiters; /* of rv_poll_node, under the lock */
} rv_poll_side;

/* In the waiter's frame. */
typedef struct rv_poll_node {
    rv_node link;
    rv_ref ref;     /* the wait to claim; 0: a thread waits for its doorbell */
    uint32_t place; /* in the queue; one wait has the same on all sides */
    int doorbell;   /* an eventfd, when ref is 0 */
} rv_poll_node;

void rv_poll_side_init(rv_poll_side *side);

/* The state, read before the kernel is asked. Any thread. */
static inline uint64_t rv_poll_side_state(const rv_poll_side *side)
{
    return rv_u64_load_acquire(&side->state); /* EDGE */
}

/* True when who saw `state` need not ask the kernel: others wait already, or
 * nothing has happened since the side was drained. Any thread. */
static inline bool rv_poll_side_is_idle(const rv_poll_side *side,
                                        uint64_t state)
{
    /* relaxed: if it is the state, it was stored after that state was seen */
    return (state & RV_SIDE_WAITERS) != 0 ||
           rv_u64_load_relaxed(&side->drained) == state;
}

/* Who saw `state` and asked then has taken all there was. False when that
 * cannot be told. Any thread. */
static inline bool rv_poll_side_drain(rv_poll_side *side, uint64_t state)
{
    if ((state & RV_SIDE_STICKY) != 0) {
        return false;
    }
    /* relaxed: a later state makes it void */
    rv_u64_store_relaxed(&side->drained, state & ~RV_SIDE_WAITERS);
    return true;
}

/* Whether somebody waits. A hint, but for who was taken from the queue: that
 * waiter sees those who stood behind it. Any thread. */
static inline bool rv_poll_side_has_waiters(const rv_poll_side *side)
{
    /* relaxed: the lock and WAKE order it for who was taken */
    return (rv_u64_load_relaxed(&side->state) & RV_SIDE_WAITERS) != 0;
}

/* The rest is for the holder of the owner's lock. What every wait and every
 * event does is inline. */

/* The holder's view of a word that only holders write. */
static inline uint64_t rv_poll_side_own_state(const rv_poll_side *side)
{
    return rv_u64_load_relaxed(&side->state); /* under the lock */
}

/* True when the queue is the right place for who saw `seen`, and then asked the
 * kernel or (tried false) found it idle to ask. Else it must ask (again). */
static inline bool rv_poll_side_may_queue(const rv_poll_side *side,
                                          uint64_t seen, bool tried)
{
    uint64_t state = rv_poll_side_own_state(side);
    return tried ? state / RV_SIDE_TICK == seen / RV_SIDE_TICK
                 : rv_poll_side_is_idle(side, state);
}

/* Queues a node whose ref, place and doorbell are set, at the end. */
static inline void rv_poll_side_queue(rv_poll_side *side, rv_poll_node *node)
{
    rv_list_push_back(&side->waiters, &node->link);
    rv_u64_store_release(&side->state, rv_poll_side_own_state(side) |
                                           RV_SIDE_WAITERS); /* EDGE */
}

/* Queues a node that has been taken again, before those with later places. */
void rv_poll_side_queue_again(rv_poll_side *side, rv_poll_node *node);

/* Unlinks a linked node. */
static inline void rv_poll_side_unqueue(rv_poll_side *side, rv_poll_node *node)
{
    rv_list_remove(&node->link);
    if (rv_list_is_empty(&side->waiters)) {
        rv_u64_store_release(&side->state, rv_poll_side_own_state(side) &
                                               ~RV_SIDE_WAITERS); /* EDGE */
    }
}

/* Takes the head; its reference, which is to be claimed with RV_CAUSE_SOURCE
 * after the lock was released, or 0: nobody waits. */
static inline rv_ref rv_poll_side_take(rv_poll_side *side)
{
    rv_node *link = rv_list_front(&side->waiters);
    if (link == NULL) {
        return 0;
    }
    rv_poll_node *node = rv_container_of(link, rv_poll_node, link);
    rv_poll_side_unqueue(side, node);
    return node->ref;
}

/* Takes everybody and claims their waits for `cause`; rings the doorbells. */
void rv_poll_side_take_all(rv_poll_side *side, unsigned cause);

/* Something happened: a new tick. */
static inline void rv_poll_side_tick(rv_poll_side *side, bool sticky)
{
    uint64_t state = rv_poll_side_own_state(side) + RV_SIDE_TICK;
    rv_u64_store_release(&side->state,
                         sticky ? state | RV_SIDE_STICKY : state); /* EDGE */
}

/* Nothing is known any more. The queue stays. */
void rv_poll_side_reset(rv_poll_side *side);

#endif
