#include "src/sched/scheduler.h"

#include <errno.h>
#include <stdio.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/platform/futex.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/pollable.h"

#define CREDIT_SHARE_MAX 64

static uint16_t share_of(uint64_t tasks_max, unsigned workers)
{
    if (tasks_max == 0) {
        return 0;
    }
    uint64_t share = tasks_max / (workers * UINT64_C(64));
    if (share < 1) {
        return 1;
    }
    return share < CREDIT_SHARE_MAX ? (uint16_t)share : CREDIT_SHARE_MAX;
}

static int make_workers(rv_scheduler *s, const rv_scheduler_options *options)
{
    s->workers = rv_mem_zalloc(options->workers * sizeof(rv_worker *));
    if (s->workers == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < options->workers; i++) {
        rv_worker *w = rv_mem_alloc_aligned(RV_CACHE_LINE, sizeof(rv_worker));
        if (w == NULL) {
            return -ENOMEM;
        }
        int error = rv_worker_init(w, s, i, options->workers, options->seed);
        if (error != 0) {
            rv_mem_free(w);
            return error;
        }
        s->workers[i] = w;
        s->count = i + 1;
    }
    return 0;
}

static void free_workers(rv_scheduler *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        rv_pollable_forget(&s->workers[i]->poller);
        rv_worker_fini(s->workers[i]);
        rv_mem_free(s->workers[i]);
    }
    rv_mem_free(s->workers);
}

static int start_threads(rv_scheduler *s, const char *name, unsigned *started)
{
    for (unsigned i = 0; i < s->count; i++) {
        char thread_name[32];
        snprintf(thread_name, sizeof thread_name, "%.9s-%u", name, i);
        int error = rv_thread_start(&s->workers[i]->thread, thread_name,
                                    rv_worker_main, s->workers[i]);
        if (error != 0) {
            return error;
        }
        *started = i + 1;
    }
    return 0;
}

static void set_phase(rv_scheduler *s, rv_phase phase)
{
    rv_u32_store_seq_cst(&s->phase, phase); /* PHASE */
    rv_futex_wake(&s->phase, INT32_MAX);
}

void rv_scheduler_wait_gate(rv_scheduler *s)
{
    while (rv_scheduler_phase(s) == RV_PHASE_STARTING) {
        rv_futex_wait(&s->phase, RV_PHASE_STARTING, INT64_MAX);
    }
}

static void join_threads(rv_scheduler *s, unsigned started)
{
    set_phase(s, RV_PHASE_STOPPED);
    for (unsigned i = 0; i < started; i++) {
        rv_poller_rouse(&s->workers[i]->poller);
    }
    for (unsigned i = 0; i < started; i++) {
        rv_thread_join(&s->workers[i]->thread);
    }
}

int rv_scheduler_start(rv_scheduler **out, const rv_scheduler_options *options)
{
    int error = rv_task_table_open();
    if (error != 0) {
        return error;
    }
    rv_scheduler *s = rv_mem_alloc_aligned(RV_CACHE_LINE, sizeof *s);
    if (s == NULL) {
        return -ENOMEM;
    }
    s->stealing = options->design == ROVE_STEALING && options->workers > 1;
    s->pins_all = options->design == ROVE_SHARDED;
    s->stack_class = options->stack_class;
    s->credit_share = share_of(options->tasks_max, options->workers);
    s->offload = options->offload;
    s->report = options->report;
    s->reports_crashes = options->reports_crashes;
    rv_u64_store_relaxed(&s->credits, options->tasks_max); /* no threads yet */
    rv_places_init(&s->places, options->topology);
    unsigned started = 0;
    error = rv_idle_init(&s->idle, options->workers, s->stealing);
    if (error != 0) {
        goto free_scheduler;
    }
    error = make_workers(s, options);
    if (error != 0) {
        goto free_all;
    }
    error = start_threads(s, options->name, &started);
    if (error != 0) {
        join_threads(s, started);
        goto free_all;
    }
    set_phase(s, RV_PHASE_RUNNING);
    *out = s;
    return 0;

free_all:
    free_workers(s);
    rv_idle_fini(&s->idle);
free_scheduler:
    rv_mem_free(s);
    return error;
}

/* Ended first, then spawned: if the two sums are equal, every task spawned by
 * the moment between the two had ended by then, and only tasks spawn tasks. */
uint64_t rv_scheduler_tasks_left(const rv_scheduler *s)
{
    uint64_t ended = rv_u64_load_acquire(&s->foreign_refused); /* PHASE */
    for (unsigned i = 0; i < s->count; i++) {
        ended += rv_u64_load_acquire(&s->workers[i]->stats.ended); /* PHASE */
    }
    uint64_t spawned = rv_u64_load_seq_cst(&s->foreign_spawned); /* PHASE */
    for (unsigned i = 0; i < s->count; i++) {
        spawned +=
            rv_u64_load_acquire(&s->workers[i]->stats.spawned); /* PHASE */
    }
    return spawned - ended;
}

/* Of two tasks that end at the same time on different workers the later one to
 * pass drain_turn sees both counted. */
void rv_scheduler_check_drained(rv_scheduler *s)
{
    if (rv_scheduler_phase(s) < RV_PHASE_DRAINING) {
        return;
    }
    rv_u64_fetch_add_seq_cst(&s->drain_turn, 1); /* PHASE */
    if (rv_scheduler_tasks_left(s) == 0) {
        rv_u32_store_release(&s->drained, 1); /* PHASE */
        rv_futex_wake(&s->drained, INT32_MAX);
    }
}

int rv_scheduler_drain(rv_scheduler *s, int64_t deadline)
{
    set_phase(s, RV_PHASE_DRAINING);
    rv_task_cancel_all(s, NULL);
    rv_scheduler_check_drained(s);
    while (rv_u32_load_acquire(&s->drained) == 0) { /* PHASE */
        if (rv_futex_wait(&s->drained, 0, deadline) == -ETIMEDOUT) {
            return -ETIMEDOUT;
        }
    }
    return 0;
}

void rv_scheduler_stop(rv_scheduler *s)
{
    join_threads(s, s->count);
    while (rv_u32_load_seq_cst(&s->visitors) != 0) { /* VISIT */
        rv_thread_yield();
    }
    free_workers(s);
    rv_idle_fini(&s->idle);
}

void rv_scheduler_free(rv_scheduler *s)
{
    rv_mem_free(s);
}

bool rv_scheduler_take_credit(rv_scheduler *s, rv_worker *w)
{
    if (w->credits == 0) {
        uint64_t left = rv_u64_load_relaxed(&s->credits); /* the CAS decides */
        uint64_t take;
        do {
            take = left < s->credit_share ? left : s->credit_share;
            if (take == 0) {
                return false;
            }
        } while (
            !rv_u64_cas_acquire(&s->credits, &left, left - take)); /* CREDIT */
        w->credits = (uint16_t)take;
    }
    w->credits--;
    return true;
}

void rv_scheduler_return_credit(rv_scheduler *s, rv_worker *w)
{
    if (++w->credits >= 2 * s->credit_share || s->credit_share == 1) {
        uint16_t give = s->credit_share;
        w->credits = (uint16_t)(w->credits - give);
        rv_u64_fetch_add_acq_rel(&s->credits, give); /* CREDIT */
    }
}
