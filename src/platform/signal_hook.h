/* Listening to signals. A listener has a set of signals, a mask of those that
 * have come, and a doorbell that rings when one does. The handler, installed
 * for a signal while there are listeners to it, walks the list of listeners; it
 * takes no lock and calls nothing but write(2).
 *
 * A handler and no signalfd: that would need the signals blocked in every
 * thread of the process, those of others included, and in their children.
 *
 * Law of `calls`: LIVE is set when a listener begins to listen, cleared when it
 * stops; the rest counts handlers that look at it. Who stops waits until there
 * is none, and only then may the doorbell be closed: its number could become
 * somebody else's file. While LIVE, `wanted` and `bell` are fixed.
 *
 * Listeners are never freed, but used again, since a handler may always be on
 * its way along the list.
 *
 * Pairs
 *   CALL  a handler enters and leaves by a read-modify-write of `calls`
 *         (acq_rel), who starts or stops moves LIVE likewise: a handler sees it
 *         cleared, or is waited for; one that sees it set sees the rest.
 *   LIST  a listener is stored at the head (release) once it is made; handlers
 *         load the head (acquire).
 *   COME  a bit of `come` is set before the doorbell is rung and read after it
 *         was drained: by read-modify-writes (acq_rel).
 */
#ifndef SRC_PLATFORM_SIGNAL_HOOK_H
#define SRC_PLATFORM_SIGNAL_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/atomic.h"

/* Signals are 1 to 64; bit number - 1 of a mask stands for one. */
#define RV_SIGNALS 64

typedef struct rv_signal_listener {
    rv_atomic_u32 calls;
    rv_atomic_u32 last; /* the signal that was taken last; a hint */
    rv_atomic_u64 come;
    uint64_t wanted;
    int bell;
    bool is_used; /* under the lock of the list */
    struct rv_signal_listener *next;
} rv_signal_listener;

/* Listens to the signals of a mask, each for itself. bell: a doorbell
 * (event_fd.h), which stays the caller's and open until rv_signal_unlisten().
 *
 * 0 and *out; -EINVAL when one of them is no signal, cannot be caught (SIGKILL,
 * SIGSTOP, the C library's), or is raised by a thread's own instructions
 * (SIGSEGV and its kin), or the mask is 0; -ENOMEM. Then nothing has changed.
 * Context: any thread. */
int rv_signal_listen(uint64_t wanted, int bell, rv_signal_listener **out);

/* Ends it. A signal that nobody else listens to gets back what it had before,
 * unless somebody has changed that meanwhile. Spins while a handler is at work.
 * Context: any thread. */
void rv_signal_unlisten(rv_signal_listener *listener);

/* Takes one signal that has come since it was taken last, the numbers in turn;
 * 0: none. However often it came it is taken once. *more: others have come.
 * Context: any thread. */
int rv_signal_take(rv_signal_listener *listener, bool *more);

#endif
