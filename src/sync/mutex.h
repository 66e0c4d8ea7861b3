/* The inside of rove_mutex, for those who wait with one.
 *
 * Law of `state`
 *
 *   HELD     somebody owns the mutex
 *   CROWDED  and somebody may stand in line: the owner looks there before it
 *            lets go
 *   AWAKE    one of the line was woken to compete for the mutex; nobody else
 *            is woken until it has come
 *
 *   from          to            moved by
 *   0, AWAKE      | HELD        anyone, by CAS: it owns the mutex now
 *   HELD          0             the owner, by CAS
 *   HELD|AWAKE    AWAKE         the same
 *   HELD|CROWDED  AWAKE         the owner, under `lock`: it woke the first
 *   HELD|CROWDED  HELD|CROWDED  the same, or HELD: it made the first the owner
 *   HELD|CROWDED  HELD          the same: those in line were cancelled
 *   HELD          HELD|CROWDED  who goes into line, under `lock`, by CAS
 *   AWAKE         HELD, HELD|CROWDED  who was woken, under `lock`, by CAS
 *   HELD|AWAKE    HELD|CROWDED  the same: it lost, and is first in line again
 *   | AWAKE       -             the same: it was cancelled; it wakes the next
 *
 * So in a line without HELD somebody is AWAKE, and a line without AWAKE is
 * looked at by the owner: none is forgotten.
 *
 * `owner` is written by who takes the mutex, and cleared before it is let go.
 * It is read by others only to be compared with themselves.
 *
 * Let go by CAS from outside the lock, or under the lock with a waiter claimed
 * that must take the lock before it returns: whoever owns the mutex next may
 * free it at once.
 *
 * Pair OWN: letting go (release) and taking (acquire). The moves in between,
 * of who neither lets go nor takes, are relaxed: they are CAS, so who takes
 * after them still sees what was written before the mutex was let go.
 */
#ifndef SRC_SYNC_MUTEX_H
#define SRC_SYNC_MUTEX_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "rove/sync.h"

#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sched/worker.h"
#include "src/sync/line.h"

/* From this time in line on the mutex is handed over, as in Go. */
#define RV_MUTEX_PATIENCE ROVE_MS

enum { RV_MUTEX_HELD = 1, RV_MUTEX_CROWDED = 2, RV_MUTEX_AWAKE = 4 };

typedef struct rv_mutex {
    rv_atomic_u64 owner;
    rv_atomic_u32 state;
    rv_lock lock;
    rv_waitq waiters;
} rv_mutex;

static_assert(sizeof(rv_mutex) == sizeof(rove_mutex) &&
                  offsetof(rv_mutex, state) == offsetof(rove_mutex, state) &&
                  offsetof(rv_mutex, lock) == offsetof(rove_mutex, lock) &&
                  offsetof(rv_mutex, waiters) == offsetof(rove_mutex, waiters),
              "the same layout");

static inline rv_mutex *rv_mutex_of(rove_mutex *mutex)
{
    return (rv_mutex *)mutex;
}

/* w: the calling worker, NULL elsewhere. */
static inline bool rv_mutex_is_mine(const rv_mutex *m, const rv_worker *w)
{
    /* relaxed: only the caller writes what is equal to itself */
    return rv_u64_load_relaxed(&m->owner) == rv_line_self(w);
}

/* Locks, cancelled or not. */
void rv_mutex_lock_deaf(rv_mutex *m);

#endif
