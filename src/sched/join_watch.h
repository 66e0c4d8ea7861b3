/* Watches: what is told of the end of a task in place of one joiner who waits
 * for that task alone. A gather and a group wait for many at once, so they put
 * a watch into each task's join word and are called at each end.
 *
 * Law. The handle's owner moves the join word from EMPTY to the watch, once and
 * for good: by CAS, or by a store while the task is in no queue yet. The one
 * who ends the task finds it there by the exchange to DONE and calls `ended`.
 * From then on the descriptor belongs to the watch's owner, who gives it back.
 * The watch and what it leads to must stay until the last call of `ended` has
 * done its last access to them; how the owner learns that is its affair.
 *
 * Pair END (task.h): what the owner wrote before the word is seen by `ended`.
 */
#ifndef SRC_SCHED_JOIN_WATCH_H
#define SRC_SCHED_JOIN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/assert.h"
#include "src/sched/task.h"

struct rv_worker;

typedef struct rv_join_watch {
    /* The task has ended, its result is stored. On the worker where it ended,
     * after its last instruction, perhaps in the loop context. Neither suspends
     * nor calls user code. */
    void (*ended)(struct rv_join_watch *watch, struct rv_worker *by,
                  rv_task *task, int64_t result);
} rv_join_watch;

/* The watch as a join word: its address with the tag 2, which DONE and FREE
 * carry too; they are smaller than any address. */
static inline uint64_t rv_join_watch_word(const rv_join_watch *watch)
{
    uint64_t address = (uint64_t)(uintptr_t)watch;
    RV_ASSERT((address & RV_REF_TAG_MASK) == 0 && address > RV_JOIN_FREE);
    return address | RV_JOIN_WATCH_TAG;
}

static inline bool rv_join_watch_is(uint64_t word)
{
    return (word & RV_REF_TAG_MASK) == RV_JOIN_WATCH_TAG && word > RV_JOIN_FREE;
}

static inline rv_join_watch *rv_join_watch_of(uint64_t word)
{
    return (rv_join_watch *)(uintptr_t)(word & ~RV_REF_TAG_MASK);
}

#endif
