/* Gathering: one wait for the ends of many tasks.
 *
 * Every task that has not ended gets the same watch. Its end counts `left`
 * down; the last one wakes the gatherer. The first failure cancels the other
 * tasks there and then, on the worker where it happened, since the gatherer may
 * be suspended, or not be so yet. All of it lies in the frame of the gatherer,
 * which leaves when it has counted `left` down to nothing itself, or seen DONE.
 * No task runs inline, as in a join: a cancelled gatherer could not tell the
 * others while it is under one of them.
 *
 * Law of `word`
 *   OPEN -> ref   the gatherer, when it begins to wait; CAS
 *   ref  -> OPEN  the gatherer, when its wait was cancelled; CAS
 *   any  -> DONE  who counts `left` down to nothing, if it is not the gatherer;
 *                 exchange. It touches the gathering no more, and wakes the ref
 *                 it found.
 *
 * Pairs
 *   LEFT  each count-down (acq_rel) comes after the task's result and the
 *         failure were written; who makes the last one has seen them all.
 *   DONE  the exchange to DONE (acq_rel); the gatherer's look (acquire).
 */
#include <errno.h>

#include "rove/group.h"

#include "src/base/assert.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/sched/cancel.h"
#include "src/sched/join_watch.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
#include "src/task/handle.h"

enum { OPEN = 0, DONE = 2 };

typedef struct gathering {
    rv_join_watch watch;
    rove_task *const *tasks; /* fixed */
    size_t n;                /* fixed */
    bool collects;           /* fixed */
    rv_atomic_u32 failed;    /* 1: somebody writes failure, or has */
    rv_atomic_u64 left;      /* watched tasks that live, and the gatherer */
    rv_atomic_u64 word;
    int64_t failure; /* the first one, or 0 */
} gathering;

static void cancel_tasks(rv_worker *by, const gathering *g)
{
    for (size_t i = 0; i < g->n; i++) {
        rv_task *task = g->tasks[i];
        if (task != NULL) {
            rv_task_cancel(by, task, rove_task_id(task));
        }
    }
}

static void note_result(rv_worker *by, gathering *g, int64_t result)
{
    /* relaxed: LEFT shows the failure to the gatherer, who alone reads it */
    if (result >= 0 || rv_u32_fetch_or_relaxed(&g->failed, 1) != 0) {
        return;
    }
    g->failure = result;
    if (!g->collects) {
        cancel_tasks(by, g);
    }
}

/* True when nobody is left. */
static bool count_down(gathering *g, uint64_t by)
{
    return rv_u64_fetch_sub_acq_rel(&g->left, by) == by; /* LEFT */
}

static void end_task(rv_join_watch *watch, rv_worker *by, rv_task *task,
                     int64_t result)
{
    gathering *g = rv_container_of(watch, gathering, watch);
    (void)task;
    note_result(by, g, result);
    if (count_down(g, 1)) {
        uint64_t before = rv_u64_exchange_acq_rel(&g->word, DONE); /* DONE */
        if (rv_ref_is(before)) {
            rv_wake(by, before, RV_CAUSE_SOURCE);
        }
    }
}

/* Puts the watch into a task's join word; false: the task had ended. */
static bool watch_task(gathering *g, rv_task *task)
{
    uint64_t seen = RV_JOIN_EMPTY;
    if (rv_u64_cas_acq_rel(&task->join, &seen,
                           rv_join_watch_word(&g->watch))) { /* END */
        return true;
    }
    rv_handle_check_owner(seen == RV_JOIN_DONE, "rove_gather");
    return false;
}

/* Watches all tasks; how many there was nothing to watch of. */
static size_t watch_tasks(rv_worker *w, gathering *g)
{
    size_t over = 0;
    for (size_t i = 0; i < g->n; i++) {
        rv_task *task = g->tasks[i];
        if (w != NULL && task == w->current) {
            rv_panic("rove_gather", "a task may not wait for itself");
        }
        if (task == NULL) {
            note_result(w, g, -ECANCELED);
            over++;
        } else if (!watch_task(g, task)) {
            note_result(w, g, task->result);
            over++;
        }
    }
    return over;
}

/* Waits once; true when all tasks have ended, false when cancelled. */
static bool wait_once(gathering *g, rv_wait *wait)
{
    uint64_t seen = OPEN;
    if (!rv_u64_cas_acq_rel(&g->word, &seen, wait->ref)) { /* DONE */
        (void)rv_wait_abort(wait); /* only a canceller can have been faster */
        return true;
    }
    if (rv_wait_suspend(wait) == RV_CAUSE_SOURCE) {
        return true;
    }
    seen = wait->ref;
    return !rv_u64_cas_acq_rel(&g->word, &seen, OPEN); /* DONE */
}

static void wait_cancelled(gathering *g)
{
    cancel_tasks(rv_current_worker(), g);
    rv_wait wait;
    int error = rv_wait_begin_deaf(&wait);
    if (error != 0) {
        rv_panic("rove_gather", "no descriptor is left for a waiting thread");
    }
    bool is_done = wait_once(g, &wait);
    RV_CHECK(is_done, "a deaf wait ends with the last task");
}

static void wait_for_all(gathering *g)
{
    rv_wait wait;
    int error = rv_wait_begin(&wait);
    if (error != 0) {
        wait_cancelled(g);
    } else if (!wait_once(g, &wait)) {
        (void)rv_wait_refused(&wait);
        wait_cancelled(g);
    }
}

static void hand_out(rv_worker *w, const gathering *g, int64_t results[])
{
    for (size_t i = 0; i < g->n; i++) {
        rv_task *task = g->tasks[i];
        if (results != NULL) {
            results[i] = task != NULL ? task->result : -ECANCELED;
        }
        if (task != NULL) {
            rv_handle_give_back(w, task);
        }
    }
}

int64_t rove_gather(rove_task *const tasks[], size_t n, int64_t results[],
                    unsigned flags)
{
    RV_CHECK(tasks != NULL || n == 0, "there are no tasks");
    RV_CHECK((flags & ~ROVE_COLLECT) == 0, "the flags are unknown");
    gathering g = {.watch = {end_task},
                   .tasks = tasks,
                   .n = n,
                   .collects = (flags & ROVE_COLLECT) != 0,
                   .left = {n + 1},
                   .word = {OPEN}};
    size_t over = watch_tasks(rv_current_worker(), &g);
    if (!count_down(&g, over + 1)) {
        wait_for_all(&g);
    }
    hand_out(rv_current_worker(), &g, results);
    return g.failure;
}
