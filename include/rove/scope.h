/* Scopes: how long waits inside a block may take, and whether they are still
 * wanted. Cancellation is a level, not an edge: from the request on every wait
 * inside the scope returns -ECANCELED, until the scope is closed or a shield
 * is entered. A wait that was cancelled has had no effect.
 *
 *     int status;
 *     ROVE_TIMEOUT(250 * ROVE_MS, &status) {
 *         count = rove_read(fd, buffer, sizeof buffer);
 *     }
 *     if (status == -ETIMEDOUT) { … }
 *
 * Scopes nest like blocks, in tasks and on plain threads, and are closed in
 * reverse order by who opened them, before the task ends. The nearest deadline
 * wins. A task that is joined inside a scope is cancelled when the scope is. A
 * result that is ready wins over a deadline that passes at the same time; a
 * scope that is cancelled already begins no wait.
 *
 * Some calls never return early: rove_join, rove_fork_join, rove_gather,
 * rove_group_close, rove_close, and an offload that runs.
 */
#ifndef ROVE_SCOPE_H
#define ROVE_SCOPE_H

#include <stdbool.h>

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the caller's frame; the fields are the library's. */
typedef struct rove_scope {
    uint64_t words[14];
} rove_scope;

/* Opens a scope in the calling task or thread. The deadline is absolute;
 * ROVE_FOREVER: none.
 * Context  any thread; never suspends
 * Cost     no timer is set before something waits, and without a deadline no
 *          clock is read */
ROVE_API void rove_scope_open(rove_scope *scope, rove_time deadline);

/* Closes the innermost scope. 0; -ETIMEDOUT when a wait inside was refused or
 * cut short because the deadline had passed; -ECANCELED when one was by
 * rove_scope_cancel or by an enclosing scope or the task's cancellation. To be
 * told of it by rove_cancelled() and its kin counts like a wait; who never
 * waited nor asked gets 0.
 * Context  who opened it; never suspends */
ROVE_API int rove_scope_close(rove_scope *scope);

/* Cancels everything inside. By the scope's task, or by a task that it joins
 * before it closes the scope; harmless when repeated.
 * Context  any thread; never suspends */
ROVE_API void rove_scope_cancel(rove_scope *scope);

/* Moves the deadline, also of a wait under way. Has no effect once it has
 * passed and been noticed. By whom and context: as rove_scope_cancel(). */
ROVE_API void rove_scope_set_deadline(rove_scope *scope, rove_time deadline);

/* Opens a scope in which waits work again although what is outside is
 * cancelled: for cleaning up. `span`, in nanoseconds from now, bounds it;
 * ROVE_FOREVER: no bound. Closed by rove_scope_close().
 * Context  any thread; never suspends */
ROVE_API void rove_shield_open(rove_scope *scope, rove_time span);

/* Until the nearest deadline of the scopes the caller is in, up to the
 * innermost shield: 0 when it has passed or the caller is cancelled,
 * ROVE_FOREVER when there is none. A child sees its joiner's deadline only when
 * it runs inline in the join; else it is cancelled when that has passed, with
 * -ECANCELED as the cause.
 * Context  any thread; never suspends */
ROVE_API rove_time rove_time_left(void);

/* True when waits of the caller are refused.
 * Context  any thread; never suspends
 * Cost     reads the clock */
ROVE_API bool rove_cancelled(void);

/* Why: 0 (not cancelled), -ETIMEDOUT (a deadline), -ECANCELED (by request) or
 * -ESHUTDOWN (the runtime ends). After a deadline of its joiner's a child gets
 * -ETIMEDOUT or -ECANCELED, as rove_time_left() says. Context and cost as
 * rove_cancelled(). */
ROVE_API int rove_cancel_cause(void);

/* Runs fn(arg) when the calling task ends, last in first out, each inside a
 * shield without a bound; its result is ignored. 0, -ENOMEM, or -EPERM outside
 * a task. fn runs in the task, and may wait and defer.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_defer(rove_fn *fn, void *arg);

/* The block forms. break and continue leave the block, and do not reach a loop
 * around it; return and goto leave it cleanly. A longjmp does not. Their memory
 * is in the enclosing frame. What is assigned inside and read behind it needs
 * an initial value: compilers do not see that the block is always entered. */
typedef struct rove_scope_block {
    rove_scope scope;
    rove_time span;
    int *status; /* NULL: not asked for */
    int step;    /* 0: not entered, 1: inside, 2: left */
    int is_shield;
} rove_scope_block;

/* For the macros below only. step: opens the scope and returns true, and the
 * next time closes it and returns false. leave: closes it unless it has been.
 * Context  who runs the block; never suspend */
ROVE_API bool rove_scope_block_step(rove_scope_block *block);
ROVE_API void rove_scope_block_leave(rove_scope_block *block);

#define ROVE_IMPL_JOIN(a, b) a##b
#define ROVE_IMPL_NAME(a, b) ROVE_IMPL_JOIN(a, b)
#define ROVE_IMPL_BLOCK(span, status, is_shield)                               \
    for (rove_scope_block ROVE_IMPL_NAME(rove_block_, __LINE__)                \
             __attribute__((cleanup(rove_scope_block_leave))) =                \
                 {{{0}}, (span), (status), 0, (is_shield)};                    \
         rove_scope_block_step(&ROVE_IMPL_NAME(rove_block_, __LINE__));)

/* ROVE_TIMEOUT(span, int *status) { … }: a scope that ends `span` nanoseconds
 * from now. *status (the pointer may be NULL) receives rove_scope_close()'s
 * result when the block is left.
 * ROVE_SHIELD(span) { … }: a shield with that bound. */
#define ROVE_TIMEOUT(span, status) ROVE_IMPL_BLOCK(span, status, 0)
#define ROVE_SHIELD(span)          ROVE_IMPL_BLOCK(span, NULL, 1)

#ifdef __cplusplus
}
#endif

#endif
