/* Giving the processor away: until others have run, until a time, and tasks
 * that begin at a time.
 */
#include <errno.h>

#include "rove/task.h"

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/platform/os_thread.h"
#include "src/sched/timer.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/spawn.h"

rove_time rove_now(void)
{
    return rv_clock_now();
}

/* With nothing else ready the task simply goes on, until a turn of the loop is
 * due: who yields until something happens lets it happen. */
int rove_yield(void)
{
    rv_worker *w = rv_current_worker();
    if (w == NULL) {
        rv_thread_yield();
        return rv_scope_thread_cause(true) != 0 ? -ECANCELED : 0;
    }
    rv_task *picked = rv_worker_pick(w);
    if (picked != NULL || w->budget == 0) {
        w = rv_wait_yield_to(w, picked);
    }
    if (!rv_task_is_cancelled(w->current)) {
        return 0;
    }
    rv_cancel_note(w->current);
    rv_refusal_count(w);
    return -ECANCELED;
}

int rove_sleep_until(rove_time deadline)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        return error;
    }
    unsigned cause = rv_wait_suspend_until(&wait, deadline);
    return cause == RV_CAUSE_CANCEL ? rv_wait_refused(&wait) : 0;
}

int rove_sleep(rove_time span)
{
    if (span <= 0) {
        return rove_yield();
    }
    return rove_sleep_until(rv_time_add(rv_clock_now(), span));
}

/* The arg of a task that starts at a time. */
typedef struct delayed_start {
    rv_start start;
    rv_wake_timer timer;
} delayed_start;

static void disarm_delayed(rv_start *start, bool is_lost)
{
    (void)is_lost;
    rv_timer_stop(&rv_container_of(start, delayed_start, start)->timer);
}

rove_task *rove_spawn_at(rove_time when, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    delayed_start *delayed = rv_mem_alloc(sizeof *delayed);
    if (delayed == NULL) {
        return rv_spawn_refuse(-ENOMEM);
    }
    when = when < ROVE_FOREVER ? when : ROVE_FOREVER - 1;
    delayed->start = (rv_start){fn, arg, disarm_delayed};
    rv_task *task = rv_spawn_prepare_start(&delayed->start);
    if (task == NULL) {
        rv_mem_free(delayed);
        return NULL;
    }
    rv_worker *here = rv_current_worker();
    rv_worker *w = here != NULL
                       ? here
                       : rv_task_scheduler(task)->workers[task->traits.home];
    rv_timer_start(w, &delayed->timer, rv_spawn_begin(task), when);
    rv_wait_park(here, task);
    if (here == NULL) {
        rv_poller_rouse(&w->poller); /* its sleep may have to be shorter */
    }
    return task;
}
