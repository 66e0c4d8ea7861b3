/* The inside of rove_event, for those who wait for one.
 *
 * Law of `state`: 0 or SET. Written under the lock; read anywhere. Who has seen
 * it SET without the lock lets the setter go first (line.h, GONE).
 */
#ifndef SRC_SYNC_EVENT_H
#define SRC_SYNC_EVENT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "rove/sync.h"

#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/sync/line.h"

#define RV_EVENT_SET 1u

typedef struct rv_event {
    rv_atomic_u32 state;
    rv_lock lock;
    rv_waitq waiters;
} rv_event;

static_assert(sizeof(rv_event) == sizeof(rove_event) &&
                  offsetof(rv_event, lock) == offsetof(rove_event, lock) &&
                  offsetof(rv_event, waiters) == offsetof(rove_event, waiters),
              "the same layout");

/* After true the event may be freed. */
static inline bool rv_event_is_set(rv_event *e)
{
    if (rv_u32_load_acquire(&e->state) != RV_EVENT_SET) { /* GONE */
        return false;
    }
    rv_line_let_go(&e->lock);
    return true;
}

/* Under the lock. */
static inline bool rv_event_is_set_locked(const rv_event *e)
{
    return rv_u32_load_relaxed(&e->state) == RV_EVENT_SET; /* the lock's */
}

#endif
