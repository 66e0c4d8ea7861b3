/* Fork-join: children on the parent's frame, in the fork deque of the worker
 * the parent was on. The entries and their states: sched/fork_task.h.
 */
#include "rove/fork.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/sched/fork_task.h"
#include "src/sched/scheduler.h"
#include "src/task/await.h"

/* A fork is offered without the full barrier of other publishing: if a worker
 * falls asleep at this very moment it misses the offer, and the parent runs the
 * child itself, as it would have on a busy machine. */
void rove_fork_start(rove_fork *fork, rove_fn *fn, void *arg)
{
    RV_CHECK(fn != NULL, "there is no function to run");
    rv_worker *w = rv_current_worker();
    fork->fn = fn;
    fork->arg = arg;
    fork->state = RV_FORK_PENDING;
    if (w == NULL || !rv_deque_push(&w->forks, fork)) {
        fork->result = fn(arg);
        fork->state = RV_FORK_DONE;
        return;
    }
    rv_scheduler *s = w->scheduler;
    if (s->stealing) {
        rv_idle_notify(s, w);
    }
}

static void wait_for_thief(rove_fork *fork)
{
    rv_wait wait;
    int error = rv_wait_begin_deaf(&wait);
    RV_CHECK(error == 0, "a task can always begin to wait");
    uint64_t seen = RV_FORK_PENDING;
    if (rv_u64_cas_acq_rel(rv_fork_state(fork), &seen, wait.ref)) { /* JOIN */
        rv_wait_suspend(&wait);
    } else {
        rv_wait_abort(&wait);
    }
}

/* The parent may have moved to another worker since the start, and then the
 * newest fork of this worker is another task's. */
static int64_t join_taken(rove_fork *fork, rv_worker *w, void *other)
{
    if (other != NULL) {
        bool pushed = rv_deque_push(&w->forks, other);
        RV_CHECK(pushed, "a place just left must be free");
    }
    if (rv_u64_load_acquire(rv_fork_state(fork)) != RV_FORK_DONE) { /* JOIN */
        wait_for_thief(fork);
    }
    return fork->result;
}

int64_t rove_fork_join(rove_fork *fork)
{
    rv_worker *w = rv_current_worker();
    if (rv_u64_load_acquire(rv_fork_state(fork)) == RV_FORK_DONE) { /* JOIN */
        return fork->result;
    }
    RV_CHECK(w != NULL, "a fork is joined by the task that started it");
    void *newest = rv_deque_pop(&w->forks);
    if (newest == fork) {
        return fork->fn(fork->arg);
    }
    return join_taken(fork, w, newest);
}

typedef struct range {
    int64_t begin;
    int64_t end;
    int64_t grain;
    rove_range_fn *fn;
    void *arg;
} range;

/* Halves the range until a part is small enough; the upper half is offered. */
static int64_t run_range(void *arg)
{
    range part = *(const range *)arg;
    if (part.end - part.begin <= part.grain) {
        part.fn(part.begin, part.end, part.arg);
        return 0;
    }
    range upper = part;
    upper.begin = part.begin + (part.end - part.begin) / 2;
    part.end = upper.begin;
    rove_fork fork;
    rove_fork_start(&fork, run_range, &upper);
    int64_t error = run_range(&part);
    int64_t upper_error = rove_fork_join(&fork);
    return error != 0 ? error : upper_error;
}

int rove_parallel_for(int64_t begin, int64_t end, int64_t grain,
                      rove_range_fn *fn, void *arg)
{
    if (grain < 1 || fn == NULL || (begin < 0 && end > INT64_MAX + begin)) {
        return -EINVAL;
    }
    if (begin < end) {
        range all = {begin, end, grain, fn, arg};
        return (int)run_range(&all);
    }
    return 0;
}
