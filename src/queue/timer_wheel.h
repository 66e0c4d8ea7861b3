/* Timer wheel: the deadlines of one worker, for anyone to set, cancel and fire.
 *
 * Source: Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP
 * 1987, scheme 7. 8 levels of 64 slots; a tick is 2^16 ns, so the levels cover
 * all of int64 nanoseconds and no deadline is beyond the wheel.
 *
 * A deadline is rounded up to a tick. A timer lies on the level of the highest
 * six-bit digit in which its tick differs from `current`, in the slot of that
 * digit: always ahead of `current` and never round the corner. When `current`
 * reaches the first tick of a slot above level 0, the slot's timers move down.
 *
 * Laws
 *   lock      guards the wheel and every linked timer. Held while `fire` runs.
 *   current   grows only. Timers of ticks up to it have fired or lie in slots
 *             of its own digits, where the next expire starts.
 *   occupied  bit s of level l is set exactly while slot s of l has timers.
 *   next      a lower bound of the earliest deadline's tick, in ns. Written
 *             under the lock: add lowers it, expire makes it exact or, when
 *             the earliest timer is not on level 0, the start of its slot.
 *   timer     `wheel` is written by add and stays; `node.next` is NULL exactly
 *             while the timer is not linked.
 *
 * Ordering
 *   LOOK  add lowers `next` (seq_cst), and its caller then looks for a sleeper
 *         that has to sleep shorter; a parker publishes that it sleeps and then
 *         loads `next` (seq_cst). One of the two sees the other.
 */
#ifndef SRC_QUEUE_TIMER_WHEEL_H
#define SRC_QUEUE_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/platform/lock.h"

#define RV_TIMER_WHEEL_TICK_BITS 16 /* 65.536 us */
#define RV_TIMER_WHEEL_LEVELS    8
#define RV_TIMER_WHEEL_SLOTS     64

/* One expire fires and moves at most this many timers together, so that the
 * lock is held for tens of microseconds at most. */
#define RV_TIMER_WHEEL_BATCH 1024

typedef struct rv_timer_wheel rv_timer_wheel;

/* Lives in the caller's memory from rv_timer_init until it has fired or
 * rv_timer_wheel_cancel has returned. */
typedef struct rv_timer {
    rv_node node;
    int64_t deadline;
    rv_timer_wheel *wheel; /* NULL = never added */
} rv_timer;

struct rv_timer_wheel {
    RV_OWN_LINE rv_atomic_u64 next;
    RV_OWN_LINE rv_lock lock;
    uint64_t current;
    uint64_t occupied[RV_TIMER_WHEEL_LEVELS];
    rv_list slots[RV_TIMER_WHEEL_LEVELS * RV_TIMER_WHEEL_SLOTS];
};

/* Makes an empty wheel whose clock stands at `now`. */
void rv_timer_wheel_init(rv_timer_wheel *w, int64_t now);

/* Any thread. Links `timer`, which is not linked, to fire at the first expire
 * whose `now` has reached `deadline` rounded up to a tick: never early, and at
 * the next expire if that tick has passed. INT64_MAX means never and is not to
 * be added. */
void rv_timer_wheel_add(rv_timer_wheel *w, rv_timer *timer, int64_t deadline);

/* Any thread that knows the timer's last add to have returned. True if the
 * timer was linked and now never fires; false if it has fired or was never
 * added. Once this returns nobody touches the timer. A waiter that was claimed
 * by `fire` itself knows the timer fired and need not call this. */
bool rv_timer_wheel_cancel(rv_timer *timer);

/* Any thread. Unlinks the timers due at `now`, by tick, and calls `fire` for
 * each under the wheel's lock. Returns how many; 0 if nothing is due or
 * another thread is at it. After RV_TIMER_WHEEL_BATCH timers it stops and
 * rv_timer_wheel_next stays at or before `now`. A clock that went backwards is
 * taken to stand still.
 *
 * `fire` is short, takes no lock, and does not touch the timer after it has
 * claimed the waiter: the timer may then be gone. */
unsigned rv_timer_wheel_expire(rv_timer_wheel *w, int64_t now,
                               void (*fire)(rv_timer *timer, void *context),
                               void *context);

static inline void rv_timer_init(rv_timer *timer)
{
    timer->node.next = NULL;
    timer->node.prev = NULL;
    timer->deadline = 0;
    timer->wheel = NULL;
}

/* Any thread. No timer fires before the returned time, INT64_MAX if there is
 * none. It may be too early, which costs one look: after an expire at `now`
 * that found nothing more to fire it is after `now`. */
static inline int64_t rv_timer_wheel_next(const rv_timer_wheel *w)
{
    return (int64_t)rv_u64_load_seq_cst(&w->next); /* LOOK */
}

#endif
