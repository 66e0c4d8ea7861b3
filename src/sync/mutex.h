/* The inside of rove_mutex, for those who wait with one.
 *
 * Law of `word`
 *
 *   OWNER    who owns the mutex (line.h), 0: nobody
 *   CROWDED  and somebody may stand in line: the owner looks there before it
 *            lets go
 *   AWAKE    one of the line was woken to compete for the mutex; nobody else
 *            is woken until it has come
 *
 *   from           to             moved by
 *   0, AWAKE       | OWNER        anyone, by CAS: it owns the mutex now
 *   OWNER          0              the owner, by CAS
 *   OWNER|AWAKE    AWAKE          the same
 *   OWNER|CROWDED  AWAKE          the owner, under `lock`: it woke the first
 *   OWNER|CROWDED  OWNER'[|CROWDED]  the same: it made the first the owner
 *   OWNER|CROWDED  OWNER          the same: those in line were cancelled
 *   OWNER          OWNER|CROWDED  who goes into line, under `lock`, by CAS
 *   AWAKE          OWNER[|CROWDED]   who was woken, under `lock`, by CAS
 *   OWNER|AWAKE    OWNER|CROWDED  the same: it lost, and is first in line again
 *   | AWAKE        -              the same: it was cancelled; it wakes the next
 *
 * So in a line without an owner somebody is AWAKE, and a line without AWAKE is
 * looked at by the owner: none is forgotten.
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

#define RV_MUTEX_CROWDED UINT64_C(1)
#define RV_MUTEX_AWAKE   UINT64_C(2)

typedef struct rv_mutex {
    rv_atomic_u64 word;
    rv_lock lock;
    rv_waitq waiters;
} rv_mutex;

static_assert(sizeof(rv_mutex) == sizeof(rove_mutex) &&
                  offsetof(rv_mutex, lock) == offsetof(rove_mutex, lock) &&
                  offsetof(rv_mutex, waiters) == offsetof(rove_mutex, waiters),
              "the same layout");

static inline rv_mutex *rv_mutex_of(rove_mutex *mutex)
{
    return (rv_mutex *)mutex;
}

static inline uint64_t rv_mutex_owner(uint64_t word)
{
    return word & ~(RV_MUTEX_CROWDED | RV_MUTEX_AWAKE);
}

/* w: the calling worker, NULL elsewhere. */
static inline bool rv_mutex_is_mine(const rv_mutex *m, const rv_worker *w)
{
    /* relaxed: only the caller writes what is equal to itself */
    return rv_mutex_owner(rv_u64_load_relaxed(&m->word)) == rv_line_self(w);
}

/* Locks, cancelled or not. */
void rv_mutex_lock_deaf(rv_mutex *m);

#endif
