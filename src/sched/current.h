/* The library's only thread-local: who the calling thread is. Read through a
 * function the compiler can neither inline nor merge, because a task may go on
 * on another thread after any wait (gcc and clang both keep a thread-local's
 * address across a call). Never keep its result across a wait.
 */
#ifndef SRC_SCHED_CURRENT_H
#define SRC_SCHED_CURRENT_H

#include "src/sched/task.h"

struct rv_worker;
struct rv_scheduler;
struct rv_local_table;

typedef struct rv_current {
    struct rv_worker *worker;       /* NULL outside a worker thread */
    struct rv_scheduler *scheduler; /* of a worker or pool thread, else NULL */
    struct rv_scope *scope; /* of a plain or pool thread: the innermost */
    int spawn_error; /* last refused spawn of a thread that is no worker */
    struct rv_local_table *locals; /* of the job a pool thread runs, or NULL */
} rv_current;

/* The calling thread's record. Valid until the next wait. */
rv_current *rv_current_get(void);

/* The worker the calling task runs on, NULL on other threads. */
struct rv_worker *rv_current_worker(void);

#endif
