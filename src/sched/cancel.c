#include "src/sched/cancel.h"

#include <errno.h>

#include "src/base/clock.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"

int rv_cancel_cause(rv_task *task)
{
    const rv_worker *w = rv_current_worker();
    int64_t now = w != NULL ? w->now : rv_clock_now();
    for (rv_task *t = task; t != NULL; t = rv_task_host(t)) {
        if (t->scope != NULL) {
            rv_u32_fetch_and_seq_cst(&t->guard, ~RV_GUARD_ALARM); /* SCOPE */
        }
        for (rv_scope *scope = t->scope; scope != NULL; scope = scope->outer) {
            rv_scope_state state = rv_scope_look(scope, now);
            if (state != RV_SCOPE_LIVE) {
                return state == RV_SCOPE_EXPIRED ? -ETIMEDOUT : -ECANCELED;
            }
            if (scope->is_shield) {
                return 0;
            }
        }
        if (rv_cancel_is_raised(t)) {
            return -ECANCELED;
        }
    }
    return rv_cancel_is_ending(rv_task_scheduler(task)) ? -ESHUTDOWN : 0;
}

void rv_cancel_note(rv_task *task)
{
    for (; task != NULL; task = rv_task_host(task)) {
        for (rv_scope *scope = task->scope; scope != NULL;
             scope = scope->outer) {
            scope->was_refused = true;
            /* relaxed: it was seen by who refused the wait */
            if (rv_u32_load_relaxed(&scope->state) != RV_SCOPE_LIVE ||
                scope->is_shield) {
                return;
            }
        }
        if (rv_cancel_is_raised(task)) {
            return;
        }
    }
}

/* Whether a request at `depth` of the root (NULL: of whatever is under the
 * task) concerns a wait of `task`, the root or a guest on its stack: no shield
 * is in between. The guards are read after the claim word: they are those of
 * the wait, if the claim succeeds. Hosts of a descriptor that was freed are
 * stale; its waits are over anyway. */
static bool is_reached(const rv_task *task, const rv_task *root, uint16_t depth)
{
    for (; task != NULL; task = rv_task_host(task)) {
        uint32_t guard = rv_u32_load_seq_cst(&task->guard); /* SCOPE */
        if (task == root) {
            return depth >= rv_guard_shield(guard);
        }
        if (rv_guard_shield(guard) != 0) {
            return false;
        }
    }
    return root == NULL;
}

/* The claim word is read before the id is checked: if the life is still the
 * one meant, the epoch read is of that life, or over. */
static void interrupt(struct rv_worker *by, rv_task *task, uint64_t id,
                      const rv_task *root, uint16_t depth)
{
    uint64_t word = rv_u64_load_seq_cst(&task->claim); /* CANCEL */
    if ((word & RV_CLAIM_DEAF) == 0 && is_reached(task, root, depth) &&
        rv_u64_load_seq_cst(&task->id) == id) { /* CANCEL */
        rv_wake(by, rv_ref_make(task, rv_claim_epoch(word)), RV_CAUSE_CANCEL);
    }
}

/* Follows the chain of tasks that run inline on this one's stack. A guest may
 * end at any time and its descriptor serve another task: it is interrupted by
 * the epoch read while it was still the guest, and the first host still in the
 * life that is meant, so a later wait is safe. A guest's shield hides it and
 * those on top of it. */
static void interrupt_guests(struct rv_worker *by, rv_task *task, uint64_t id,
                             uint16_t depth)
{
    const rv_task *root = task;
    rv_task *guest = rv_ptr_load_seq_cst(&task->guest); /* CANCEL */
    while (guest != NULL) {
        uint64_t word = rv_u64_load_seq_cst(&guest->claim); /* CANCEL */
        rv_task *next = rv_ptr_load_seq_cst(&guest->guest); /* CANCEL */
        if (rv_ptr_load_seq_cst(&task->guest) != guest ||   /* CANCEL */
            !is_reached(guest, root, depth) ||
            rv_u64_load_seq_cst(&root->id) != id) { /* CANCEL */
            return;
        }
        if ((word & RV_CLAIM_DEAF) == 0) {
            rv_wake(by, rv_ref_make(guest, rv_claim_epoch(word)),
                    RV_CAUSE_CANCEL);
        }
        task = guest;
        guest = next;
    }
}

static void interrupt_all(struct rv_worker *by, rv_task *task, uint64_t id,
                          uint16_t depth)
{
    interrupt(by, task, id, task, depth);
    interrupt_guests(by, task, id, depth);
}

void rv_cancel_interrupt(struct rv_worker *by, rv_task *task, uint16_t depth)
{
    /* relaxed: it lives, since its scope does */
    interrupt_all(by, task, rv_u64_load_relaxed(&task->id), depth);
}

/* Only ever raises the word, so that a canceller who comes late for an earlier
 * life neither cancels this one nor takes its cancellation back. */
static void raise_flag(rv_task *task, uint64_t id)
{
    uint64_t seen = rv_u64_load_relaxed(&task->cancel); /* the CAS decides */
    while (seen < id &&
           !rv_u64_cas_seq_cst(&task->cancel, &seen, id)) { /* CANCEL */
    }
}

void rv_task_cancel(struct rv_worker *by, rv_task *task, uint64_t id)
{
    raise_flag(task, id);
    interrupt_all(by, task, id, 0);
}

void rv_task_cancel_all(const rv_scheduler *s, struct rv_worker *by)
{
    uint32_t count = rv_task_table_count();
    for (uint32_t i = 1; i < count; i++) {
        rv_task *task = rv_task_table + i;
        uint64_t id = rv_u64_load_seq_cst(&task->id);             /* CANCEL */
        if (!rv_join_is_over(rv_u64_load_acquire(&task->join)) && /* END */
            rv_task_scheduler(task) == s) {
            interrupt(by, task, id, NULL, 0);
        }
    }
}
