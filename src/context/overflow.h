/* Reports of stack overflows. Without this a task that overruns its stack hits
 * the guard and the process dies of a bare SIGSEGV. With it one line on stderr
 * names the task first:
 *
 *   rove: stack overflow in <text of describe> (64 KiB stack)
 *
 * and then the process dies as it would have. Nothing is ever recovered. Any
 * other fault passes without a word.
 *
 * The handler runs on an alternate stack, as there is nothing left of the
 * overrun one, with all signals blocked. Having reported it puts the previous
 * disposition of the signal back and returns, so that the fault happens again
 * and is the previous handler's, or dumps core; a signal that no memory access
 * caused is raised again. It takes no locks, and reads only what was set before
 * it was installed, and the list of stacks.
 */
#ifndef SRC_CONTEXT_OVERFLOW_H
#define SRC_CONTEXT_OVERFLOW_H

#include <stddef.h>

#include "src/context/stack.h"

/* Writes what runs on `stack` to text[size], zero-terminated. Called from the
 * signal handler, so it must be async-signal-safe, and the stack may be free.
 * */
typedef void rv_overflow_describe(const rv_stack *stack, char *text,
                                  size_t size);

/* Installs the process's handler of SIGSEGV and SIGBUS, or counts one more user
 * of it.
 *
 * Returns 0, or -EBUSY when it is installed with another `describe`.
 * Context: any thread. */
int rv_overflow_install(rv_overflow_describe *describe);

/* Undoes one install. The last one puts the previous handlers back, unless
 * somebody has installed others since. */
void rv_overflow_uninstall(void);

/* Gives the calling thread an alternate signal stack with a guard, unless it
 * has one: then that is left alone, whoever made it. Enters count.
 *
 * Returns 0, or -ENOMEM or -EAGAIN when there is no memory for one. */
int rv_overflow_thread_enter(void);

/* Undoes one enter of the calling thread. The last one takes the alternate
 * stack away, if it is still the one that the first made. */
void rv_overflow_thread_leave(void);

#endif
