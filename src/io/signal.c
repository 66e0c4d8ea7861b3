#include "src/io/signal.h"

#include <errno.h>
#include <poll.h>

#include "rove/io.h"
#include "rove/signal.h"

#include "src/io/adopt.h"
#include "src/platform/event_fd.h"
#include "src/platform/signal_hook.h"

/* The mask, or 0 when one of them cannot be a signal. */
static uint64_t mask_of(const int numbers[], size_t count)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] < 1 || numbers[i] > RV_SIGNALS) {
            return 0;
        }
        mask |= UINT64_C(1) << (numbers[i] - 1);
    }
    return mask;
}

int rove_signals_new(const int numbers[], size_t count, rove_signals **out)
{
    int bell = rv_adopt_file(rv_event_fd_open(), 0);
    if (bell < 0) {
        return bell;
    }
    rv_signal_listener *listener;
    int error = rv_signal_listen(mask_of(numbers, count), bell, &listener);
    if (error != 0) {
        (void)rove_close(bell);
        return error;
    }
    *out = (rove_signals *)listener;
    return 0;
}

void rove_signals_free(rove_signals *signals)
{
    if (signals != NULL) {
        int bell = rv_signals_inside(signals)->bell;
        rv_signal_unlisten(rv_signals_inside(signals));
        (void)rove_close(bell);
    }
}

int rove_signals_try(rove_signals *signals)
{
    rv_signal_listener *listener = rv_signals_inside(signals);
    bool more;
    rv_event_fd_drain(listener->bell);
    int number = rv_signal_take(listener, &more);
    if (more) {
        rv_event_fd_signal(listener->bell);
    }
    return number != 0 ? number : -EAGAIN;
}

int rove_signals_wait(rove_signals *signals)
{
    int result;
    do {
        result = rove_poll(rv_signals_inside(signals)->bell, POLLIN);
        if (result > 0) {
            result = rove_signals_try(signals);
        }
    } while (result == -EAGAIN);
    return result;
}

int rove_signal_wait(const int numbers[], size_t count)
{
    rove_signals *signals;
    int result = rove_signals_new(numbers, count, &signals);
    if (result == 0) {
        result = rove_signals_wait(signals);
        rove_signals_free(signals);
    }
    return result;
}
