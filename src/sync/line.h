/* Waiting in line for an object that has a lock and a queue (waitq.h), and
 * waking many of those who do.
 *
 * A caller
 *   1  is counted and asks whether it is refused (task/await.h), takes the
 *      lock, and when what it wants is there takes that and goes;
 *   2  else begins a wait, takes the lock again, looks again, and stands in
 *      line: rv_line_wait().
 *
 * That returns with the lock held. So whoever did the waking has left the
 * object then for good, what it wrote is there, and after the unlock the memory
 * may go.
 *
 * Law of what is granted in line (permits, ownership, results): it is written
 * under the lock by who claims the wait, for the waiter. A wait that was ended
 * by another cause was granted nothing.
 *
 * Pair GONE: a word that is written under the lock (release) and read without
 * it (acquire). Who has seen it there, and then the lock free (acquire; SECTION
 * of platform/lock.h), knows that its writer has left.
 */
#ifndef SRC_SYNC_LINE_H
#define SRC_SYNC_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/list.h"
#include "src/platform/lock.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"
#include "src/sched/worker.h"
#include "src/sync/waitq.h"
#include "src/task/await.h"

/* Who the caller is, as the owner of a lock: its task, or a plain thread's
 * record. Never 0, which is nobody. w: the calling worker, NULL elsewhere. */
static inline uint64_t rv_line_self(const rv_worker *w)
{
    return w != NULL ? (uint64_t)(uintptr_t)w->current
                     : (uint64_t)(uintptr_t)rv_current_get();
}

/* Stands in line and suspends. The lock is held on entry and on return; the
 * waiter is out of the line then. The cause: RV_CAUSE_SOURCE when it was
 * granted something. */
static inline __attribute__((always_inline)) unsigned
rv_line_wait(rv_lock *lock, rv_waitq *line, rv_waiter *waiter, rv_wait *wait)
{
    waiter->ref = wait->ref;
    waiter->cause = RV_CAUSE_SOURCE;
    rv_waitq_push(line, waiter);
    rv_lock_release(lock);
    unsigned cause = rv_wait_suspend(wait);
    rv_lock_acquire(lock);
    rv_waitq_leave(line, waiter);
    return cause;
}

/* For who has seen without the lock what was written under it: returns when
 * the writer has left. */
static inline void rv_line_let_go(rv_lock *lock)
{
    if (rv_u32_load_acquire(&lock->word) != RV_LOCK_FREE) { /* GONE */
        rv_lock_acquire(lock);
        rv_lock_release(lock);
    }
}

/* Any number of waiters that were claimed under a lock, to be made ready after
 * it was released. A task claimed from PARKED is the claimer's, link and all.
 * A thread is not: it is signalled at once, and waits for the lock. */
typedef struct rv_wakes {
    rv_fifo tasks;
} rv_wakes;

static inline void rv_wakes_init(rv_wakes *wakes)
{
    rv_fifo_init(&wakes->tasks);
}

/* Takes the waiter out of the line; true when its wait was claimed. */
static inline bool rv_wakes_claim(rv_wakes *wakes, rv_waitq *line,
                                  rv_waiter *waiter)
{
    rv_woken woken = rv_waitq_claim(line, waiter);
    if (woken.won == RV_CLAIM_WON_WAKE) {
        rv_fifo_push(&wakes->tasks, &rv_ref_task(woken.ref)->link);
    } else {
        rv_waitq_finish(NULL, woken);
    }
    return woken.won != RV_CLAIM_LOST;
}

/* The same for all in line. */
static inline void rv_wakes_claim_all(rv_wakes *wakes, rv_waitq *line)
{
    while (!rv_waitq_is_empty(line)) {
        rv_wakes_claim(wakes, line, line->head);
    }
}

/* Makes them ready, first come first. The lock is not held. */
static inline void rv_wakes_finish(rv_worker *by, rv_wakes *wakes)
{
    rv_link *link;
    while ((link = rv_fifo_pop(&wakes->tasks)) != NULL) {
        rv_ready(by, rv_container_of(link, rv_task, link));
    }
}

#endif
