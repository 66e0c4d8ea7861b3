/* Listing the tasks that live.
 */
#ifndef SRC_INSPECT_TASKS_H
#define SRC_INSPECT_TASKS_H

#include "rove/inspect.h"

#include "src/sched/scheduler.h"

/* Calls visit with each live task of a scheduler; how many. Any thread; takes
 * no lock. */
int64_t rv_tasks_visit(const rv_scheduler *s, rove_task_visit *visit,
                       void *arg);

#endif
