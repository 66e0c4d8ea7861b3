/* Groups: tasks that end before the block that started them (asyncio's
 * TaskGroup, Trio's nursery), and gathering the results of many tasks.
 *
 *     int64_t status;
 *     ROVE_GROUP(group, 0, &status) {
 *         if (rove_group_spawn(&group, fetch, &first) != 0 ||
 *             rove_group_spawn(&group, fetch, &second) != 0) {
 *             rove_group_cancel(&group);
 *         }
 *     }
 */
#ifndef ROVE_GROUP_H
#define ROVE_GROUP_H

#include "rove/base.h"
#include "rove/scope.h"
#include "rove/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Nobody is cancelled because another has failed. */
#define ROVE_COLLECT 1u

/* Of groups: results are dropped as children end, so that a group may live long
 * (a server's) and need memory only for children that live. rove_group_next()
 * then waits until no child is left. */
#define ROVE_DISCARD 2u

/* In the caller's frame; the fields are the library's. */
typedef struct rove_group {
    rove_scope scope;
    uint64_t words[12];
} rove_group;

/* Opens a group, and a scope of the caller with it: when a child fails (its
 * result is negative), waits of the caller inside the group are cancelled like
 * the other children. flags: ROVE_COLLECT and ROVE_DISCARD, or 0.
 * Context  a task; never suspends */
ROVE_API void rove_group_open(rove_group *group, unsigned flags);

/* Spawns a child. 0; -ENOMEM, -EAGAIN or -ESHUTDOWN as rove_spawn(); -ECANCELED
 * when the group is cancelled already: then fn does not run.
 * Context  the task that opened the group, or a child of it; never suspends
 * Cost     as rove_spawn(), and 56 bytes of heap until the child has ended and
 *          its result was asked for or is not kept, or the group is closed */
ROVE_API ROVE_MUST_CHECK int rove_group_spawn(rove_group *group, rove_fn *fn,
                                              void *arg);

/* Makes a task of its own a child, and takes its handle over: one that was
 * spawned with options, for a time, or for a descriptor (rove_on_readable: so a
 * server's group holds connections that are idle). In a cancelled group it is
 * cancelled at once.
 *
 * 0, or -ENOMEM: the handle is still the caller's.
 * Context  as rove_group_spawn()
 * Cost     56 bytes of heap, as there */
ROVE_API ROVE_MUST_CHECK int rove_group_add(rove_group *group, rove_task *task);

/* The next result, in the order in which children end. 1 and *result (may be
 * NULL); 0 when no child is left; -ECANCELED when the caller or the group is
 * cancelled. Without ROVE_COLLECT the first failure cancels the group: it is
 * handed out at most once, to a call that waits for it; every later call
 * returns -ECANCELED, and rove_group_close() returns that failure.
 * Context  the task that opened the group; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_group_next(rove_group *group,
                                                           int64_t *result);

/* Cancels all children, and the caller's waits inside the group.
 * Context  as rove_group_spawn(), never suspends */
ROVE_API void rove_group_cancel(rove_group *group);

/* Waits until all children have ended, also those that children spawned
 * meanwhile, and closes the group. A caller that is cancelled cancels the
 * children and waits on.
 *
 * Returns the result of the first child that failed; else -ECANCELED when the
 * caller was cancelled from outside the group or rove_group_cancel() was
 * called; else 0. With ROVE_COLLECT failures count likewise.
 * Context  the task that opened it; may suspend, never returns early */
ROVE_API ROVE_SUSPENDS int64_t rove_group_close(rove_group *group);

/* Joins all n tasks and always waits for all of them; gives the handles back.
 * NULL among them counts as one that was refused (-ECANCELED in results; the
 * exact reason is rove_join(NULL)'s).
 *
 * results  NULL, or room for n results in the order of tasks
 * flags    0: the first failure cancels the rest. ROVE_COLLECT
 *          (return_exceptions=True): nobody is cancelled
 *
 * Returns 0 when all results are >= 0; else the result of the first that failed
 * (by time, not by place; of those that had failed before the call the first by
 * place).
 * Context  a task or a plain thread; may suspend, never returns early; if the
 *          caller is cancelled it cancels all tasks and waits on */
ROVE_API ROVE_SUSPENDS int64_t rove_gather(rove_task *const tasks[], size_t n,
                                           int64_t results[], unsigned flags);

typedef struct rove_group_block {
    rove_group *group;
    int64_t *status; /* NULL: not asked for */
    int step;        /* 0: not entered, 1: inside, 2: left */
} rove_group_block;

/* For the macro below only. step: true, and the next time closes the group and
 * returns false. leave: closes it unless it has been. Both store *status when
 * they close.
 * Context  the task that opened the group; may suspend as rove_group_close() */
ROVE_API ROVE_SUSPENDS bool rove_group_block_step(rove_group_block *block);
ROVE_API ROVE_SUSPENDS void rove_group_block_leave(rove_group_block *block);

/* ROVE_GROUP(name, flags, int64_t *status) { … }: declares rove_group `name`
 * for the block, and closes it when the block is left, by whichever way.
 * *status (the pointer may be NULL) receives rove_group_close()'s result. */
#define ROVE_GROUP(name, flags, status)                                        \
    for (rove_group name, *ROVE_IMPL_NAME(rove_once_, __LINE__) = &(name);     \
         ROVE_IMPL_NAME(rove_once_, __LINE__) != NULL;                         \
         ROVE_IMPL_NAME(rove_once_, __LINE__) = NULL)                          \
        for (rove_group_block ROVE_IMPL_NAME(rove_block_, __LINE__)            \
                 __attribute__((cleanup(rove_group_block_leave))) =            \
                     {(rove_group_open(&(name), (flags)), &(name)), (status),  \
                      0};                                                      \
             rove_group_block_step(&ROVE_IMPL_NAME(rove_block_, __LINE__));)

#ifdef __cplusplus
}
#endif

#endif
