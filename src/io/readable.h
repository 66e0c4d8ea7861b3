/* Tasks that start when a descriptor is readable: idle connections without a
 * stack.
 *
 * What waits is one wait of poll_wait.h, in the task's arg; its spawner arms it
 * and its own first act takes it back. In between the task is in a call on the
 * descriptor, so closing claims its wait, and waits until it has let go.
 *
 * Bytes that came before are not missed: as in call.c the state of the side is
 * read, then the kernel is asked, then the wait is queued, which fails when
 * there was an event since. A turn is passed on when the task starts: it is
 * only a reason to ask, for who queued behind too.
 */
#ifndef SRC_IO_READABLE_H
#define SRC_IO_READABLE_H

#include <stdbool.h>

#include "src/sched/poll_wait.h"
#include "src/sched/pollable.h"
#include "src/sched/start.h"

/* The arg of such a task, or the first part of it. start is set by who makes
 * it; its disarm calls rv_readable_take_back(). */
typedef struct rv_readable {
    rv_start start;
    rv_pollable *file; /* the task is in a call on it; NULL: on none */
    rv_poll_wait wait; /* placed: it has been queued */
} rv_readable;

/* Lets the task go, which was prepared with the start (rv_spawn_prepare_start)
 * and whose wait was begun (rv_spawn_begin); ref is that wait's, which others
 * may claim too. From here on the task may have run and ended. */
void rv_readable_launch(rv_readable *self, rv_task *task, int fd, rv_ref ref);

void rv_readable_take_back(rv_readable *self);

#endif
