#include "src/sched/fork_task.h"

#include "src/sched/current.h"
#include "src/sched/extra.h"
#include "src/sched/scheduler.h"
#include "src/sched/wake.h"

static void complete(rv_worker *w, rove_fork *fork, int64_t result)
{
    fork->result = result;
    uint64_t before =
        rv_u64_exchange_acq_rel(rv_fork_state(fork), RV_FORK_DONE); /* JOIN */
    if (rv_ref_is(before)) {
        rv_wake(w, before, RV_CAUSE_SOURCE);
    }
}

static int64_t run_fork(void *arg)
{
    rove_fork *fork = arg;
    int64_t result = fork->fn(fork->arg);
    rv_task *task = rv_current_worker()->current;
    if (task->traits.flags & RV_TASK_CLEANS_UP) {
        rv_extra_end(task); /* before the joiner hears of it */
    }
    complete(rv_current_worker(), fork, result);
    return 0;
}

void rv_fork_task_fail(rv_worker *w, rv_task *task, int error)
{
    complete(w, task->arg, error);
}

/* The descriptor comes first: a fork that was taken must be run. */
static rv_task *get_descriptor(rv_worker *w)
{
    rv_task *task = rv_task_cache_get(&w->tasks);
    if (task != NULL) {
        rv_task_init(task, w->scheduler, run_fork, NULL,
                     w->scheduler->stack_class);
        rv_u64_store_release(&task->join, RV_JOIN_DETACHED); /* LIST */
        task->traits.flags = RV_TASK_IS_FORK;
        rv_task_settle(task, w->scheduler->pins_all, w->index);
    }
    return task;
}

static rv_task *adopt_fork(rv_worker *w, rv_task *task, void *fork)
{
    task->arg = fork;
    rv_stat_add(&w->stats.spawned, 1);
    return task;
}

rv_task *rv_fork_task_steal(rv_worker *w, rv_worker *victim)
{
    if (rv_deque_is_empty(&victim->forks)) {
        return NULL;
    }
    rv_task *task = get_descriptor(w);
    if (task == NULL) {
        return NULL;
    }
    void *fork = NULL;
    if (rv_deque_steal(&victim->forks, &fork) != RV_STEAL_OK) {
        rv_task_fini(task);
        rv_task_cache_put(&w->tasks, task);
        return NULL;
    }
    rv_stat_add(&w->stats.steals, 1);
    return adopt_fork(w, task, fork);
}

rv_task *rv_fork_task_pop(rv_worker *w)
{
    rv_task *task = get_descriptor(w);
    if (task == NULL) {
        return NULL;
    }
    void *fork = rv_deque_pop(&w->forks);
    if (fork == NULL) {
        rv_task_fini(task);
        rv_task_cache_put(&w->tasks, task);
        return NULL;
    }
    return adopt_fork(w, task, fork);
}
