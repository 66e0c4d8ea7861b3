/* The set of workers and its life.
 *
 * Start, in this order; each step undoes the ones before when it fails:
 *   1  the task table of the process       4  worker threads, one by one;
 *   2  idle bookkeeping and its timer          they wait at the gate
 *   3  memory, epoll, stack of each worker  5  the gate opens: RUNNING
 *
 * Shutdown
 *   1  DRAINING: spawns from outside are refused, every task counts as
 *      cancelled; those that wait are woken
 *   2  wait until as many tasks have ended as were spawned
 *   3  STOPPED: workers are roused and leave their loops
 *   4  threads are joined, descriptors forget their epolls, memory is freed
 *
 * Pair PHASE: phase moves by a seq_cst store, then all claim words are looked
 * at; a task parks by a seq_cst CAS, then looks at the phase. A spawner from
 * outside counts its task by a seq_cst RMW, then looks at the phase; draining
 * stores the phase, then sums the counts.
 *
 * Pair CREDIT: a share is taken by CAS and given back by an add; a spawn that
 * succeeds by it comes after the end that freed it.
 *
 * Pair VISIT: a thread that is no worker of this scheduler counts itself in
 * before it touches a worker, and out after. Who wakes a task does so while it
 * still holds it; who spawns then looks at the phase: before STOPPED it was
 * counted in time, from STOPPED on it goes away. Phase 4 waits for none. The
 * scheduler itself lives until rv_scheduler_free.
 */
#ifndef SRC_SCHED_SCHEDULER_H
#define SRC_SCHED_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "rove/runtime.h"

#include "src/base/atomic.h"
#include "src/platform/topology.h"
#include "src/sched/idle.h"
#include "src/sched/places.h"
#include "src/sched/report.h"
#include "src/sched/task.h"
#include "src/sched/worker.h"

typedef enum rv_phase {
    RV_PHASE_STARTING,
    RV_PHASE_RUNNING,
    RV_PHASE_DRAINING,
    RV_PHASE_STOPPED,
} rv_phase;

typedef struct rv_scheduler {
    rv_worker **workers;        /* fixed */
    unsigned count;             /* fixed */
    bool stealing;              /* fixed: work may move between workers */
    bool pins_all;              /* fixed: ROVE_SHARDED, every task is pinned */
    rv_stack_class stack_class; /* fixed */
    uint16_t credit_share;      /* fixed; 0: tasks_max is not limited */
    rv_atomic_u32 phase;        /* rv_phase */
    rv_idle idle;
    rv_places places;
    RV_OWN_LINE rv_atomic_u64 credits; /* spawns left under tasks_max */
    rv_atomic_u64 foreign_spawned;     /* by threads that are no workers */
    rv_atomic_u64 foreign_refused;     /* counted above, but never pushed */
    rv_atomic_u64 foreign_turn;        /* next worker for pinned ones */
    rv_atomic_u64 drain_turn;          /* orders the counts, see drained */
    rv_atomic_u32 drained;             /* futex word: 1 when nothing is left */
    rv_atomic_u32 visitors;            /* outside threads that push right now */
    rv_atomic_u64 shortage;            /* accepts' last; see src/io/accept.c */
    void *offload;                     /* fixed: the pool of src/offload */
    rv_report report;                  /* fixed */
    bool reports_crashes; /* fixed: the handler of overflows is installed */
} rv_scheduler;

typedef struct rv_scheduler_options {
    unsigned workers;
    rove_design design;
    rv_stack_class stack_class;
    uint64_t tasks_max; /* 0: no limit */
    uint64_t seed;
    const char *name;
    void *offload;
    rv_report report;
    bool reports_crashes;
    const rv_topology *topology; /* of the machine; not kept; NULL: unknown */
} rv_scheduler_options;

/* 0 or -ENOMEM, -EMFILE, -ENFILE, -EAGAIN; after an error nothing is left. */
int rv_scheduler_start(rv_scheduler **out, const rv_scheduler_options *options);

/* Phases 1 and 2. 0, or -ETIMEDOUT (may be called again). */
int rv_scheduler_drain(rv_scheduler *s, int64_t deadline);

/* Phases 3 and 4, after a drain that returned 0. The scheduler then only
 * refuses, until it is freed. */
void rv_scheduler_stop(rv_scheduler *s);
void rv_scheduler_free(rv_scheduler *s);

/* A worker thread's first act: waits until the phase leaves STARTING. */
void rv_scheduler_wait_gate(rv_scheduler *s);

/* Tasks spawned and not yet ended. Exact when nothing moves. */
uint64_t rv_scheduler_tasks_left(const rv_scheduler *s);

/* Spawn credits, where tasks_max limits: a worker draws them in shares. take
 * returns false when there are none left. */
bool rv_scheduler_take_credit(rv_scheduler *s, rv_worker *w);
void rv_scheduler_return_credit(rv_scheduler *s, rv_worker *w);

/* Called after a task has ended while draining. */
void rv_scheduler_check_drained(rv_scheduler *s);

static inline rv_phase rv_scheduler_phase(const rv_scheduler *s)
{
    return (rv_phase)rv_u32_load_seq_cst(&s->phase); /* PHASE */
}

/* A thread that is no worker of s touches its workers between the two. */
static inline void rv_scheduler_visit(rv_scheduler *s)
{
    rv_u32_fetch_add_seq_cst(&s->visitors, 1); /* VISIT */
}

static inline void rv_scheduler_leave(rv_scheduler *s)
{
    rv_u32_fetch_sub_acq_rel(&s->visitors, 1); /* VISIT */
}

/* Tells the others that work became visible. After a seq_cst RMW that made it
 * so; see idle.h. by: the calling worker or NULL. */
static inline void rv_idle_notify(rv_scheduler *s, rv_worker *by)
{
    if (rv_idle_any(&s->idle) &&
        rv_u32_load_seq_cst(&s->idle.searching) == 0) { /* LOOK */
        rv_idle_notify_slow(s, by);
    }
}

#endif
