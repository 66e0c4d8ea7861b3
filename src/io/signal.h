/* The inside of rove_signals: a listener of the platform's, whose doorbell is
 * what waiters wait for. It is drained before the signals are looked at, and
 * rung again by who leaves some.
 */
#ifndef SRC_IO_SIGNAL_H
#define SRC_IO_SIGNAL_H

#include "rove/signal.h"

#include "src/platform/signal_hook.h"

static inline rv_signal_listener *rv_signals_inside(rove_signals *signals)
{
    return (rv_signal_listener *)(void *)signals;
}

#endif
