#include "src/sched/wake.h"

#include "src/platform/futex.h"
#include "src/sched/scheduler.h"
#include "src/sched/worker.h"

/* The thread may be gone already, and its descriptor serve another: the signal
 * costs that one a look. */
static void wake_thread(rv_task *thread)
{
    rv_u32_store_seq_cst(&thread->wake_word, 1); /* WAKE */
    rv_futex_wake(&thread->wake_word, 1);
}

/* A worker's inbox for work from outside: a sleeper's if there is one, so that
 * the woken worker finds it in its own. */
static rv_worker *pick_inbox(rv_scheduler *s, const rv_task *task)
{
    int sleeper = rv_idle_choose(s);
    return s->workers[sleeper >= 0 ? (unsigned)sleeper
                                   : rv_task_index(task) % s->count];
}

static void send_home(rv_scheduler *s, rv_task *task)
{
    rv_worker *home = s->workers[task->traits.home];
    rv_inbox_push(&home->pinned_inbox, &task->link); /* LOOK */
    if (rv_idle_is_asleep_now(&s->idle, home->index)) {
        rv_poller_rouse(&home->poller);
    }
}

/* Pinned tasks go round the queues that thieves can reach; where nobody steals
 * the home worker's own queues will do. */
static bool stays_home(const rv_scheduler *s, const rv_worker *by,
                       const rv_task *task)
{
    return task->traits.pins != 0 &&
           (s->stealing || by->index != task->traits.home);
}

/* Once pushed the task may run and end, and its runtime be stopped and freed,
 * while we still decide whom to wake: `visitors` keeps the scheduler. Counted
 * while the task is ours, so before the runtime can have drained. */
static void ready_from_outside(rv_scheduler *s, rv_task *task)
{
    rv_scheduler_visit(s);
    if (task->traits.pins != 0) {
        send_home(s, task);
    } else {
        rv_inbox_push(&pick_inbox(s, task)->inbox, &task->link); /* LOOK */
        rv_idle_notify(s, NULL);
    }
    rv_scheduler_leave(s);
}

/* Pinned, or from elsewhere. */
static __attribute__((noinline)) void ready_slow(rv_scheduler *s, rv_worker *by,
                                                 rv_task *task)
{
    if (by == NULL || by->scheduler != s) {
        ready_from_outside(s, task);
    } else if (by->index == task->traits.home) {
        rv_fifo_push(&by->pinned, &task->link);
    } else {
        send_home(s, task);
    }
}

static inline void ready(rv_worker *by, rv_task *task)
{
    rv_scheduler *s = rv_task_scheduler(task);
    if (__builtin_expect(
            by == NULL || by->scheduler != s || stays_home(s, by, task), 0)) {
        ready_slow(s, by, task);
        return;
    }
    rv_task *displaced = rv_worker_put_slot(by, &by->next_slot, task);
    if (displaced != NULL) {
        rv_worker_push(by, displaced);
    }
}

void rv_ready(rv_worker *by, rv_task *task)
{
    ready(by, task);
}

void rv_ready_last(rv_worker *by, rv_task *task)
{
    if (stays_home(by->scheduler, by, task)) {
        rv_fifo_push(&by->pinned, &task->link);
    } else {
        rv_worker_push(by, task);
    }
}

void rv_wake_nudge(rv_ref ref)
{
    wake_thread(rv_ref_task(ref));
}

static inline void finish(rv_worker *by, rv_ref ref, rv_claim_result won)
{
    if (__builtin_expect(won == RV_CLAIM_WON_WAKE, 1)) {
        ready(by, rv_ref_task(ref));
    } else if (won == RV_CLAIM_WON_THREAD) {
        wake_thread(rv_ref_task(ref));
    }
}

void rv_wake_finish(rv_worker *by, rv_ref ref, rv_claim_result won)
{
    finish(by, ref, won);
}

bool rv_wake(rv_worker *by, rv_ref ref, unsigned cause)
{
    rv_claim_result won = rv_wake_claim(ref, cause);
    finish(by, ref, won);
    return won != RV_CLAIM_LOST;
}
