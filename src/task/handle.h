/* Handles of tasks: each has one owner, who gives the descriptor back.
 */
#ifndef SRC_TASK_HANDLE_H
#define SRC_TASK_HANDLE_H

#include <stdbool.h>

#include "src/base/assert.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

/* Gives the descriptor of an ended task back; the handle is dead then. w: the
 * calling worker, NULL elsewhere. */
static inline void rv_handle_give_back(rv_worker *w, rv_task *task)
{
    rv_task_fini(task);
    if (w != NULL) {
        rv_task_cache_put(&w->tasks, task);
    } else {
        rv_task_depot_put(task);
    }
}

/* Stops the process, in the name of the public call, when a join word told
 * that somebody else has the handle, or had it. */
static inline void rv_handle_check_owner(bool is_owner, const char *call)
{
    if (!is_owner) {
        rv_panic(call, "a handle has one owner, who waits for it alone and "
                       "gives it back once");
    }
}

#endif
