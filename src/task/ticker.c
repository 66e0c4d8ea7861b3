/* Ticks: a sleep until the next, and what comes after it. */
#include "rove/task.h"
#include "rove/time.h"

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/clock.h"

void rove_ticker_init(rove_ticker *ticker, rove_time start, rove_time period,
                      rove_late late)
{
    RV_CHECK(period >= 1, "a ticker's period is at least 1 ns");
    RV_CHECK(late == ROVE_LATE_SKIP || late == ROVE_LATE_BURST ||
                 late == ROVE_LATE_DELAY,
             "there is no such way to be late");
    *ticker = (rove_ticker){.next = start, .period = period, .late = late};
}

int64_t rove_ticker_wait(rove_ticker *ticker)
{
    int error = rove_sleep_until(ticker->next);
    if (error != 0) {
        return error;
    }
    rove_time now = rv_clock_now();
    int64_t missed = rv_time_sub(now, ticker->next) / ticker->period;
    if (missed <= 0 || ticker->late == ROVE_LATE_BURST) {
        ticker->next = rv_time_add(ticker->next, ticker->period);
        return 1;
    }
    rove_time last = now;
    if (ticker->late == ROVE_LATE_SKIP) {
        last = ticker->next + missed * ticker->period;
    }
    ticker->next = rv_time_add(last, ticker->period);
    return rv_time_add(missed, 1);
}
