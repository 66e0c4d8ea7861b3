/* Coroutines at their lowest: the generator protocol of Python's. A coroutine
 * has a stack of its own and runs as part of the task that sends to it: what it
 * waits for, its task waits for, and the task's scopes and locals are its own.
 *
 *     static int64_t count(rove_coro *coro, void *arg)
 *     {
 *         for (int64_t i = 0; i < (intptr_t)arg; i++) {
 *             int64_t sent;
 *             int error = rove_coro_yield(coro, i, &sent);
 *             if (error != 0) { return error; }
 *         }
 *         return 0;
 *     }
 */
#ifndef ROVE_CORO_H
#define ROVE_CORO_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_coro rove_coro;

typedef int64_t rove_coro_fn(rove_coro *coro, void *arg);

/* A coroutine that will run fn(coro, arg); it does not start before the first
 * send. NULL: no memory, no stack, or not in a task. The caller owns it.
 * Context  a task; never suspends */
ROVE_API rove_coro *rove_coro_new(rove_coro_fn *fn, void *arg);

/* Resumes the coroutine: `value` is what its yield receives (the first send
 * starts it, and its value is ignored). 1 and *out: it yielded *out; 0 and
 * *out: it returned *out, now or before; -EBUSY: it is running. out may be
 * NULL.
 * Context  a task, any one at a time; suspends when the coroutine does */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_coro_send(rove_coro *coro, int64_t value, int64_t *out);

/* Resumes it with an error (negative): its yield returns that. One that has not
 * started ends with `error` and never runs: 0. As rove_coro_send() else. */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_coro_throw(rove_coro *coro, int error, int64_t *out);

/* Lets it end: from now on every yield returns -ECANCELED at once, until the
 * function returns; its result. One that has not started never runs:
 * -ECANCELED. -EBUSY: it is running, and goes on.
 * Context  a task; suspends when the coroutine does */
ROVE_API ROVE_SUSPENDS int64_t rove_coro_close(rove_coro *coro);

/* Closes it if need be, and frees it. NULL is ignored.
 * Context  a task, while nobody runs it; suspends when the coroutine does */
ROVE_API ROVE_SUSPENDS void rove_coro_free(rove_coro *coro);

/* Inside: hands `value` to who sent, and waits for the next send. 0 and *sent
 * (may be NULL), or the error thrown, or -ECANCELED. A scope opened inside is
 * closed before the next yield.
 * Context  the coroutine itself; may go on in another task and on another
 *          worker. The task that sent does not suspend by it */
ROVE_API ROVE_MUST_CHECK int rove_coro_yield(rove_coro *coro, int64_t value,
                                             int64_t *sent);

#ifdef __cplusplus
}
#endif

#endif
