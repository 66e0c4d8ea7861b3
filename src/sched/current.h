/* The library's only thread-local: who the calling thread is. A task may go on
 * on another thread after any wait, and gcc and clang both keep the address of
 * a thread-local across a call. So its record is reached through a function
 * that can be neither inlined nor merged, and its worker, which every call asks
 * for, by one load off the segment register, in assembly that is done anew each
 * time. Never keep what they return across a wait.
 */
#ifndef SRC_SCHED_CURRENT_H
#define SRC_SCHED_CURRENT_H

#include "src/sched/task.h"

struct rv_worker;
struct rv_scheduler;
struct rv_local_table;

typedef struct rv_current {
    struct rv_worker *worker;       /* first; NULL outside a worker thread */
    struct rv_scheduler *scheduler; /* of a worker or pool thread, else NULL */
    struct rv_scope *scope; /* of a plain or pool thread: the innermost */
    int spawn_error; /* last refused spawn of a thread that is no worker */
    struct rv_local_table *locals; /* of the job a pool thread runs, or NULL */
} rv_current;

/* The calling thread's record. Valid until the next wait. */
rv_current *rv_current_get(void);

/* The worker the calling task runs on, NULL on other threads. */
static inline struct rv_worker *rv_current_worker(void)
{
    struct rv_worker *worker;
    __asm__ volatile("movq rv_current_here@gottpoff(%%rip), %0\n\t"
                     "movq %%fs:(%0), %0"
                     : "=r"(worker)
                     :
                     : "memory");
    return worker;
}

#endif
