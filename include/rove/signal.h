/* Signals, for tasks that wait for them.
 *
 *     const int numbers[] = {SIGINT, SIGTERM};
 *     rove_signals *stop;
 *     int error = rove_signals_new(numbers, 2, &stop);
 *     if (error == 0) {
 *         rove_case cases[] = {rove_on_signal(stop), rove_on_recv(…)};
 *         … rove_select(cases, 2, 0) …
 *         rove_signals_free(stop);
 *     }
 *
 * The library touches no signal before it is asked to: rove_signals_new()
 * installs a handler (SA_RESTART) for each signal that nobody listens to yet,
 * and rove_signals_free() of the last listener puts back what was there. Until
 * then the signal does not have its other effect, such as ending the process.
 *
 * Any number may listen to a signal; each is told. Signals coalesce, as they do
 * in the kernel: one that comes again before it was taken is taken once. But
 * whoever takes one has taken it after it came, so what a signal tells of is
 * there to be seen, and the last of many is never lost.
 *
 * Threads of the library have all such signals blocked. So some other thread
 * has the signal unblocked, as the one that calls rove_run() has if nobody
 * blocked it; else it stays pending.
 */
#ifndef ROVE_SIGNAL_H
#define ROVE_SIGNAL_H

#include <signal.h>

#include "rove/base.h"
#include "rove/select.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_signals rove_signals;

/* Listens to `count` signals from now on. 0 and *out; -EINVAL (no signals, or
 * one that is none or may not be caught: SIGKILL, SIGSTOP, and those of faults,
 * SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGTRAP SIGSYS); -EMFILE, -ENFILE or
 * -ENOMEM.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_signals_new(const int numbers[], size_t count,
                                              rove_signals **out);

/* Stops listening. Nobody waits any more. What has come and was not taken is
 * forgotten. NULL is ignored.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS void rove_signals_free(rove_signals *signals);

/* Waits for the next signal and takes it: its number, -ECANCELED, or what
 * rove_poll() says. Of several that have come each has its turn. Of several
 * waiters one gets a signal.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_signals_wait(rove_signals *signals);

/* The same without waiting: -EAGAIN when there is none. */
ROVE_API ROVE_MUST_CHECK int rove_signals_try(rove_signals *signals);

/* A case that takes the next signal; result: its number. Needs a task, as
 * rove_on_fd(). */
ROVE_API rove_case rove_on_signal(rove_signals *signals);

/* Listens while it waits for one of the signals: its number, -ECANCELED, or
 * what rove_signals_new() says. A signal that comes before or after has its
 * other effect: a loop keeps a rove_signals instead.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_signal_wait(const int numbers[],
                                                            size_t count);

#ifdef __cplusplus
}
#endif

#endif
