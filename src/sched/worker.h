/* One worker: a thread with its own queues, timers, epoll and stacks. Nothing
 * of it is out of reach of the others, so a stuck worker strands nothing but
 * its pinned tasks.
 *
 * The order in which a worker takes items (rv_worker_pick):
 *   next slot, spawn slot (of RV_SLOT_RUNS_MAX + 1 occupants the last goes to
 *   the ring's tail instead), pinned list and ring in turns, own fork deque.
 *   Every 100 us, looked at each RV_BUDGET_ITEMS items, and at the latest after
 *   RV_BUDGET_SPANS such looks, it goes to its loop context for a turn: drain
 *   the inboxes, poll the epoll without waiting, fire timers.
 *
 * Ring and backlog are one queue, first in, first out: what the ring has no
 * room for goes to the backlog, and so does all that comes while something is
 * there; an empty ring is filled from the backlog.
 *
 * Slots. Only the owner puts, others only take, so an empty slot stays empty
 * until the owner stores into it. Pair SLOT: a put (release, or an exchange
 * that displaces) and a take by exchange or by the joiner's CAS (acq_rel): who
 * gets the task sees all that was written before it was put.
 *
 * Who may touch what: `own` the worker's thread only (and so whoever runs on
 * it), `shared` anyone through atomics, `fixed` written before the start.
 */
#ifndef SRC_SCHED_WORKER_H
#define SRC_SCHED_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/base/rng.h"
#include "src/context/stack_cache.h"
#include "src/context/switch.h"
#include "src/platform/os_thread.h"
#include "src/queue/backlog.h"
#include "src/queue/deque.h"
#include "src/queue/inbox.h"
#include "src/queue/ring.h"
#include "src/queue/timer_wheel.h"
#include "src/sched/poller.h"
#include "src/sched/refusal.h"
#include "src/sched/task.h"

#define RV_RING_SLOTS    1024
#define RV_DEQUE_SLOTS   256
#define RV_BUDGET_ITEMS  32
#define RV_BUDGET_SPANS  16
#define RV_SLOT_RUNS_MAX 3

/* Counters of one worker: written by its thread only, read by anyone. */
typedef struct rv_worker_stats {
    rv_atomic_u64 spawned;
    rv_atomic_u64 ended;
    rv_atomic_u64 steals;
    rv_atomic_u64 parks;
    rv_atomic_u64 wakes;
    rv_atomic_u64 takeovers;
    rv_atomic_u64 io_events;
    rv_atomic_u64 timers_fired;
} rv_worker_stats;

/* What a thief remembers of one victim, to tell a stuck one (steal.c). */
typedef struct rv_sighting {
    uint64_t tick;
    int64_t since;
} rv_sighting;

typedef struct rv_worker {
    rv_handoff handoff; /* own; first, so that a handoff is a worker */
    rv_task *current;   /* own; NULL in the loop context */
    struct rv_scheduler *scheduler; /* fixed */
    uint16_t index;                 /* fixed */
    uint16_t slot_runs;             /* own: slot items since one was sent to
                                       the ring instead */
    uint16_t credits;               /* own: spawns left of a tasks_max share */
    bool pinned_first;              /* own: whose turn, pinned list or ring */
    uint32_t budget;                /* own: items until the next look at the
                                       clock; 0: the loop's turn is due */
    uint32_t budget_spans;          /* own: such spans until the turn is due */
    uint64_t turn_at;               /* own: ticks of the last turn */
    int64_t now;                    /* own: the clock then, for deadlines */
    uint64_t turn_ticks;            /* fixed: how many make a turn due */
    rv_task_cache tasks;            /* own */
    rv_fifo pinned;                 /* own: ready pinned tasks */
    rv_fifo starved;                /* own: unstarted tasks without a stack */
    rv_stack_cache stacks;          /* own */
    rv_rng rng;                     /* own */
    bool serves_stuck;      /* own: the last to poll for a worker that is
                                       stuck; looks again after stuck_span */
    int64_t stuck_span;     /* own: ns */
    uint64_t stuck_polled;  /* own: its polled_at then */
    uint32_t spin_ns;       /* own: how long a search spins */
    rv_sighting *sightings; /* own: one for each worker */
    rv_refusal refusals[RV_REFUSALS]; /* own */
    rv_fiber loop;                    /* own: the thread's own stack */
    rv_thread thread;                 /* scheduler's */

    RV_OWN_LINE rv_atomic_u64 tick; /* shared: items taken; owner writes */
    rv_atomic_ptr next_slot;        /* shared: the task just woken */
    rv_atomic_ptr spawn_slot;       /* shared: the task just spawned */
    rv_worker_stats stats;          /* shared */

    RV_OWN_LINE rv_ring ring;   /* shared */
    rv_deque forks;             /* shared */
    RV_OWN_LINE rv_inbox inbox; /* shared: anyone pushes, anyone drains */
    rv_backlog backlog;         /* shared: what the ring has no room for */
    rv_inbox pinned_inbox;      /* shared: anyone pushes, the owner drains */
    RV_OWN_LINE rv_timer_wheel timers; /* shared */
    RV_OWN_LINE rv_poller poller;      /* shared */
    rv_atomic_ptr ring_slots[RV_RING_SLOTS];
    rv_atomic_ptr fork_slots[RV_DEQUE_SLOTS];
} rv_worker;

/* Adds to a counter only this worker's thread writes. Pair COUNT: this store
 * and rv_scheduler_tasks_left's loads. */
static inline void rv_stat_add(rv_atomic_u64 *counter, uint64_t n)
{
    /* relaxed load: single writer. Who sums up `ended` (pair PHASE) sees with
     * it all that was counted before. */
    rv_u64_store_release(counter, rv_u64_load_relaxed(counter) + n); /* COUNT */
}

static inline rv_worker *rv_worker_of(rv_handoff *handoff)
{
    return rv_container_of(handoff, rv_worker, handoff);
}

/* Makes a worker's memory usable, without a thread: 0 or -errno, and then
 * nothing is left behind. */
int rv_worker_init(rv_worker *w, struct rv_scheduler *scheduler, unsigned index,
                   unsigned workers, uint64_t seed);
void rv_worker_fini(rv_worker *w);

/* The thread's body: the loop, until the scheduler has stopped. */
void rv_worker_main(void *worker);

/* The next ready task of this worker's own queues, or NULL: the loop context
 * is due, or nothing is ready. */
rv_task *rv_worker_pick(rv_worker *w);

/* The owner's side of SLOT. Where nobody steals nobody else looks into slots
 * either, and plain accesses do. */

/* Puts a task into a slot; the occupant it displaces, which the caller queues
 * elsewhere, or NULL. */
static inline rv_task *rv_worker_put_slot(rv_worker *w, rv_atomic_ptr *slot,
                                          rv_task *task)
{
    rv_task *before = (rv_task *)rv_ptr_load_relaxed(slot); /* may be gone */
    if (before == NULL || w->ring.is_private) { /* nobody else fills it */
        rv_ptr_store_release(slot, task);       /* SLOT */
        return before;
    }
    return (rv_task *)rv_ptr_exchange_acq_rel(slot, task); /* SLOT */
}

/* Takes `task`, which was in a slot a moment ago; false: others were faster. */
static inline bool rv_worker_take_slot(rv_worker *w, rv_atomic_ptr *slot,
                                       rv_task *task)
{
    if (w->ring.is_private) {
        rv_ptr_store_relaxed(slot, NULL); /* read by the owner only */
        return true;
    }
    void *expected = task;
    return rv_ptr_cas_acq_rel(slot, &expected, NULL); /* SLOT */
}

/* Takes `task`, which may be anywhere, if it is what this worker would come to
 * next: in the spawn slot, or, with nobody just woken, at the ring's head. */
static inline bool rv_worker_take_next(rv_worker *w, rv_task *task)
{
    /* relaxed: taking decides */
    if (rv_ptr_load_relaxed(&w->spawn_slot) == task) {
        return rv_worker_take_slot(w, &w->spawn_slot, task);
    }
    return rv_ptr_load_relaxed(&w->next_slot) == NULL &&
           rv_ring_pop_if(&w->ring, task);
}

/* Counts one item of the worker's turn: true when the loop's turn is due. Short
 * items get many spans, since a turn costs as much as tens of them. */
bool rv_worker_is_turn_due(rv_worker *w);

/* Has `hook` called whenever the loop's turn is due, on the stack of who is
 * about to leave for it; one for the process, for good. The turn is due with
 * w's next item. */
typedef void rv_worker_hook(rv_worker *w);
void rv_worker_hook_turn(rv_worker *w, rv_worker_hook *hook);

static inline bool rv_worker_count_item(rv_worker *w)
{
    if (__builtin_expect(w->budget <= 1, 0) && rv_worker_is_turn_due(w)) {
        return true;
    }
    w->budget--;
    return false;
}

/* Queues a ready, movable task behind all others. The owner. Tells the
 * others. */
void rv_worker_push(rv_worker *w, rv_task *task);

/* The same for many, and for a chain of tasks, oldest first. */
void rv_worker_push_many(rv_worker *w, void *const *tasks, unsigned count);
void rv_worker_push_chain(rv_worker *w, rv_link *first);

#endif
