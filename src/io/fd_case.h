/* What a case of a descriptor does, for cases that are one and mean more by it:
 * their object is the descriptor, their argument the events.
 */
#ifndef SRC_IO_FD_CASE_H
#define SRC_IO_FD_CASE_H

#include <stdbool.h>

#include "rove/select.h"

#include "src/sched/task.h"

/* A word of the case that is not the descriptor's. */
#define RV_FD_CASE_OWN 18

/* The functions of a rove_case_ops (src/task/source.h). What happens after
 * ready has been called is not missed by arm. */
bool rv_fd_case_ready(rove_case *self);
int rv_fd_case_arm(rove_case *self, rv_ref ref, unsigned cause);
void rv_fd_case_disarm(rove_case *self, bool named);

#endif
