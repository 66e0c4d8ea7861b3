/* Task descriptors: 128 bytes each, from one process-wide table that is never
 * unmapped, so that a stale reference always meets a descriptor and loses by
 * its epoch or its id. A task has a descriptor for life and a stack only from
 * its first run on.
 *
 * Who may touch a field
 *   claim, join, fn, scheduler, id, cancel, guest, host, wake_word, guard
 *               anyone, as atomics
 *   fiber       as the rest; atomic since others may look ahead (foresight.h)
 *   link        whoever holds the task: the queue it is in, the free list
 *   the rest    the task itself, its spawner before the first push, and who
 *               frees it
 *
 * Free descriptors rest in each worker's cache and move to and from the depot
 * of the process in chains of RV_TASK_BATCH.
 *
 * Pair LIST: who lists tasks reads the id, then join, scheduler and fn, then
 * the id again, all with acquire. A life ends by moving the id on (release)
 * after join says that it is over; the next one stores the three (release). So
 * what was read is not of a life before the id's; and if it is of a later one,
 * the second look finds another id.
 */
#ifndef SRC_SCHED_TASK_H
#define SRC_SCHED_TASK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "rove/base.h"

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/context/stack.h"
#include "src/context/switch.h"
#include "src/sched/task_state.h"

struct rv_scheduler;
struct rv_scope;
struct rv_task_extra;

#define RV_TASK_INDEX_BITS 26
#define RV_TASK_BATCH      64

/* In the guard word: a scope of the task was cancelled. */
#define RV_GUARD_ALARM (UINT32_C(1) << 31)

enum {
    RV_TASK_OWNS_ARG = 1,   /* arg is freed when the task has ended */
    RV_TASK_OWNS_START = 2, /* arg begins with an rv_start, see start.h */
    RV_TASK_OWNS_EXTRA = 4, /* extra is there; freed like the arg */
    RV_TASK_CLEANS_UP = 8,  /* rv_extra_end() has something to run */
    RV_TASK_LENDS = 16,     /* has locals that tasks it spawns inherit */
    RV_TASK_IS_FORK = 32,   /* a fork that was taken: no credit of tasks_max */
    RV_TASK_UNPIN_AT_START = 64, /* pinned only to reach its first worker */
};

typedef struct rove_task rv_task;

/* Small things, written at once when a task is made. */
typedef struct rv_task_traits {
    uint16_t pins; /* > 0: stays on worker `home` */
    uint16_t home;
    uint8_t stack_class;
    uint8_t flags;
    int16_t spawn_error; /* of this task's last refused spawn, positive */
} rv_task_traits;

struct rove_task {
    rv_link link;
    rv_atomic_u64 claim;
    rv_atomic_u64 join;
    rv_atomic_ptr fiber; /* rv_fiber; NULL: has not started */
    rv_atomic_u64 fn;    /* rove_fn *; fixed for its life */
    void *arg;
    int64_t result;
    rv_atomic_ptr scheduler; /* struct rv_scheduler; stays while it lives */
    rv_atomic_u64 id;        /* life << RV_TASK_INDEX_BITS | index; the life
                            after this one begins when it is freed */
    rv_atomic_ptr guest;     /* rv_task run inline by rove_join of this one */
    rv_atomic_ptr host; /* the joiner on whose stack an inlined task runs */
    struct rv_task_extra *extra; /* with RV_TASK_OWNS_EXTRA; extra.h */
    rv_atomic_u64 cancel; /* the id of the last life that was cancelled */
    rv_atomic_u32 wake_word;
    rv_task_traits traits;
    rv_atomic_u32 guard; /* shield and alarm, see scope.h; 0 without scopes */
    struct rv_scope *scope; /* own: the innermost, NULL: none */
} RV_ALIGNED(128);

static_assert(sizeof(struct rove_task) == 128, "two cache lines a task");

/* The join word: EMPTY -> WAITER <-> EMPTY, then DETACHED or a watch (see
 * join_watch.h) for good, all by the handle's owner. The one who ends the task
 * moves it to DONE by an exchange and then never touches the descriptor again,
 * unless it found DETACHED: then it frees, or a watch: then it calls it.
 * Pair END: that exchange (acq_rel) and every look at the word (acquire).
 * Model: verification/spin/join.pml. */
#define RV_JOIN_EMPTY    UINT64_C(0)
#define RV_JOIN_DONE     UINT64_C(2)
#define RV_JOIN_DETACHED UINT64_C(3)
#define RV_JOIN_FREE     UINT64_C(6) /* what a handle used again meets */
#define RV_REF_TAG       UINT64_C(1) /* low bits of a reference in a word */
#define RV_REF_TAG_MASK  UINT64_C(3)

/* The low bits of a watch's address in a join word. */
#define RV_JOIN_WATCH_TAG UINT64_C(2)

/* True when the task has ended, or its descriptor is free. */
static inline bool rv_join_is_over(uint64_t word)
{
    return word == RV_JOIN_DONE || word == RV_JOIN_FREE;
}

/* The scheduler a task belongs to; NULL for a plain thread's descriptor. */
static inline struct rv_scheduler *rv_task_scheduler(const rv_task *task)
{
    /* relaxed: written before the task was first published */
    return (struct rv_scheduler *)rv_ptr_load_relaxed(&task->scheduler);
}

static inline rove_fn *rv_task_function(const rv_task *task)
{
    /* relaxed: written before the task was first published */
    return (rove_fn *)(uintptr_t)rv_u64_load_relaxed(&task->fn);
}

/* The fiber of a task the caller holds; for others a hint. */
static inline rv_fiber *rv_task_fiber(const rv_task *task)
{
    /* relaxed: handed on with the task */
    return (rv_fiber *)rv_ptr_load_relaxed(&task->fiber);
}

static inline void rv_task_set_fiber(rv_task *task, rv_fiber *fiber)
{
    rv_ptr_store_relaxed(&task->fiber, fiber); /* as above */
}

/* The joiner on whose stack the task runs, or NULL. */
static inline rv_task *rv_task_host(const rv_task *task)
{
    /* relaxed: the task's own, but for a publish hook that comes late, which
     * checks what it found */
    return (rv_task *)rv_ptr_load_relaxed(&task->host);
}

/* A reference names one wait of one task: index, epoch and the tag 1, so that
 * a word can hold it beside small constants. Never 0. */
typedef uint64_t rv_ref;

/* One table for the process: descriptor i is at table + i. Set once, by the
 * first rv_task_table_open. Declared hidden, or position-independent code would
 * go through the global offset table. */
extern rv_task *rv_task_table __attribute__((visibility("hidden")));

typedef struct rv_task_cache {
    rv_link *head;
    unsigned count;
} rv_task_cache;

/* Reserves the table once for the process; 0 or -ENOMEM. Any thread. */
int rv_task_table_open(void);

/* The number of descriptors ever handed out by the depot: [1, count) may be
 * looked at (see id). */
uint32_t rv_task_table_count(void);

/* A descriptor from the depot or NULL; for threads without a cache. */
rv_task *rv_task_depot_get(void);
void rv_task_depot_put(rv_task *task);

bool rv_task_cache_fill(rv_task_cache *cache);
void rv_task_cache_spill(rv_task_cache *cache);
/* Gives everything back to the depot. */
void rv_task_cache_fini(rv_task_cache *cache);

/* A descriptor of unspecified contents but for claim and id; NULL when
 * the table is full. The cache's owner. */
static inline rv_task *rv_task_cache_get(rv_task_cache *cache)
{
    if (cache->head == NULL && !rv_task_cache_fill(cache)) {
        return NULL;
    }
    rv_link *link = cache->head;
    cache->head = link->next;
    cache->count--;
    return rv_container_of(link, rv_task, link);
}

static inline void rv_task_cache_put(rv_task_cache *cache, rv_task *task)
{
    task->link.next = cache->head;
    cache->head = &task->link;
    if (++cache->count >= 2 * RV_TASK_BATCH) {
        rv_task_cache_spill(cache);
    }
}

static inline uint32_t rv_task_index(const rv_task *task)
{
    return (uint32_t)(task - rv_task_table);
}

static inline rv_ref rv_ref_make(const rv_task *task, uint64_t epoch)
{
    return ((uint64_t)rv_task_index(task) << (RV_EPOCH_BITS + 2)) |
           (epoch << 2) | RV_REF_TAG;
}

static inline rv_task *rv_ref_task(rv_ref ref)
{
    return rv_task_table + (ref >> (RV_EPOCH_BITS + 2));
}

static inline uint64_t rv_ref_epoch(rv_ref ref)
{
    return (ref >> 2) & RV_EPOCH_MASK;
}

static inline bool rv_ref_is(uint64_t word)
{
    return (word & RV_REF_TAG_MASK) == RV_REF_TAG;
}

/* Makes a descriptor a task that has not started. */
static inline void rv_task_init(rv_task *task, struct rv_scheduler *scheduler,
                                rove_fn *fn, void *arg,
                                rv_stack_class stack_class)
{
    rv_task_set_fiber(task, NULL);
    task->arg = arg;
    rv_u64_store_release(&task->fn, (uint64_t)(uintptr_t)fn); /* LIST */
    rv_ptr_store_release(&task->scheduler, scheduler);        /* LIST */
    /* relaxed: a canceller by a stale id may look at any time; the first push
     * of the task publishes the rest */
    rv_ptr_store_relaxed(&task->guest, NULL);
    rv_ptr_store_relaxed(&task->host, NULL);
    rv_u64_store_release(&task->join, RV_JOIN_EMPTY); /* LIST */
    rv_task_traits traits = {0, 0, (uint8_t)stack_class, 0, 0};
    task->traits = traits;
}

/* Makes a task that is in no queue yet stay on worker `home` for life, where
 * the design pins all. */
static inline void rv_task_settle(rv_task *task, bool pins_all, unsigned home)
{
    if (pins_all) {
        task->traits.pins = 1;
        task->traits.home = (uint16_t)home;
    }
}

/* Ends a descriptor's life, so that its id names nobody; it may then be put
 * back. */
static inline void rv_task_fini(rv_task *task)
{
    /* relaxed: shown by the id. A task that ran inline has not said before that
     * it is over. */
    rv_u64_store_relaxed(&task->join, RV_JOIN_FREE);
    uint64_t id = rv_u64_load_relaxed(&task->id); /* its own */
    rv_u64_store_release(&task->id,
                         id + (UINT64_C(1) << RV_TASK_INDEX_BITS)); /* LIST */
}

/* The task of that id while it lives, else NULL. The descriptor may be reused
 * at any time: whoever acts on it re-checks the id. Any thread. */
rv_task *rv_task_by_id(uint64_t id);

#endif
