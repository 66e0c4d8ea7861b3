#include "src/sched/cancel.h"

#include "src/sched/wake.h"

/* The claim word is read before the id is checked: if the life is still the
 * one meant, the epoch read is of that life, or over. */
static void interrupt(struct rv_worker *by, rv_task *task, uint64_t id)
{
    uint64_t word = rv_u64_load_seq_cst(&task->claim); /* CANCEL */
    if (rv_u64_load_seq_cst(&task->id) == id &&        /* CANCEL */
        (word & RV_CLAIM_DEAF) == 0) {
        rv_wake(by, rv_ref_make(task, rv_claim_epoch(word)), RV_CAUSE_CANCEL);
    }
}

/* Hosts of a descriptor that was freed are stale; its waits are over anyway. */
static bool is_hosted_by(const rv_task *guest, const rv_task *root)
{
    while (guest != NULL && guest != root) {
        guest = rv_task_host(guest);
    }
    return guest == root;
}

/* Follows the chain of tasks that run inline on this one's stack. A guest may
 * end at any time and its descriptor serve another task: it is interrupted by
 * the epoch read while it was still the guest, and the first host still in the
 * life that is meant, so a later wait is safe. */
static void interrupt_guests(struct rv_worker *by, rv_task *task, uint64_t id)
{
    const rv_task *root = task;
    rv_task *guest = rv_ptr_load_seq_cst(&task->guest); /* CANCEL */
    while (guest != NULL) {
        uint64_t word = rv_u64_load_seq_cst(&guest->claim); /* CANCEL */
        rv_task *next = rv_ptr_load_seq_cst(&guest->guest); /* CANCEL */
        if (rv_ptr_load_seq_cst(&task->guest) != guest ||   /* CANCEL */
            !is_hosted_by(guest, root) ||
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
    interrupt(by, task, id);
    interrupt_guests(by, task, id);
}

void rv_task_cancel_all(const rv_scheduler *s, struct rv_worker *by)
{
    uint32_t count = rv_task_table_count();
    for (uint32_t i = 1; i < count; i++) {
        rv_task *task = rv_task_table + i;
        uint64_t id = rv_u64_load_seq_cst(&task->id);             /* CANCEL */
        if (!rv_join_is_over(rv_u64_load_acquire(&task->join)) && /* END */
            rv_task_scheduler(task) == s) {
            interrupt(by, task, id);
        }
    }
}
