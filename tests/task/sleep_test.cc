// At stake: a task that gives way lets everything in, also what comes from the
// kernel, and a task that begins at a time does so wherever it was asked for.

#include <cerrno>
#include <unistd.h>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class SleepTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, SleepTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(SleepTest, AYieldLoopLetsTimersIn)
{
    InTask([this] {
        std::atomic<bool> slept{false};
        rove_task *sleeper = Spawn([&] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            slept = true;
            return 0;
        });
        std::vector<rove_task *> yielders;
        for (unsigned i = 0; i < 2 * Workers(); i++) {
            yielders.push_back(Spawn([&] {
                return Eventually([&] { return slept.load(); }) ? 1 : 0;
            }));
        }
        for (rove_task *task : yielders) {
            EXPECT_EQ(rove_join(task), 1);
        }
        EXPECT_EQ(rove_join(sleeper), 0);
    });
}

TEST_P(SleepTest, AYieldLoopLetsReadyDescriptorsIn)
{
    InTask([this] {
        int fds[2];
        ASSERT_EQ(pipe(fds), 0);
        std::atomic<bool> has_read{false};
        rove_task *reader = Spawn([&] {
            char byte = 0;
            EXPECT_EQ(rove_read(fds[0], &byte, 1), 1);
            has_read = true;
            return byte;
        });
        EXPECT_EQ(rove_sleep(ROVE_MS), 0); // it waits by now, as a rule
        std::vector<rove_task *> yielders;
        for (unsigned i = 0; i < 2 * Workers(); i++) {
            yielders.push_back(Spawn([&] {
                return Eventually([&] { return has_read.load(); }) ? 1 : 0;
            }));
        }
        EXPECT_EQ(write(fds[1], "a", 1), 1);
        for (rove_task *task : yielders) {
            EXPECT_EQ(rove_join(task), 1);
        }
        EXPECT_EQ(rove_join(reader), 'a');
        EXPECT_EQ(rove_close(fds[0]), 0);
        EXPECT_EQ(close(fds[1]), 0);
    });
}

// A timer and a canceller claim the same wait: one of them, not both.
TEST_P(SleepTest, ADeadlineAndACancellationWakeOnce)
{
    constexpr int kRounds = kUnderSanitizer ? 100 : 500;
    InTask([] {
        for (int i = 0; i < kRounds; i++) {
            std::atomic<int> inside{0};
            rove_task *sleeper = Spawn([&] {
                EXPECT_EQ(inside++, 0);
                int error = rove_sleep((i % 8 + 1) * 20 * ROVE_US);
                EXPECT_EQ(inside--, 1);
                return error;
            });
            EXPECT_EQ(rove_sleep(80 * ROVE_US), 0);
            rove_cancel(sleeper);
            int64_t error = rove_join(sleeper);
            EXPECT_TRUE(error == 0 || error == -ECANCELED) << error;
            EXPECT_EQ(inside, 0);
        }
    });
}

TEST_P(SleepTest, ACancelledTaskYieldsAndIsTold)
{
    InTask([] {
        std::atomic<bool> begun{false};
        rove_task *task = Spawn([&] {
            begun = true;
            return Eventually([] { return rove_yield() == -ECANCELED; }) ? 1
                                                                         : 0;
        });
        EXPECT_TRUE(Eventually([&] { return begun.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 1);
    });
}

TEST_P(SleepTest, APoolThreadSpawnsTasksThatBeginLater)
{
    InTask([] {
        Body job = [] {
            rove_time when = rove_now() + ROVE_MS;
            Body body = [when] {
                EXPECT_GE(rove_worker_index(), 0);
                return rove_now() >= when;
            };
            return rove_join(rove_spawn_at(when, CallBody, &body));
        };
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(rove_offload(CallBody, &job), 1);
        }
    });
}

TEST_P(SleepTest, ADelayedTaskThatIsNeverDueStartsAtTheEnd)
{
    std::atomic<int> runs{0};
    Body body = [&] {
        EXPECT_TRUE(rove_cancelled());
        return runs++;
    };
    InTask([&] {
        rove_detach(rove_spawn_at(ROVE_FOREVER, CallBody, &body));
        EXPECT_EQ(runs, 0);
    });
    EXPECT_EQ(runs, 1);
}

} // namespace
