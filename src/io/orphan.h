/* Processes whose handle was given back while they ran: somebody has to reap
 * them. A task waits for each while there is a runtime; those whose task could
 * not be started or was cancelled are kept in one list of the process, which is
 * gone through whenever a process is started or freed.
 */
#ifndef SRC_IO_ORPHAN_H
#define SRC_IO_ORPHAN_H

#include "src/io/process.h"

/* Takes a handle over. Any thread; may suspend. */
void rv_orphan_leave(rove_process *process);

/* Reaps those of the list that have ended. Any thread; may suspend. */
void rv_orphans_reap(void);

#endif
