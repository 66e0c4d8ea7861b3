/* Fork-join at the speed of a call: the child's descriptor lives on the
 * parent's frame, the parent runs it inline unless an idle worker took it.
 * For recursive computing; services use rove_spawn().
 *
 *     static int64_t fib(void *arg)
 *     {
 *         int64_t n = (intptr_t)arg;
 *         if (n < 2) { return n; }
 *         rove_fork left;
 *         rove_fork_start(&left, fib, (void *)(intptr_t)(n - 1));
 *         int64_t right = fib((void *)(intptr_t)(n - 2));
 *         return right + rove_fork_join(&left);
 *     }
 */
#ifndef ROVE_FORK_H
#define ROVE_FORK_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the caller's frame; the fields are the library's. */
typedef struct rove_fork {
    rove_fn *fn;
    void *arg;
    int64_t result;
    uint64_t state;
} rove_fork;

/* Offers fn(arg) to idle workers. Every start is joined by the same task, in
 * reverse order of the starts, before the frame is left. Nothing checks that:
 * a worker takes the fork all the same, from a frame that is gone.
 * Context  a task; never suspends, unless the child runs here at once: on a
 *          plain thread, or with 256 forks open on this worker
 * Cost     no allocation; a few nanoseconds */
ROVE_API void rove_fork_start(rove_fork *fork, rove_fn *fn, void *arg);

/* Runs the child now if nobody took it, else waits for it; its result, or
 * -ENOMEM when it was taken, there was no stack for it, and nothing that had
 * started could run: then it has not run. The child must not assume a task of
 * its own: rove_self() inside is either the parent or a task of the thief.
 * Never returns early.
 * Context  the task that started it; may suspend, may resume elsewhere */
ROVE_API ROVE_SUSPENDS int64_t rove_fork_join(rove_fork *fork);

/* A part [begin, end) of the range of a rove_parallel_for(). */
typedef void rove_range_fn(int64_t begin, int64_t end, void *arg);

/* Calls fn on parts of [begin, end) of at most `grain` (>= 1) indices each, on
 * all workers; returns when all have been done. 0, -EINVAL, or -ENOMEM when a
 * part was not done for want of a stack (see rove_fork_join).
 * Context  a task; may suspend (on a plain thread the parts run in order) */
ROVE_API ROVE_SUSPENDS int rove_parallel_for(int64_t begin, int64_t end,
                                             int64_t grain, rove_range_fn *fn,
                                             void *arg);

#ifdef __cplusplus
}
#endif

#endif
