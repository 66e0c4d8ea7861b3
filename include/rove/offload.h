/* Blocking calls on threads of their own (asyncio.to_thread), so that they
 * hold up no worker. One elastic pool a runtime, with a bounded queue.
 */
#ifndef ROVE_OFFLOAD_H
#define ROVE_OFFLOAD_H

#include "rove/base.h"
#include "rove/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs fn(arg) on the pool and waits for its result. A full queue makes the
 * caller wait. A caller that is cancelled while the job is queued takes it
 * back and returns -ECANCELED; while it runs, the caller waits for it.
 *
 * Returns fn's result, or -ECANCELED, -ESHUTDOWN, -EPERM (no runtime here), or
 * -EAGAIN when no pool thread could be created and none exists.
 * Context  a task: may suspend; a pool thread: runs fn inline. fn runs outside
 *          any task: there rove_self() is NULL, rove_cancelled() is false, and
 *          what it waits for blocks the pool thread
 * Order    as if fn were called here */
ROVE_API ROVE_SUSPENDS int64_t rove_offload(rove_fn *fn, void *arg);

/* The same as a task handle; NULL when the queue is full or as rove_spawn()
 * (rove_join(NULL) says why: -EAGAIN for a full queue). */
ROVE_API rove_task *rove_offload_spawn(rove_fn *fn, void *arg);

/* As rove_offload(), but the job owns its block: fn(block) runs, then
 * destroy(block) on the pool thread. A cancelled caller leaves at once. When
 * the job is refused (then also -ENOMEM) or taken back, destroy(block) runs in
 * the caller. */
ROVE_API ROVE_SUSPENDS int64_t rove_offload_owned(rove_fn *fn, void *block,
                                                  void (*destroy)(void *));

#ifdef __cplusplus
}
#endif

#endif
