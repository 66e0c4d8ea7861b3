// At stake: sleeping is never early, whatever the deadline, the load and the
// thread, and it does end.

#include <cerrno>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class SleepTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, SleepTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

void ExpectNeverEarly(rove_time span)
{
    rove_time before = rove_now();
    EXPECT_EQ(rove_sleep(span), 0);
    EXPECT_GE(rove_now() - before, span);
}

TEST_P(SleepTest, SleepIsNeverEarly)
{
    InTask([] {
        std::vector<rove_task *> tasks;
        for (int t = 0; t < 20; t++) {
            tasks.push_back(Spawn([t] {
                for (int i = 1; i <= 10; i++) {
                    ExpectNeverEarly((t * 37 + i * 61) % 1000 * ROVE_US + 1);
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(SleepTest, ExtremeDeadlinesNeitherWrapNorFireEarly)
{
    InTask([] {
        EXPECT_EQ(rove_sleep(0), 0);
        EXPECT_EQ(rove_sleep(-1), 0);
        EXPECT_EQ(rove_sleep(INT64_MIN), 0);
        EXPECT_EQ(rove_sleep_until(0), 0);
        EXPECT_EQ(rove_sleep_until(-1), 0);
        EXPECT_EQ(rove_sleep_until(INT64_MIN), 0);
        EXPECT_EQ(rove_sleep_until(rove_now()), 0);
        const rove_time spans[] = {INT64_MAX, INT64_MAX - 1, INT64_C(1) << 62,
                                   INT64_C(1) << 48};
        std::vector<rove_task *> tasks;
        for (rove_time span : spans) {
            tasks.push_back(Spawn([span] { return rove_sleep(span); }));
            tasks.push_back(Spawn([span] { return rove_sleep_until(span); }));
        }
        ExpectNeverEarly(5 * ROVE_MS);
        for (rove_task *task : tasks) {
            rove_cancel(task);
            EXPECT_EQ(rove_join(task), -ECANCELED);
        }
    });
}

TEST_P(SleepTest, SleepAfterALongComputationIsNotEarly)
{
    InTask([] {
        ComputeFor(20 * ROVE_MS);
        ExpectNeverEarly(5 * ROVE_MS);
    });
}

TEST_P(SleepTest, SleepersWakeInTheOrderOfTheirDeadlines)
{
    InTask([] {
        std::atomic<int> order{0};
        rove_task *late = Spawn([&] {
            EXPECT_EQ(rove_sleep(40 * ROVE_MS), 0);
            return order++;
        });
        rove_task *early = Spawn([&] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return order++;
        });
        EXPECT_EQ(rove_join(early), 0);
        EXPECT_EQ(rove_join(late), 1);
    });
}

// A cancellation that races with the expiry, on another worker than
// the one whose wheel holds the timer; the timer lies on the sleeper's stack.
TEST_P(SleepTest, CancelRacesWithFiring)
{
    InTask([this] {
        int fired = 0;
        int cancelled = 0;
        for (int i = 0; i < 2000; i++) {
            rove_task *task = Spawn([i] { return rove_sleep(i % 200 * 1000); });
            (void)rove_yield();
            ComputeFor(i % 97 * ROVE_US);
            rove_cancel(task);
            int64_t result = rove_join(task);
            EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
            (result == 0 ? fired : cancelled)++;
        }
        EXPECT_EQ(fired + cancelled, 2000);
        EXPECT_GT(cancelled, 0) << Workers();
    });
}

TEST_P(SleepTest, PlainThreadsSleepToo)
{
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; t++) {
        threads.emplace_back([] {
            ExpectNeverEarly(2 * ROVE_MS);
            ExpectNeverEarly(1);
            EXPECT_EQ(rove_sleep(0), 0);
            EXPECT_EQ(rove_sleep_until(INT64_MIN), 0);
            EXPECT_EQ(rove_sleep_until(rove_now() + ROVE_MS), 0);
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

} // namespace
