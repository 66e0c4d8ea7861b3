/* What few tasks have: a name, defers, locals. Allocated when the first of them
 * is set; the flag RV_TASK_OWNS_EXTRA says that it is there. Freed with the
 * task.
 *
 * Law. The task's alone; before it is first pushed, its spawner's. The crash
 * report reads the name of the task that the thread it interrupted runs.
 *
 * A task's end. When its function has returned, and before anybody hears of it,
 * its defers run, the newest first, and then the destructors of its locals, the
 * newest value first; what these defer or begin is run as well. Each runs as
 * part of the task, inside a shield of its own.
 */
#ifndef SRC_SCHED_EXTRA_H
#define SRC_SCHED_EXTRA_H

#include <stdbool.h>
#include <stddef.h>

#include "rove/base.h"
#include "rove/local.h"

#include "src/sched/local_table.h"
#include "src/sched/task.h"

#define RV_TASK_NAME_SIZE 32

typedef struct rv_defer {
    struct rv_defer *older;
    rove_fn *fn;
    void *arg;
} rv_defer;

typedef struct rv_task_extra {
    char name[RV_TASK_NAME_SIZE]; /* cut; the last byte is always 0 */
    rv_defer *defers;             /* newest first */
    rv_local_table *locals;       /* NULL: none yet */
    bool is_destroying;           /* a local's destructor runs */
} rv_task_extra;

/* Async-signal-safe for the task that runs. */
static inline const char *rv_task_name(const rv_task *task)
{
    return task->traits.flags & RV_TASK_OWNS_EXTRA ? task->extra->name : "";
}

/* Names a task. 0 or -ENOMEM. */
int rv_extra_set_name(rv_task *task, const char *name);

/* Has fn(arg) run at the task's end. 0 or -ENOMEM. */
int rv_extra_defer(rv_task *task, rove_fn *fn, void *arg);

/* NULL: it has none. */
static inline rv_local_table *rv_extra_locals(const rv_task *task)
{
    return task->traits.flags & RV_TASK_OWNS_EXTRA ? task->extra->locals : NULL;
}

/* The locals that the caller sees: its task's, or those that came with the job
 * a pool thread runs. NULL: none. */
rv_local_table *rv_extra_locals_here(void);

/* A destructor of a local's value runs in the task. */
static inline bool rv_extra_is_destroying(const rv_task *task)
{
    return (task->traits.flags & RV_TASK_OWNS_EXTRA) != 0 &&
           task->extra->is_destroying;
}

/* Sets the value of a local; NULL takes it away. What it replaces is destroyed
 * when it was the task's own. 0 or -ENOMEM. The task itself. */
int rv_extra_set_local(rv_task *task, const rove_local *local, void *value);

/* Lends what there is to inherit in `from` (or NULL) to a task that is not in
 * any queue yet. 0, or -ENOMEM, and then it has no extra. */
int rv_extra_inherit(rv_task *task, const rv_local_table *from);

/* A task's end, as above. The task itself; may suspend. */
void rv_extra_end(rv_task *task);

/* Frees all of it and runs nothing. */
void rv_extra_drop(rv_task *task);

#endif
