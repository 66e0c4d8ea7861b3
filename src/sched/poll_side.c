#include "src/sched/poll_side.h"

#include "src/platform/event_fd.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"

/* Not a state of any side. */
#define NEVER UINT64_MAX

void rv_poll_side_init(rv_poll_side *side)
{
    /* relaxed: nobody else sees the side yet */
    rv_u64_store_relaxed(&side->state, 0);
    rv_u64_store_relaxed(&side->drained, NEVER);
    rv_list_init(&side->waiters);
}

static rv_poll_node *node_of(rv_node *link)
{
    return rv_container_of(link, rv_poll_node, link);
}

/* Places are given out in turn and wrap. */
static bool is_before(const rv_poll_node *a, const rv_poll_node *b)
{
    return (int32_t)(a->place - b->place) < 0;
}

/* Most often it is the first again. */
void rv_poll_side_queue_again(rv_poll_side *side, rv_poll_node *node)
{
    rv_node *end = &side->waiters.ring;
    rv_node *next = end->next;
    while (next != end && is_before(node_of(next), node)) {
        next = next->next;
    }
    node->link.next = next;
    node->link.prev = next->prev;
    next->prev->next = &node->link;
    next->prev = &node->link;
    rv_u64_store_release(&side->state, rv_poll_side_own_state(side) |
                                           RV_SIDE_WAITERS); /* EDGE */
}

/* Claimed under the lock: who is woken may go, but not queue again, before all
 * are taken. */
void rv_poll_side_take_all(rv_poll_side *side, unsigned cause)
{
    struct rv_worker *by = rv_current_worker();
    rv_node *link;
    while ((link = rv_list_front(&side->waiters)) != NULL) {
        rv_poll_node *node = node_of(link);
        rv_poll_side_unqueue(side, node);
        if (node->ref != 0) {
            rv_wake(by, node->ref, cause);
        } else {
            rv_event_fd_signal(node->doorbell);
        }
    }
}

void rv_poll_side_reset(rv_poll_side *side)
{
    uint64_t state =
        (rv_poll_side_own_state(side) & ~RV_SIDE_STICKY) + RV_SIDE_TICK;
    rv_u64_store_release(&side->state, state); /* EDGE */
    /* relaxed: no state since the reset has been seen yet */
    rv_u64_store_relaxed(&side->drained, NEVER);
}
