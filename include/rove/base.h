/* Conventions of every rove header.
 *
 * Errors     A call returns 0 or a count, or a negative errno. `errno` is never
 *            part of the contract: a task can resume on another thread, and
 *            compilers keep the address of `errno` across a call.
 * Time       rove_time: nanoseconds of the monotonic clock. Deadlines are
 *            absolute; ROVE_FOREVER never comes.
 * Suspends   A call marked ROVE_SUSPENDS may suspend the calling task, which
 *            may resume on another thread. Unless its contract says
 *            otherwise it checks for cancellation before it has any effect, and
 *            then returns -ECANCELED.
 * Misuse     What can only be a bug stops the process with one line that names
 *            the call and the rule.
 *
 * All headers compile alone, as C11 and as C++17.
 */
#ifndef ROVE_BASE_H
#define ROVE_BASE_H

#include <stddef.h>
#include <stdint.h>

#define ROVE_API        __attribute__((visibility("default")))
#define ROVE_MUST_CHECK __attribute__((warn_unused_result))

/* Marks a call that may suspend; documentation that a reader can search for. */
#define ROVE_SUSPENDS

#ifdef __cplusplus
extern "C" {
#endif

/* A point on the monotonic clock, or a span of it, in nanoseconds. */
typedef int64_t rove_time;

#define ROVE_FOREVER INT64_MAX
#define ROVE_US      INT64_C(1000)
#define ROVE_MS      INT64_C(1000000)
#define ROVE_SEC     INT64_C(1000000000)

/* A task's body. A result >= 0 is a value (a count, or a pointer cast to an
 * integer), a negative one is a failure, -errno. */
typedef int64_t rove_fn(void *arg);

/* The monotonic clock now.
 * Context  any thread; never suspends */
ROVE_API rove_time rove_now(void);

#ifdef __cplusplus
}
#endif

#endif
