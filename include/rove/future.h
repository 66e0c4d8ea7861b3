/* A future: a result that one party sets once and any number await, from any
 * task of any runtime and from plain threads. Lock-free; reference counted.
 */
#ifndef ROVE_FUTURE_H
#define ROVE_FUTURE_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_future rove_future;

/* A future with one reference, owned by the caller; NULL: no memory. */
ROVE_API rove_future *rove_future_new(void);

/* Adds a reference; returns its argument. Any thread. */
ROVE_API rove_future *rove_future_ref(rove_future *future);

/* Drops a reference; the last one frees. NULL is ignored. Any thread. One
 * dropped too often is misuse that is noticed only while nobody else has got
 * the memory. */
ROVE_API void rove_future_unref(rove_future *future);

/* Completes the future and wakes everybody who waits. The caller must hold a
 * reference for the call. 0, or -EALREADY: the first one wins.
 * Context  any thread; never suspends
 * Order    what the caller wrote before is visible to who sees the result */
ROVE_API int rove_future_set(rove_future *future, int64_t result);

/* Waits for the result; any number of waiters. *result (may be NULL) is
 * written only on success. 0, -ECANCELED, or -ENOMEM (a second waiter and no
 * memory for its wait record, or a plain thread that gets no descriptor).
 * Context  any thread; may suspend, may resume on another worker
 * Cost     no allocation for the first waiter */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_future_wait(rove_future *future,
                                                            int64_t *result);

/* 0 and *result (may be NULL) when the result is there, else -EAGAIN. */
ROVE_API int rove_future_try(rove_future *future, int64_t *result);

/* Runs fn(arg) as a detached task of the caller's runtime once the future is
 * done, or when the runtime ends before that (so that what arg owns is always
 * released); never inline. 0 or as rove_go(): -ENOMEM also when there is no
 * stack for fn, which holds one from now on.
 * Context  a task or a pool thread */
ROVE_API ROVE_MUST_CHECK int rove_future_on_done(rove_future *future,
                                                 rove_fn *fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif
