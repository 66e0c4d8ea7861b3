/* Waiting for tasks, letting them go, cancelling them. The join word's law is
 * in sched/task.h.
 */
#include "src/task/join.h"

#include <errno.h>

#include "rove/task.h"

#include "src/base/assert.h"
#include "src/sched/cancel.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/handle.h"
#include "src/task/spawn.h"

rv_join_armed rv_join_arm(rv_task *task, rv_ref ref, const char *call)
{
    uint64_t seen = RV_JOIN_EMPTY;
    if (rv_u64_cas_acq_rel(&task->join, &seen, ref)) { /* END */
        return RV_JOIN_ARMED;
    }
    if (seen == ref) {
        return RV_JOIN_SHARED;
    }
    rv_handle_check_owner(seen == RV_JOIN_DONE, call);
    return RV_JOIN_OVER;
}

/* Waits for the end once, in a public call: RV_CAUSE_NONE when it had ended
 * already. */
static inline unsigned wait_for_end(rv_wait *wait, rv_task *task,
                                    const char *call)
{
    if (rv_join_arm(task, wait->ref, call) != RV_JOIN_ARMED) {
        (void)rv_wait_abort(wait); /* only a canceller can have been faster */
        return RV_CAUSE_NONE;
    }
    return rv_wait_suspend(wait);
}

static void wait_deaf(rv_task *task)
{
    rv_wait wait;
    int error = rv_wait_begin_deaf(&wait);
    if (error != 0) {
        rv_panic("rove_join", "no descriptor is left for a waiting thread");
    }
    wait_for_end(&wait, task, "rove_join");
}

/* A cancelled joiner passes the cancellation on and waits all the same. */
static void join_cancelled(rv_worker *w, rv_task *task)
{
    rv_wait_note_refusal(w != NULL ? w->current : NULL);
    rv_task_cancel(w, task, rove_task_id(task));
    if (!rv_join_has_ended(task)) {
        wait_deaf(task);
    }
}

static void wait_as_joiner(rv_worker *w, rv_task *task)
{
    rv_wait wait;
    if (rv_wait_is_refused(w)) {
        join_cancelled(w, task);
        return;
    }
    int error = rv_wait_begin_on(&wait, w);
    if (error == -ECANCELED) {
        join_cancelled(w, task);
        return;
    }
    if (error != 0) {
        wait_deaf(task); /* says so if there is no descriptor now either */
        return;
    }
    if (wait_for_end(&wait, task, "rove_join") == RV_CAUSE_CANCEL) {
        rv_join_retract(task, wait.ref);
        join_cancelled(wait.worker, task);
    }
}

static inline bool take_unstarted(rv_worker *w, rv_task *task)
{
    if (!rv_worker_take_next(w, task)) {
        return false;
    }
    /* relaxed: nobody ends the task meanwhile, and its owner is the caller */
    rv_handle_check_owner(rv_u64_load_relaxed(&task->join) == RV_JOIN_EMPTY,
                          "rove_join");
    if (__builtin_expect(
            rv_task_fiber(task) == NULL && rv_run_may_inline(w, task), 1)) {
        return true;
    }
    rv_ready(w, task); /* next, if slots have not had their run */
    return false;
}

static rv_worker *join_elsewhere(rv_worker *w, rv_task *task)
{
    if (w != NULL && task == w->current) {
        rv_panic("rove_join", "a task may not join itself");
    }
    if (!rv_join_has_ended(task)) {
        wait_as_joiner(w, task);
        w = rv_current_worker();
    }
    return w;
}

int64_t rove_join(rove_task *task)
{
    if (__builtin_expect(task == NULL, 0)) {
        return rv_spawn_last_error();
    }
    rv_worker *w = rv_wait_count(rv_current_worker());
    int64_t result;
    if (w != NULL && take_unstarted(w, task)) {
        w = rv_run_inline(w, task, &result);
    } else {
        w = join_elsewhere(w, task);
        result = task->result;
    }
    rv_handle_give_back(w, task);
    return result;
}

int rove_task_wait(rove_task *task)
{
    RV_CHECK(task != NULL, "there is no task");
    RV_CHECK(task != rove_self(), "a task may not wait for itself");
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    if (wait_for_end(&wait, task, "rove_task_wait") != RV_CAUSE_CANCEL) {
        return 0;
    }
    rv_join_retract(task, wait.ref);
    return rv_join_has_ended(task) ? 0 : rv_wait_refused(&wait);
}

void rove_detach(rove_task *task)
{
    if (task == NULL) {
        return;
    }
    RV_CHECK(task != rove_self(), "a task does not own its own handle");
    uint64_t seen = RV_JOIN_EMPTY;
    if (!rv_u64_cas_acq_rel(&task->join, &seen, RV_JOIN_DETACHED)) { /* END */
        rv_handle_check_owner(seen == RV_JOIN_DONE, "rove_detach");
        rv_handle_give_back(rv_current_worker(), task);
    }
}

void rove_cancel(rove_task *task)
{
    RV_CHECK(task != NULL, "there is no task");
    rv_task_cancel(rv_current_worker(), task, rove_task_id(task));
}

int rove_cancel_id(uint64_t id)
{
    rv_task *task = rv_task_by_id(id);
    if (task == NULL) {
        return -ESRCH;
    }
    rv_task_cancel(rv_current_worker(), task, id);
    return 0;
}
