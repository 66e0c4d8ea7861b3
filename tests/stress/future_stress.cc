// At stake: a future's list of waiters under waits, leaves, filters and a set,
// from tasks of two runtimes and plain threads.

#include <cerrno>
#include <thread>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class FutureStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, FutureStress, ::testing::ValuesIn(kStealing),
                         NameOf);

constexpr int kRounds = kUnderSanitizer ? 20 : 200;

TEST_P(FutureStress, WaitersComeAndLeaveUntilTheResultIsThere)
{
    InTask([] {
        for (uint32_t round = 0; round < kRounds; round++) {
            constexpr int kWaiters = 64;
            rove_future *future = rove_future_new();
            std::atomic<int> results{0};
            std::vector<rove_task *> waiters;
            Random random(round);
            for (uint32_t w = 0; w < kWaiters; w++) {
                waiters.push_back(Spawn([&, future] {
                    int64_t value = 0;
                    int error = rove_future_wait(future, &value);
                    EXPECT_TRUE(error == 0 || error == -ECANCELED);
                    EXPECT_EQ(value, error == 0 ? 5 : 0);
                    results += error == 0;
                    return error;
                }));
            }
            int left = 0;
            for (uint32_t w = 0; w < kWaiters - 8; w++) {
                if (random.Below(8) == 0) {
                    (void)rove_yield();
                }
                rove_cancel(waiters[w]);
                left++;
                if (random.Below(60) == 0) {
                    break;
                }
            }
            EXPECT_EQ(rove_future_set(future, 5), 0);
            for (rove_task *waiter : waiters) {
                (void)rove_join(waiter);
            }
            EXPECT_GE(results, kWaiters - left);
            rove_future_unref(future);
        }
    });
}

TEST_P(FutureStress, PlainThreadsAndTwoRuntimes)
{
    Runtime a(options_);
    Runtime b(options_);
    for (uint32_t round = 0; round < kRounds; round++) {
        rove_future *future = rove_future_new();
        std::atomic<int> results{0};
        auto wait = [&] {
            int64_t value = 0;
            EXPECT_EQ(rove_future_wait(future, &value), 0);
            results += static_cast<int>(value);
            return 0;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(SpawnIn(i % 2 == 0 ? a.get() : b.get(), wait));
        }
        std::thread thread(wait);
        rove_task *setter = SpawnIn(b.get(), [&] {
            Random random(round);
            random.Spin(5000);
            return rove_future_set(future, 1);
        });
        thread.join();
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(rove_join(setter), 0);
        EXPECT_EQ(results, 11);
        rove_future_unref(future);
    }
}

// A plain thread's wait borrows a descriptor, and gives it back as soon as it
// sees that it was woken, while the waker may still be on its way; the next
// user of the descriptor is a task.
TEST_P(FutureStress, DescriptorsOfPlainThreadsServeTasksNext)
{
    Runtime runtime(options_);
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < 2; t++) {
        threads.emplace_back([&, t] {
            Random random(t);
            for (int i = 0; i < 20 * kRounds; i++) {
                std::atomic<int> runs{0};
                rove_task *task = SpawnIn(runtime.get(), [&] {
                    runs++;
                    return 3;
                });
                random.Spin(300);
                EXPECT_EQ(rove_join(task), 3);
                EXPECT_EQ(runs, 1);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

} // namespace
