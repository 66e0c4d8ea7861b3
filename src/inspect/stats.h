/* Sums of what the workers count, each by itself.
 */
#ifndef SRC_INSPECT_STATS_H
#define SRC_INSPECT_STATS_H

#include "rove/inspect.h"

#include "src/sched/scheduler.h"

/* Fills all but offload_threads. Any thread; takes no lock. */
void rv_stats_sum(const rv_scheduler *s, rove_stats *stats);

#endif
