/* Ticks at a fixed pace. rove_now() and its units are in base.h, rove_sleep()
 * and rove_spawn_at() in task.h, deadlines in scope.h.
 *
 *     rove_ticker ticker;
 *     rove_ticker_init(&ticker, rove_now(), ROVE_SEC, ROVE_LATE_SKIP);
 *     while (rove_ticker_wait(&ticker) > 0) { … }
 */
#ifndef ROVE_TIME_H
#define ROVE_TIME_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of ticks that came and went while nobody waited. */
typedef enum rove_late {
    ROVE_LATE_SKIP = 0,  /* they are left out; the rest come as planned */
    ROVE_LATE_BURST = 1, /* they come at once, one after the other */
    ROVE_LATE_DELAY = 2, /* they are left out; the rest are counted from now */
} rove_late;

/* In the caller's memory; one task or thread at a time. `next` may be read, for
 * rove_on_time(). */
typedef struct rove_ticker {
    rove_time next; /* when the next tick comes */
    rove_time period;
    rove_late late;
    uint32_t reserved;
} rove_ticker;

/* The first tick comes at `start` (rove_now(): at once), the others `period`
 * nanoseconds, at least 1, after each other.
 * Context  any thread; never suspends */
ROVE_API void rove_ticker_init(rove_ticker *ticker, rove_time start,
                               rove_time period, rove_late late);

/* Waits for the next tick. How many ticks it stands for, at least 1: those left
 * out are counted; or as rove_sleep_until(), and the tick is still to come.
 * Late is who comes when the tick after it is due, too.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int64_t
rove_ticker_wait(rove_ticker *ticker);

#ifdef __cplusplus
}
#endif

#endif
