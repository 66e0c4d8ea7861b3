// At stake: ticks that were missed are told, and come back as they should. The
// starts lie so far in the past that no test run is long enough to matter.
#include <cerrno>

#include "rove/rove.h"

#include "tests/support/tasks.h"

#include "gtest/gtest.h"

namespace
{

constexpr rove_time kDay = 86400 * ROVE_SEC;

// Three days and a half late: ticks of half a day hence are due.
rove_ticker LateTicker(rove_late late)
{
    rove_ticker ticker;
    rove_ticker_init(&ticker, rove_now() - 3 * kDay - kDay / 2, kDay, late);
    return ticker;
}

TEST(TickerTest, SkippedTicksAreCountedAndTheRestComeAsPlanned)
{
    RunTasks(1, [] {
        rove_ticker ticker = LateTicker(ROVE_LATE_SKIP);
        rove_time start = ticker.next;
        EXPECT_EQ(rove_ticker_wait(&ticker), 4);
        EXPECT_EQ(ticker.next, start + 4 * kDay);
    });
}

TEST(TickerTest, DelayedTicksAreCountedFromNow)
{
    RunTasks(1, [] {
        rove_ticker ticker = LateTicker(ROVE_LATE_DELAY);
        rove_time before = rove_now();
        EXPECT_EQ(rove_ticker_wait(&ticker), 4);
        EXPECT_GE(ticker.next, before + kDay);
        EXPECT_LE(ticker.next, rove_now() + kDay);
    });
}

TEST(TickerTest, BurstTicksComeOneByOne)
{
    RunTasks(1, [] {
        rove_ticker ticker = LateTicker(ROVE_LATE_BURST);
        rove_time start = ticker.next;
        for (int i = 1; i <= 4; i++) {
            EXPECT_EQ(rove_ticker_wait(&ticker), 1);
            EXPECT_EQ(ticker.next, start + i * kDay);
        }
        EXPECT_GT(ticker.next, rove_now());
    });
}

TEST(TickerTest, TickThatIsALittleLateKeepsThePace)
{
    for (rove_late late : {ROVE_LATE_SKIP, ROVE_LATE_BURST, ROVE_LATE_DELAY}) {
        rove_ticker ticker;
        rove_time start = rove_now() - kDay / 2;
        rove_ticker_init(&ticker, start, kDay, late);
        EXPECT_EQ(rove_ticker_wait(&ticker), 1); // on a plain thread
        EXPECT_EQ(ticker.next, start + kDay);
    }
}

TEST(TickerTest, TicksAreWaitedForAndNeverEarly)
{
    RunTasks(1, [] {
        rove_ticker ticker;
        rove_ticker_init(&ticker, rove_now(), ROVE_MS, ROVE_LATE_SKIP);
        for (int i = 0; i < 5; i++) {
            rove_time due = ticker.next;
            EXPECT_GE(rove_ticker_wait(&ticker), 1);
            EXPECT_GE(rove_now(), due);
        }
    });
}

TEST(TickerTest, CancelledWaitLeavesTheTickToCome)
{
    RunTasks(1, [] {
        rove_ticker ticker = LateTicker(ROVE_LATE_SKIP);
        rove_time start = ticker.next;
        ROVE_TIMEOUT(0, nullptr)
        {
            EXPECT_EQ(rove_ticker_wait(&ticker), -ECANCELED);
        }
        EXPECT_EQ(ticker.next, start);
        EXPECT_EQ(rove_ticker_wait(&ticker), 4);
    });
}

TEST(TickerTest, TickAtTheEndOfTimeDoesNotOverflow)
{
    RunTasks(1, [] {
        rove_ticker ticker;
        rove_ticker_init(&ticker, INT64_MIN, INT64_MAX, ROVE_LATE_BURST);
        EXPECT_EQ(rove_ticker_wait(&ticker), 1);
        EXPECT_EQ(ticker.next, -1);
        rove_ticker_init(&ticker, INT64_MIN, 1, ROVE_LATE_SKIP);
        rove_time before = rove_now();
        EXPECT_GE(rove_ticker_wait(&ticker), INT64_MAX - 1);
        EXPECT_LE(ticker.next, before);
    });
}

} // namespace
