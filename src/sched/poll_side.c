#include "src/sched/poll_side.h"

#include <stddef.h>

#include "src/base/assert.h"
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

/* The lock holder's view of a word that only lock holders write. */
static uint64_t state_of(const rv_poll_side *side)
{
    return rv_u64_load_relaxed(&side->state); /* under the lock */
}

/* Keeps WAITERS true to the queue. */
static void note_waiters(rv_poll_side *side)
{
    uint64_t state = state_of(side) & ~RV_SIDE_WAITERS;
    if (!rv_list_is_empty(&side->waiters)) {
        state |= RV_SIDE_WAITERS;
    }
    rv_u64_store_release(&side->state, state); /* EDGE */
}

bool rv_poll_side_may_queue(const rv_poll_side *side, uint64_t seen, bool tried)
{
    uint64_t state = state_of(side);
    return tried ? state / RV_SIDE_TICK == seen / RV_SIDE_TICK
                 : rv_poll_side_is_idle(side, state);
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

void rv_poll_side_queue(rv_poll_side *side, rv_poll_node *node, bool again)
{
    rv_node *end = &side->waiters.ring;
    rv_node *next = again ? end->next : end;
    while (next != end && is_before(node_of(next), node)) {
        next = next->next;
    }
    node->link.next = next;
    node->link.prev = next->prev;
    next->prev->next = &node->link;
    next->prev = &node->link;
    note_waiters(side);
}

void rv_poll_side_unqueue(rv_poll_side *side, rv_poll_node *node)
{
    rv_list_remove(&node->link);
    note_waiters(side);
}

static rv_poll_node *take(rv_poll_side *side)
{
    rv_node *link = rv_list_pop_front(&side->waiters);
    if (link == NULL) {
        return NULL;
    }
    note_waiters(side);
    return node_of(link);
}

rv_ref rv_poll_side_take(rv_poll_side *side)
{
    rv_poll_node *node = take(side);
    RV_ASSERT(node == NULL || node->ref != 0);
    return node != NULL ? node->ref : 0;
}

/* Claimed under the lock: who is woken may go, but not queue again, before all
 * are taken. */
void rv_poll_side_take_all(rv_poll_side *side, unsigned cause)
{
    struct rv_worker *by = rv_current_worker();
    rv_poll_node *node;
    while ((node = take(side)) != NULL) {
        if (node->ref != 0) {
            rv_wake(by, node->ref, cause);
        } else {
            rv_event_fd_signal(node->doorbell);
        }
    }
}

void rv_poll_side_tick(rv_poll_side *side, bool sticky)
{
    uint64_t state = state_of(side) + RV_SIDE_TICK;
    rv_u64_store_release(&side->state,
                         sticky ? state | RV_SIDE_STICKY : state); /* EDGE */
}

void rv_poll_side_reset(rv_poll_side *side)
{
    uint64_t state = (state_of(side) & ~RV_SIDE_STICKY) + RV_SIDE_TICK;
    rv_u64_store_release(&side->state, state); /* EDGE */
    /* relaxed: no state since the reset has been seen yet */
    rv_u64_store_relaxed(&side->drained, NEVER);
}
