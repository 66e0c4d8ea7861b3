/* Writing without SIGPIPE where the kernel has no flag against it: the signal
 * is held back on this thread around the call, and taken away when it came. Two
 * system calls, or one if the thread had it blocked already.
 */
#ifndef SRC_PLATFORM_SIGPIPE_H
#define SRC_PLATFORM_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

/* Blocks the signal; what was blocked before. */
sigset_t rv_sigpipe_hold(void);

/* Undoes hold. The signal of a write that failed is pending on this thread; it
 * is taken away even where the caller had it blocked, or it would strike when
 * he unblocks it. `before` is what hold returned. */
void rv_sigpipe_drop(bool is_raised, const sigset_t *before);

#endif
