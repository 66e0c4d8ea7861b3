#include "src/sched/run.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/sched/current.h"
#include "src/sched/join_watch.h"
#include "src/sched/scheduler.h"
#include "src/sched/start.h"
#include "src/sched/wake.h"

static void run_stack(rv_handoff *handoff) __attribute__((noreturn));

static rv_stack *stack_of(rv_fiber *fiber)
{
    return rv_container_of(fiber, rv_stack, fiber);
}

static void settle_on(rv_task *task, rv_stack *stack)
{
    stack->owner = task;
    rv_task_set_fiber(task, &stack->fiber);
}

static rv_stack *get_stack(rv_worker *w, rv_stack_class size_class)
{
    if (w != NULL) {
        return rv_stack_cache_get(&w->stacks, size_class);
    }
    rv_stack *stack = NULL;
    return rv_stack_new(size_class, &stack) == 0 ? stack : NULL;
}

bool rv_run_give_stack(rv_worker *w, rv_task *task)
{
    rv_stack *stack = get_stack(w, (rv_stack_class)task->traits.stack_class);
    if (stack == NULL) {
        return false;
    }
    rv_stack_arm(stack, run_stack);
    settle_on(task, stack);
    return true;
}

void rv_run_take_stack(rv_worker *w, rv_task *task)
{
    if (rv_task_fiber(task) == NULL) {
        return;
    }
    rv_stack *stack = stack_of(rv_task_fiber(task));
    rv_task_set_fiber(task, NULL);
    rv_fiber_fini(&stack->fiber);
    if (w != NULL) {
        rv_stack_cache_put(&w->stacks, stack);
    } else {
        rv_stack_free(stack);
    }
}

bool rv_run_prepare(rv_worker *w, rv_task *task)
{
    if (rv_run_give_stack(w, task)) {
        return true;
    }
    rv_fifo_push(&w->starved, &task->link);
    return false;
}

rv_fiber *rv_run_fiber_slow(rv_worker *w, rv_task *task)
{
    while (task != NULL && rv_task_fiber(task) == NULL &&
           !rv_run_prepare(w, task)) {
        task = rv_worker_pick(w);
    }
    w->current = task;
    return task != NULL ? rv_task_fiber(task) : &w->loop;
}

void rv_run_from_loop(rv_worker *w, rv_task *task)
{
    if (rv_task_fiber(task) == NULL && !rv_run_prepare(w, task)) {
        return;
    }
    w->current = task;
    w->handoff.from = &w->loop;
    w->handoff.publish = NULL;
    rv_switch(&w->handoff, rv_task_fiber(task));
}

void rv_run_begin_slow(rv_task *task)
{
    /* relaxed: as in rv_run_body */
    if (rv_claim_state(rv_u64_load_relaxed(&task->claim)) != RV_TASK_RUNNING) {
        rv_claim_finish(&task->claim);
    }
    if (task->traits.flags & RV_TASK_UNPIN_AT_START) {
        task->traits.flags &= (uint8_t)~RV_TASK_UNPIN_AT_START;
        task->traits.pins--;
    }
}

void rv_run_drop_slow(rv_task *task)
{
    if (task->traits.flags & RV_TASK_OWNS_START) {
        rv_start_disarm(task->arg, true);
    }
    if (task->traits.flags & RV_TASK_OWNS_ARG) {
        rv_mem_free(task->arg);
    }
    rv_extra_drop(task);
    task->traits.flags = 0;
}

void rv_run_finish(rv_worker *w, rv_task *task, int64_t result)
{
    struct rv_scheduler *s = w->scheduler;
    bool has_credit =
        s->credit_share != 0 && (task->traits.flags & RV_TASK_IS_FORK) == 0;
    rv_run_drop(task);
    task->result = result;
    /* Counted before the exchange, a full barrier, and the phase looked at
     * after it: draining stores the phase and then sums, so one sees the
     * other. */
    rv_stat_add(&w->stats.ended, 1);
    uint64_t before =
        rv_u64_exchange_seq_cst(&task->join, RV_JOIN_DONE); /* END, PHASE */
    if (rv_ref_is(before)) {
        rv_wake(w, before, RV_CAUSE_SOURCE);
    } else if (before == RV_JOIN_DETACHED) {
        rv_task_fini(task);
        rv_task_cache_put(&w->tasks, task);
    } else if (rv_join_watch_is(before)) {
        rv_join_watch *watch = rv_join_watch_of(before);
        watch->ended(watch, w, task, result);
    }
    if (has_credit) {
        rv_scheduler_return_credit(s, w);
    }
    if (rv_scheduler_phase(s) != RV_PHASE_RUNNING) { /* PHASE */
        rv_scheduler_check_drained(s);
    }
}

static void recycle_stack(rv_handoff *handoff, void *arg)
{
    rv_stack *stack = arg;
    rv_fiber_fini(&stack->fiber);
    rv_stack_cache_put(&rv_worker_of(handoff)->stacks, stack);
}

/* An unstarted task that may go on on an ended task's stack, or NULL; then
 * *to is where to jump. */
static rv_task *next_here(rv_worker *w, rv_stack *stack, rv_fiber **to)
{
    rv_link *starved = rv_fifo_pop(&w->starved);
    rv_task *task = starved != NULL ? rv_container_of(starved, rv_task, link)
                                    : rv_worker_pick(w);
    while (task != NULL) {
        if (rv_task_fiber(task) == NULL &&
            task->traits.stack_class == stack->size_class) {
            return task;
        }
        if (rv_task_fiber(task) != NULL || rv_run_prepare(w, task)) {
            w->current = task;
            *to = rv_task_fiber(task);
            return NULL;
        }
        task = rv_worker_pick(w);
    }
    w->current = NULL;
    *to = &w->loop;
    return NULL;
}

/* The first frame of every task stack: runs tasks until none can go on here,
 * and then leaves for good. */
static void run_stack(rv_handoff *handoff)
{
    rv_worker *w = rv_worker_of(handoff);
    rv_stack *stack = stack_of(rv_task_fiber(w->current));
    rv_fiber *to;
    for (;;) {
        rv_task *task = w->current;
        int64_t result = rv_run_body(task);
        w = rv_current_worker();
        RV_ASSERT(w->current == task);
        rv_run_finish(w, task, result);
        task = next_here(w, stack, &to);
        if (task == NULL) {
            break;
        }
        settle_on(task, stack);
        w->current = task;
    }
    w->handoff.from = &stack->fiber;
    w->handoff.publish = recycle_stack;
    w->handoff.arg = stack;
    rv_switch_final(&w->handoff, to);
}
