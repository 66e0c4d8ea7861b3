#include "src/task/await.h"

#include <errno.h>

#include "src/platform/futex.h"
#include "src/sched/scope.h"
#include "src/sched/timer.h"
#include "src/sched/wake.h"

void rv_wait_park(rv_worker *by, rv_task *task)
{
    const rv_scheduler *s = rv_task_scheduler(task);
    uint64_t word;
    if (!rv_claim_commit(&task->claim, &word)) {
        rv_ready(by, task);
        return;
    }
    /* From here on the task may be running elsewhere, or have ended and its
     * descriptor serve another runtime, which may end at any time: so its own
     * scheduler was read before. A descriptor is still one, and a claim of a
     * wait that is over loses. */
    if ((word & RV_CLAIM_DEAF) == 0 && rv_cancel_came_late(s, task)) {
        rv_wake(by, rv_ref_make(task, rv_claim_epoch(word)), RV_CAUSE_CANCEL);
    }
}

void rv_wait_publish(rv_handoff *handoff, void *task)
{
    rv_wait_park(rv_worker_of(handoff), task);
}

void rv_wait_publish_yield(rv_handoff *handoff, void *task)
{
    rv_ready_last(rv_worker_of(handoff), task);
}

rv_worker *rv_wait_take_turn(rv_worker *w)
{
    return rv_wait_yield_to(w, NULL);
}

int rv_wait_refuse(void)
{
    rv_worker *w = rv_current_worker();
    rv_wait_note_refusal(w != NULL ? w->current : NULL);
    if (w != NULL) {
        rv_refusal_count(w);
        rv_wait_yield(w);
    }
    return -ECANCELED;
}

int rv_wait_begin_slow(rv_wait *wait, bool deaf)
{
    if (rv_current_worker() != NULL) {
        return rv_wait_refuse();
    }
    if (!deaf && rv_scope_thread_cause(true) != 0) {
        return -ECANCELED;
    }
    int error = rv_task_table_open();
    rv_task *thread = error == 0 ? rv_task_depot_get() : NULL;
    if (thread == NULL) {
        return -ENOMEM;
    }
    rv_task_init(thread, NULL, NULL, NULL, RV_STACK_16K);
    wait->worker = NULL;
    wait->task = thread;
    wait->ref = rv_ref_make(thread, rv_claim_begin(&thread->claim, deaf));
    rv_claim_mark_thread(&thread->claim);
    if (!deaf) {
        rv_scope_thread_show(wait->ref);
        if (rv_scope_thread_cause(true) != 0) { /* SCOPE */
            (void)rv_wait_abort(wait);
            return -ECANCELED;
        }
    }
    return 0;
}

void rv_wait_note_refusal(rv_task *self)
{
    if (self != NULL) {
        rv_cancel_note(self);
    } else {
        (void)rv_scope_thread_cause(true);
    }
}

int rv_wait_refused(const rv_wait *wait)
{
    rv_wait_note_refusal(wait->worker != NULL ? wait->task : NULL);
    return -ECANCELED;
}

void rv_wait_end_thread(rv_wait *wait)
{
    rv_scope_thread_show(0);
    rv_task_fini(wait->task);
    rv_task_depot_put(wait->task);
}

/* The wake word is cleared before the claim word is looked at, and a waker
 * sets it after it has claimed: a signal is never slept through, and one meant
 * for an earlier user of the descriptor costs a look. */
static void block_thread(rv_task *thread, rove_time own)
{
    bool deaf =
        (rv_u64_load_relaxed(&thread->claim) & RV_CLAIM_DEAF) != 0; /* own */
    for (;;) {
        rv_u32_store_seq_cst(&thread->wake_word, 0);         /* WAKE */
        uint64_t word = rv_u64_load_seq_cst(&thread->claim); /* WAKE */
        if (rv_claim_state(word) == RV_TASK_FIRED) {
            return;
        }
        /* Read anew each time: who moves a scope's deadline nudges. */
        rove_time scope = deaf ? ROVE_FOREVER : rv_scope_nearest(NULL);
        rove_time deadline = scope < own ? scope : own;
        if (rv_futex_wait(&thread->wake_word, 0, deadline) == -ETIMEDOUT) {
            if (scope < own && rv_scope_thread_cause(false) == 0) {
                continue; /* the deadline was moved away meanwhile */
            }
            rv_claim_try(&thread->claim, rv_claim_epoch(word),
                         own <= scope ? RV_CAUSE_TIMER : RV_CAUSE_CANCEL);
            return;
        }
    }
}

unsigned rv_wait_suspend_thread(rv_wait *wait, rove_time deadline)
{
    uint64_t word;
    if (rv_claim_commit(&wait->task->claim, &word)) {
        block_thread(wait->task, deadline);
    }
    unsigned cause = rv_claim_finish(&wait->task->claim);
    rv_wait_end_thread(wait);
    return cause;
}

unsigned rv_wait_suspend_until(rv_wait *wait, rove_time deadline)
{
    if (wait->worker == NULL) {
        return rv_wait_suspend_thread(wait, deadline);
    }
    if (deadline == ROVE_FOREVER) {
        return rv_wait_suspend(wait);
    }
    rv_wake_timer timer;
    rv_timer_start(wait->worker, &timer, wait->ref, deadline);
    unsigned cause = rv_wait_suspend(wait);
    rv_timer_stop(&timer);
    return cause;
}
