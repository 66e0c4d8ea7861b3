#include "src/inspect/tasks.h"

/* Guests deeper than that are not looked for: a chain read while it changes
 * could be a ring. */
#define GUESTS_MAX 64

/* Who runs another task as a call does what that one does. */
static rove_task_state state_of(const rv_task *task)
{
    for (int i = 0; i < GUESTS_MAX; i++) {
        /* relaxed, and so is the guest: what it does may be another thing by
         * now anyway, and a descriptor is always one */
        switch (rv_claim_state(rv_u64_load_relaxed(&task->claim))) {
        case RV_TASK_PARKED:
            return ROVE_TASK_WAITING;
        case RV_TASK_FIRED:
            return ROVE_TASK_WOKEN;
        default:
            break;
        }
        const rv_task *guest = rv_ptr_load_relaxed(&task->guest);
        if (guest == NULL) {
            break;
        }
        task = guest;
    }
    return ROVE_TASK_ACTIVE;
}

/* False when the descriptor is no live task of s. */
static bool read_info(const rv_task *task, const rv_scheduler *s,
                      rove_task_info *info)
{
    uint64_t id = rv_u64_load_acquire(&task->id);             /* LIST */
    if (rv_join_is_over(rv_u64_load_acquire(&task->join)) ||  /* LIST */
        rv_ptr_load_acquire(&task->scheduler) != (void *)s) { /* LIST */
        return false;
    }
    uint64_t fn = rv_u64_load_acquire(&task->fn); /* LIST */
    info->id = id;
    info->fn = (rove_fn *)(uintptr_t)fn;
    info->state = state_of(task);
    return rv_u64_load_acquire(&task->id) == id; /* LIST */
}

int64_t rv_tasks_visit(const rv_scheduler *s, rove_task_visit *visit, void *arg)
{
    int64_t visited = 0;
    uint32_t count = rv_task_table_count();
    for (uint32_t i = 1; i < count; i++) {
        rove_task_info info;
        if (read_info(rv_task_table + i, s, &info)) {
            visit(&info, arg);
            visited++;
        }
    }
    return visited;
}
