/* The claim word: one wait of one task, raced for by everything that can end
 * it. Completion, deadline, cancellation and every case of a select try to
 * claim the same {epoch, state}; one CAS wins, and only the winner wakes.
 *
 *   bits   0-1  state        bit 2  deaf: cancellation may not claim
 *   bits  3-15  cause, written by the winner       bits 16-51  epoch
 *   bit  52     a plain thread waits, not a task: who claims knows it without
 *               a look at the descriptor, which the thread gives back as soon
 *               as it sees FIRED
 *
 *   from     to       moved by                 when
 *   RUNNING  ARMING   the task, epoch + 1      before it arms its sources
 *   ARMING   PARKED   the next context (CAS)   registers saved, off the stack
 *   ARMING   FIRED    a waker (CAS)            it fired before the switch
 *   PARKED   FIRED    a waker (CAS)            wake-up
 *   ARMING   RUNNING  the task (exchange)      it gave the wait up
 *   FIRED    RUNNING  the task                 resumed, or gave up and lost
 *
 * What each state promises
 *   RUNNING  no wait; claims lose
 *   ARMING   somebody is still on the task's stack
 *   PARKED   nobody is on the stack, all registers are saved
 *   FIRED    the wait is decided; later claims lose
 *
 * Who wins from ARMING does nothing more: the next context finds FIRED when it
 * tries to park the task and makes it ready itself. Who wins from PARKED makes
 * it ready. So a task is pushed once a wait, and never before it is saved.
 *
 * Descriptors are type-stable and epochs never go back, so a stale claim, also
 * one on a descriptor that serves another task by now, loses by its epoch.
 *
 * Pairs
 *   WAKE    claim (seq_cst CAS to FIRED); the task's look after it resumed
 *           (acquire): what the waker wrote is visible to the task.
 *   SAVE    commit (seq_cst CAS to PARKED) after the context was stored; the
 *           waker's CAS reads it, so who resumes sees the saved context.
 *   LIFE    begin stores the word (release) after the id of this life was
 *           stored; a canceller loads the word, then the id: if the id is still
 *           the one it means, the epoch is of that life, or of one before.
 *   CANCEL  commit, then look at the cancel flag; the canceller sets the flag,
 *           then looks at the claim word. All four are seq_cst: one of the two
 *           sees the other.
 *
 * Model: verification/spin/switchout.pml.
 */
#ifndef SRC_SCHED_TASK_STATE_H
#define SRC_SCHED_TASK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/atomic.h"

typedef enum rv_task_state {
    RV_TASK_RUNNING = 0,
    RV_TASK_ARMING = 1,
    RV_TASK_PARKED = 2,
    RV_TASK_FIRED = 3,
} rv_task_state;

/* Causes below RV_CAUSE_SOURCE are the library's. RV_CAUSE_SOURCE: something
 * is ready or done; RV_CAUSE_SOURCE + 1 + i: case i of a select was carried
 * out. */
enum {
    RV_CAUSE_NONE = 0,
    RV_CAUSE_CANCEL = 1,
    RV_CAUSE_TIMER = 2,
    RV_CAUSE_CLOSED = 3,
    RV_CAUSE_SOURCE = 4,
    RV_CAUSE_MAX = (1 << 13) - 1,
};

#define RV_CLAIM_STATE_MASK  UINT64_C(3)
#define RV_CLAIM_DEAF        UINT64_C(4)
#define RV_CLAIM_CAUSE_SHIFT 3
#define RV_CLAIM_EPOCH_SHIFT 16
#define RV_EPOCH_BITS        36
#define RV_CLAIM_THREAD      (UINT64_C(1) << 52)
#define RV_EPOCH_MASK        ((UINT64_C(1) << RV_EPOCH_BITS) - 1)

typedef enum rv_claim_result {
    RV_CLAIM_LOST,
    RV_CLAIM_WON,        /* decided before the switch: nothing more to do */
    RV_CLAIM_WON_WAKE,   /* the winner makes the task ready */
    RV_CLAIM_WON_THREAD, /* the winner signals the thread */
} rv_claim_result;

static inline rv_task_state rv_claim_state(uint64_t word)
{
    return (rv_task_state)(word & RV_CLAIM_STATE_MASK);
}

static inline uint64_t rv_claim_epoch(uint64_t word)
{
    return (word >> RV_CLAIM_EPOCH_SHIFT) & RV_EPOCH_MASK;
}

static inline unsigned rv_claim_cause(uint64_t word)
{
    return (unsigned)(word >> RV_CLAIM_CAUSE_SHIFT) & RV_CAUSE_MAX;
}

static inline uint64_t rv_claim_pack(uint64_t epoch, rv_task_state state)
{
    return ((epoch & RV_EPOCH_MASK) << RV_CLAIM_EPOCH_SHIFT) | (uint64_t)state;
}

/* RUNNING -> ARMING; the epoch of the new wait. The task only. */
static inline uint64_t rv_claim_begin(rv_atomic_u64 *claim, bool deaf)
{
    /* relaxed: only the task writes in RUNNING */
    uint64_t epoch = rv_claim_epoch(rv_u64_load_relaxed(claim)) + 1;
    uint64_t word = rv_claim_pack(epoch, RV_TASK_ARMING);
    rv_u64_store_release(claim, deaf ? word | RV_CLAIM_DEAF : word); /* LIFE */
    return epoch & RV_EPOCH_MASK;
}

/* In ARMING, before the wait is shown to anybody: a plain thread's. */
static inline void rv_claim_mark_thread(rv_atomic_u64 *claim)
{
    /* relaxed: as rv_claim_begin */
    rv_u64_store_relaxed(claim, rv_u64_load_relaxed(claim) | RV_CLAIM_THREAD);
}

/* ARMING -> PARKED by the next context; false: FIRED, the caller makes the
 * task ready. *word receives the word that stands now. */
static inline bool rv_claim_commit(rv_atomic_u64 *claim, uint64_t *word)
{
    uint64_t seen = rv_u64_load_relaxed(claim); /* confirmed by the CAS */
    uint64_t parked = (seen & ~RV_CLAIM_STATE_MASK) | RV_TASK_PARKED;
    if (rv_claim_state(seen) == RV_TASK_ARMING &&
        rv_u64_cas_seq_cst(claim, &seen, parked)) { /* SAVE, CANCEL */
        *word = parked;
        return true;
    }
    *word = seen;
    return false;
}

/* Claims wait `epoch` for `cause`. Any thread. */
static inline rv_claim_result rv_claim_try(rv_atomic_u64 *claim, uint64_t epoch,
                                           unsigned cause)
{
    uint64_t word = rv_u64_load_seq_cst(claim); /* CANCEL */
    for (;;) {
        rv_task_state state = rv_claim_state(word);
        if (rv_claim_epoch(word) != epoch ||
            (state != RV_TASK_ARMING && state != RV_TASK_PARKED)) {
            return RV_CLAIM_LOST;
        }
        uint64_t fired = (word & ~RV_CLAIM_STATE_MASK) | RV_TASK_FIRED |
                         ((uint64_t)cause << RV_CLAIM_CAUSE_SHIFT);
        if (rv_u64_cas_seq_cst(claim, &word, fired)) { /* WAKE */
            if (state != RV_TASK_PARKED) {
                return RV_CLAIM_WON;
            }
            return word & RV_CLAIM_THREAD ? RV_CLAIM_WON_THREAD
                                          : RV_CLAIM_WON_WAKE;
        }
    }
}

/* FIRED -> RUNNING; the cause. The task only, after it resumed. */
static inline unsigned rv_claim_finish(rv_atomic_u64 *claim)
{
    uint64_t word = rv_u64_load_acquire(claim); /* WAKE */
    /* relaxed: after FIRED nobody else writes */
    rv_u64_store_relaxed(claim,
                         rv_claim_pack(rv_claim_epoch(word), RV_TASK_RUNNING));
    return rv_claim_cause(word);
}

/* The task gives the wait up without having switched. RV_CAUSE_NONE, or the
 * cause of the waker that was faster: what it gave is the task's. */
static inline unsigned rv_claim_abort(rv_atomic_u64 *claim)
{
    uint64_t epoch = rv_claim_epoch(rv_u64_load_relaxed(claim)); /* own */
    uint64_t word = rv_u64_exchange_seq_cst(
        claim, rv_claim_pack(epoch, RV_TASK_RUNNING)); /* WAKE */
    return rv_claim_state(word) == RV_TASK_FIRED ? rv_claim_cause(word)
                                                 : (unsigned)RV_CAUSE_NONE;
}

#endif
