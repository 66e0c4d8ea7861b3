/* The cases that need no more than a task can wait for by itself: the end of
 * another task, a future, a time.
 */
#ifndef SRC_TASK_CASES_H
#define SRC_TASK_CASES_H

#include "rove/select.h"

/* When a case becomes ready by itself; ROVE_FOREVER for all but time cases. The
 * select waits until the nearest of them: one timer for all, and on a plain
 * thread the timeout of its futex. So a time case arms nothing. */
rove_time rv_cases_time(const rove_case *one);

#endif
