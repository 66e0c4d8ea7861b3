#include "src/io/orphan.h"

#include <errno.h>

#include "rove/task.h"

#include "src/base/list.h"
#include "src/platform/lock.h"
#include "src/task/spawn.h"

/* Linked through `orphan`. */
static struct {
    rv_lock lock;
    rv_link *first;
} left;

static void keep(rove_process *process)
{
    rv_lock_acquire(&left.lock);
    process->orphan.next = left.first;
    left.first = &process->orphan;
    rv_lock_release(&left.lock);
}

static int64_t await_orphan(void *arg)
{
    rove_process *process = arg;
    int error = rove_process_wait(process, NULL);
    if (error == 0 || error == -ECHILD) {
        rv_process_release(process);
    } else {
        keep(process);
    }
    return 0;
}

void rv_orphan_leave(rove_process *process)
{
    rv_task *task = rv_spawn_prepare_sure(await_orphan, process);
    if (task == NULL) {
        keep(process);
        return;
    }
    rove_detach(task);
    rv_spawn_launch(task);
}

/* Whose turn it is has left the list meanwhile, so two callers share the work
 * and nobody waits for the kernel under the lock. */
void rv_orphans_reap(void)
{
    rv_lock_acquire(&left.lock);
    rv_link *link = left.first;
    left.first = NULL;
    rv_lock_release(&left.lock);
    while (link != NULL) {
        rove_process *process = rv_container_of(link, rove_process, orphan);
        link = link->next;
        if (rv_process_reap(process, NULL) == -EAGAIN) {
            keep(process);
        } else {
            rv_process_release(process);
        }
    }
}
