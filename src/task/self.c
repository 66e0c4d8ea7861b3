/* What a task may ask and set of itself.
 */
#include <string.h>

#include "rove/runtime.h"
#include "rove/task.h"

#include "src/base/assert.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/worker.h"

static rv_worker *need_worker(const char *call)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL) {
        rv_panic(call, "may be called by a task only");
    }
    return w;
}

rove_task *rove_self(void)
{
    const rv_worker *w = rv_current_worker();
    return w != NULL ? w->current : NULL;
}

int rove_worker_index(void)
{
    const rv_worker *w = rv_current_worker();
    return w != NULL ? w->index : -1;
}

uint64_t rove_task_id(const rove_task *task)
{
    RV_CHECK(task != NULL, "there is no task");
    /* relaxed: the caller's handle keeps the life */
    return rv_u64_load_relaxed(&task->id);
}

void rove_pin(void)
{
    rv_worker *w = need_worker("rove_pin");
    RV_CHECK(w->current->traits.pins < UINT16_MAX, "pins nest too deep");
    if (w->current->traits.pins++ == 0) {
        w->current->traits.home = w->index;
    }
}

void rove_unpin(void)
{
    rv_worker *w = need_worker("rove_unpin");
    RV_CHECK(w->current->traits.pins > 0, "the caller is not pinned");
    w->current->traits.pins--;
}

void rove_task_set_name(rove_task *task, const char *name)
{
    rv_worker *w = need_worker("rove_task_set_name");
    RV_CHECK(task == NULL || task == w->current, "a task may name only itself");
    RV_CHECK(name != NULL, "there is no name");
    (void)rv_extra_set_name(w->current, name); /* no memory: no name */
}

void rove_task_get_name(char *buffer, size_t size)
{
    const rv_worker *w = rv_current_worker();
    const char *name = w != NULL ? rv_task_name(w->current) : "";
    if (size > 0) {
        size_t length = strnlen(name, size - 1);
        memcpy(buffer, name, length);
        buffer[length] = '\0';
    }
}
