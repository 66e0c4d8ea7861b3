/* Who waits for an object, first in, first out: nodes in the waiters' frames,
 * linked under the object's lock. Memory is bounded by who waits; a waiter that
 * leaves unlinks itself.
 *
 * A waiter
 *   1  begins a wait, takes the lock, and if it must wait pushes its node;
 *   2  releases the lock and suspends;
 *   3  when the wait was cancelled takes the lock again and unlinks the node,
 *      if no waker has done so whose claim came too late.
 * A waker holds the lock: it pops nodes until a claim is won, writes what it
 * has to hand over, releases the lock, and then finishes the wake-up
 * (rv_wake_finish) with the reference alone: object and node may be gone.
 *
 * Claims that are lost belong to waiters that were cancelled: the wake-up goes
 * to the next, so none is swallowed.
 *
 * All bytes zero is an empty queue.
 */
#ifndef SRC_SYNC_WAITQ_H
#define SRC_SYNC_WAITQ_H

#include <stdbool.h>
#include <stddef.h>

#include "src/sched/task_state.h"
#include "src/sched/wake.h"

typedef struct rv_waiter {
    struct rv_waiter *next;
    struct rv_waiter *previous;
    rv_ref ref;
    unsigned cause; /* to claim it for */
    bool is_linked; /* under the lock */
} rv_waiter;

typedef struct rv_waitq {
    rv_waiter *head;
    rv_waiter *tail;
} rv_waitq;

static inline bool rv_waitq_is_empty(const rv_waitq *queue)
{
    return queue->head == NULL;
}

static inline void rv_waitq_push(rv_waitq *queue, rv_waiter *waiter)
{
    waiter->next = NULL;
    waiter->previous = queue->tail;
    waiter->is_linked = true;
    if (queue->tail != NULL) {
        queue->tail->next = waiter;
    } else {
        queue->head = waiter;
    }
    queue->tail = waiter;
}

static inline void rv_waitq_push_first(rv_waitq *queue, rv_waiter *waiter)
{
    waiter->previous = NULL;
    waiter->next = queue->head;
    waiter->is_linked = true;
    if (queue->head != NULL) {
        queue->head->previous = waiter;
    } else {
        queue->tail = waiter;
    }
    queue->head = waiter;
}

static inline void rv_waitq_remove(rv_waitq *queue, rv_waiter *waiter)
{
    if (waiter->previous != NULL) {
        waiter->previous->next = waiter->next;
    } else {
        queue->head = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->previous = waiter->previous;
    } else {
        queue->tail = waiter->previous;
    }
    waiter->is_linked = false;
}

/* Takes a waiter out that comes back, unless a waker has done so. */
static inline void rv_waitq_leave(rv_waitq *queue, rv_waiter *waiter)
{
    if (waiter->is_linked) {
        rv_waitq_remove(queue, waiter);
    }
}

/* A claim that was won, to be finished after the lock was released. */
typedef struct rv_woken {
    rv_ref ref;
    rv_claim_result won; /* RV_CLAIM_LOST: nobody was woken */
} rv_woken;

static inline rv_woken rv_waitq_claim(rv_waitq *queue, rv_waiter *waiter)
{
    rv_woken woken = {waiter->ref, rv_wake_claim(waiter->ref, waiter->cause)};
    rv_waitq_remove(queue, waiter);
    return woken;
}

/* Takes waiters out until one is claimed. */
static inline rv_woken rv_waitq_claim_first(rv_waitq *queue)
{
    rv_woken woken = {0, RV_CLAIM_LOST};
    while (queue->head != NULL && woken.won == RV_CLAIM_LOST) {
        woken = rv_waitq_claim(queue, queue->head);
    }
    return woken;
}

static inline void rv_waitq_finish(struct rv_worker *by, rv_woken woken)
{
    if (woken.won != RV_CLAIM_LOST) {
        rv_wake_finish(by, woken.ref, woken.won);
    }
}

#endif
