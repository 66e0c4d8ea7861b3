/* Taking work from the others: who looks where, and how much is taken.
 *
 * From a victim that works: half its ring, or the oldest entry of its fork
 * deque, or a batch of its backlog, or its
 * whole inbox. From a victim that is stuck (asleep workers are
 * never stuck), also:
 *   its next and spawn slots   when its tick stood still for RV_STUCK_SLOT, or
 *                              nobody polled for RV_STUCK_POLL
 *   its epoll, overdue timers  when nobody polled for RV_STUCK_POLL
 * Who ticked when is remembered by each thief for itself. A worker that is not
 * stuck polls every 100 us, so one look tells.
 *
 * Pair TURN: a thief takes the turn to poll for a victim by a CAS on polled_at
 * from the old time it saw; the others lose and look elsewhere.
 */
#ifndef SRC_SCHED_STEAL_H
#define SRC_SCHED_STEAL_H

#include <stdbool.h>

#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

#define RV_STUCK_SLOT INT64_C(20000)  /* ns */
#define RV_STUCK_POLL INT64_C(200000) /* ns */

/* One round over all other workers, from a random one on; those that share a
 * cache with w come before all others (places.h). A task to run now, the rest
 * of what was taken is in w's own queues; or NULL. The loop context. */
rv_task *rv_steal_round(rv_worker *w);

/* A busy worker's share, once a turn: polls for one other worker, chosen at
 * random, if that is stuck. Without work the loop context looks at all. */
void rv_steal_poll_one(rv_worker *w, int64_t now);

/* True when some worker has work that others may take. */
bool rv_steal_from_any(const rv_scheduler *s);

/* True when some queue that this worker may take from, or its own, has work.
 * The last look before sleeping. */
bool rv_steal_anything(const rv_worker *w);

#endif
