#include "src/sched/scope.h"

#include <errno.h>

#include "src/base/assert.h"
#include "src/base/clock.h"
#include "src/base/shake.h"
#include "src/platform/event_fd.h"
#include "src/sched/cancel.h"
#include "src/sched/current.h"
#include "src/sched/scheduler.h"
#include "src/sched/wake.h"

#define DEPTH_MAX UINT16_MAX

/* A doorbell in `waiting`; no reference has this tag. */
#define BELL_TAG   UINT64_C(2)
#define BELL_SHIFT 2

static rv_scope **chain_of(rv_task *task)
{
    return task != NULL ? &task->scope : &rv_current_get()->scope;
}

static int64_t deadline_of(const rv_scope *scope)
{
    return (int64_t)rv_u64_load_relaxed(&scope->deadline); /* a hint */
}

/* Forgets an alarm with it. */
static void set_shield(rv_task *task, uint16_t depth)
{
    rv_u32_exchange_seq_cst(&task->guard, depth); /* SCOPE */
}

void rv_scope_push(rv_scope *scope, rv_task *task, int64_t deadline)
{
    rv_scope **chain = chain_of(task);
    rv_scope *outer = *chain;
    RV_CHECK(outer == NULL || outer->depth < DEPTH_MAX, "scopes nest too deep");
    scope->outer = outer;
    scope->task = task;
    scope->depth = outer != NULL ? (uint16_t)(outer->depth + 1) : 1;
    scope->outer_shield = 0;
    scope->is_shield = false;
    scope->was_refused = false;
    /* relaxed: nobody else sees the scope yet */
    rv_u64_store_relaxed(&scope->deadline, (uint64_t)deadline);
    rv_u64_store_relaxed(&scope->waiting, 0);
    rv_u32_store_relaxed(&scope->state, RV_SCOPE_LIVE);
    rv_u32_store_relaxed(&scope->is_armed, 0);
    rv_lock_init(&scope->lock);
    *chain = scope;
}

void rv_scope_shield(rv_scope *scope, rv_task *task)
{
    rv_scope_push(scope, task, INT64_MAX);
    scope->is_shield = true;
    if (task != NULL) {
        /* relaxed: these bits are the task's own */
        scope->outer_shield = (uint16_t)rv_u32_load_relaxed(&task->guard);
        set_shield(task, scope->depth);
    }
}

/* An alarm of a scope that is left is forgotten: those of scopes that stay are
 * found in their states. */
static void settle_guard(rv_scope *scope)
{
    rv_task *task = scope->task;
    uint32_t guard = rv_u32_load_relaxed(&task->guard); /* may be raised */
    if (scope->is_shield) {
        set_shield(task, scope->outer_shield);
    } else if ((guard & RV_GUARD_ALARM) != 0) {
        set_shield(task, (uint16_t)guard);
    }
}

int rv_scope_pop(rv_scope *scope)
{
    rv_scope **chain = chain_of(scope->task);
    if (*chain != scope) {
        rv_panic("rove_scope_close", "the innermost scope, or group, is closed "
                                     "first");
    }
    if (rv_u32_load_relaxed(&scope->is_armed) != 0) { /* by who is done */
        rv_timer_stop(&scope->timer);
    }
    *chain = scope->outer;
    if (scope->task != NULL) {
        settle_guard(scope);
    }
    if (!scope->was_refused) {
        return 0;
    }
    /* relaxed: who may cancel has done so or will not */
    return rv_u32_load_relaxed(&scope->state) == RV_SCOPE_EXPIRED ? -ETIMEDOUT
                                                                  : -ECANCELED;
}

/* Raises ALARM unless a shield is in between, which then is opened later than
 * the state was moved, or closed before the task looks again. */
static bool raise_alarm(const rv_scope *scope)
{
    rv_atomic_u32 *guard = &scope->task->guard;
    uint32_t seen = rv_u32_load_seq_cst(guard); /* SCOPE */
    do {
        if (scope->depth < (uint16_t)seen) {
            return false;
        }
        RV_SHAKE_POINT();
    } while (
        !rv_u32_cas_seq_cst(guard, &seen, seen | RV_GUARD_ALARM)); /* SCOPE */
    return true;
}

/* The thread that was seen polling. */
static void ring(rv_scope *scope)
{
    rv_lock_acquire(&scope->lock);
    uint64_t word = rv_u64_load_relaxed(&scope->waiting); /* under the lock */
    if ((word & RV_REF_TAG_MASK) == BELL_TAG) {
        rv_event_fd_signal((int)(word >> BELL_SHIFT));
    }
    rv_lock_release(&scope->lock);
}

bool rv_scope_end(rv_scope *scope, struct rv_worker *by, rv_scope_state state)
{
    uint32_t live = RV_SCOPE_LIVE;
    if (!rv_u32_cas_seq_cst(&scope->state, &live, state)) { /* SCOPE */
        return false;
    }
    RV_SHAKE_POINT();
    if (scope->task == NULL) {
        uint64_t word = rv_u64_load_seq_cst(&scope->waiting); /* SCOPE */
        if (rv_ref_is(word)) {
            rv_wake(by, word, RV_CAUSE_CANCEL);
        } else if (word != 0) {
            ring(scope);
        }
    } else if (raise_alarm(scope)) {
        rv_cancel_interrupt(by, scope->task, scope->depth);
    }
    return true;
}

void rv_scope_expire(rv_wake_timer *timer, struct rv_worker *by)
{
    rv_scope_end(rv_container_of(timer, rv_scope, timer), by, RV_SCOPE_EXPIRED);
}

rv_scope_state rv_scope_look(rv_scope *scope, int64_t now)
{
    uint32_t state = rv_u32_load_seq_cst(&scope->state); /* SCOPE */
    if (state == RV_SCOPE_LIVE && deadline_of(scope) <= now &&
        rv_u32_cas_seq_cst(&scope->state, &state,
                           RV_SCOPE_EXPIRED)) { /* SCOPE */
        state = RV_SCOPE_EXPIRED;
    }
    return (rv_scope_state)state;
}

/* Under the lock. */
static void start_timer(rv_scope *scope, struct rv_worker *w, int64_t deadline)
{
    scope->timer.ref = 0;
    rv_u32_store_relaxed(&scope->is_armed, 1); /* under the lock */
    rv_timer_start(w, &scope->timer, 0, deadline);
}

static void arm(rv_scope *scope, struct rv_worker *w)
{
    rv_lock_acquire(&scope->lock);
    int64_t deadline = deadline_of(scope); /* may have been moved away */
    if (deadline != INT64_MAX &&
        rv_u32_load_relaxed(&scope->is_armed) == 0) { /* under the lock */
        start_timer(scope, w, deadline);
    }
    rv_lock_release(&scope->lock);
}

void rv_scope_arm(struct rv_worker *w, rv_task *task)
{
    for (; task != NULL; task = rv_task_host(task)) {
        for (rv_scope *scope = task->scope; scope != NULL;
             scope = scope->outer) {
            if (deadline_of(scope) != INT64_MAX &&
                rv_u32_load_relaxed(&scope->is_armed) == 0) { /* see arm */
                arm(scope, w);
            }
            if (scope->is_shield) {
                return;
            }
        }
    }
}

/* A plain thread reads its deadline itself, when it is nudged. */
static void move_thread(rv_scope *scope)
{
    uint64_t word = rv_u64_load_seq_cst(&scope->waiting); /* SCOPE */
    if (rv_ref_is(word)) {
        rv_wake_nudge(word);
    } else if (word != 0) {
        ring(scope);
    }
}

static void move_timer(rv_scope *scope, int64_t deadline)
{
    rv_worker *w = rv_current_worker();
    if (rv_u32_load_relaxed(&scope->is_armed) != 0) { /* under the lock */
        rv_timer_stop(&scope->timer);
    } else if (w != NULL && w->current == scope->task) {
        return; /* its next wait sets the timer */
    }
    if (deadline != INT64_MAX) {
        rv_scheduler *s = rv_task_scheduler(scope->task);
        bool is_ours = w != NULL && w->scheduler == s;
        rv_worker *home = is_ours ? w : s->workers[0];
        start_timer(scope, home, deadline);
        if (!is_ours && rv_idle_is_asleep_now(&s->idle, home->index)) {
            rv_poller_rouse(&home->poller);
        }
    }
}

void rv_scope_set_deadline(rv_scope *scope, int64_t deadline)
{
    rv_lock_acquire(&scope->lock);
    rv_u64_store_seq_cst(&scope->deadline, (uint64_t)deadline); /* SCOPE */
    if (scope->task != NULL) {
        move_timer(scope, deadline);
    }
    rv_lock_release(&scope->lock);
    if (scope->task == NULL) {
        move_thread(scope);
    }
}

int64_t rv_scope_nearest(rv_task *task)
{
    int64_t nearest = INT64_MAX;
    rv_scope *scope = *chain_of(task);
    for (;;) {
        while (scope == NULL && task != NULL) {
            task = rv_task_host(task);
            scope = task != NULL ? task->scope : NULL;
        }
        if (scope == NULL) {
            return nearest;
        }
        int64_t deadline =
            (int64_t)rv_u64_load_seq_cst(&scope->deadline); /* SCOPE */
        nearest = deadline < nearest ? deadline : nearest;
        if (scope->is_shield) {
            return nearest;
        }
        scope = scope->outer;
    }
}

static int cause_of(rv_scope_state state)
{
    return state == RV_SCOPE_LIVE      ? 0
           : state == RV_SCOPE_EXPIRED ? -ETIMEDOUT
                                       : -ECANCELED;
}

int rv_scope_thread_cause(bool note)
{
    rv_scope *innermost = rv_current_get()->scope;
    if (innermost == NULL) {
        return 0;
    }
    int64_t now = rv_clock_now();
    rv_scope *scope = innermost;
    while (scope != NULL && !scope->is_shield &&
           rv_scope_look(scope, now) == RV_SCOPE_LIVE) {
        scope = scope->outer;
    }
    int cause = scope != NULL ? cause_of(rv_scope_look(scope, now)) : 0;
    for (rv_scope *s = innermost; note && cause != 0; s = s->outer) {
        s->was_refused = true;
        if (s == scope) {
            break;
        }
    }
    return cause;
}

void rv_scope_thread_show(rv_ref ref)
{
    rv_scope *scope = rv_current_get()->scope;
    while (scope != NULL) {
        rv_u64_store_seq_cst(&scope->waiting, ref); /* SCOPE */
        scope = scope->is_shield ? NULL : scope->outer;
    }
}

void rv_scope_thread_show_bell(int doorbell)
{
    uint64_t word =
        doorbell < 0 ? 0 : (uint64_t)doorbell << BELL_SHIFT | BELL_TAG;
    rv_scope *scope = rv_current_get()->scope;
    while (scope != NULL) {
        rv_lock_acquire(&scope->lock);
        rv_u64_store_seq_cst(&scope->waiting, word); /* SCOPE */
        rv_lock_release(&scope->lock);
        scope = scope->is_shield ? NULL : scope->outer;
    }
}
