// At stake: what future.h promises to tasks and plain threads, of one runtime
// or several.

#include "rove/future.h"

#include <cerrno>
#include <thread>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class FutureTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        future_ = rove_future_new();
        ASSERT_NE(future_, nullptr);
    }

    void TearDown() override
    {
        rove_future_unref(future_);
        WithRuntime::TearDown();
    }

    rove_future *future_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Designs, FutureTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(FutureTest, TheFirstSetWins)
{
    int64_t result = 5;
    EXPECT_EQ(rove_future_try(future_, &result), -EAGAIN);
    EXPECT_EQ(result, 5);
    EXPECT_EQ(rove_future_set(future_, 42), 0);
    EXPECT_EQ(rove_future_set(future_, 43), -EALREADY);
    EXPECT_EQ(rove_future_try(future_, &result), 0);
    EXPECT_EQ(result, 42);
    EXPECT_EQ(rove_future_try(future_, nullptr), 0);
    EXPECT_EQ(rove_future_wait(future_, &result), 0);
    EXPECT_EQ(result, 42);
}

TEST_P(FutureTest, AnyNumberOfTasksWait)
{
    InTask([this] {
        std::atomic<int> waiting{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 200; i++) {
            tasks.push_back(Spawn([&] {
                waiting++;
                int64_t result = 0;
                EXPECT_EQ(rove_future_wait(future_, &result), 0);
                return result;
            }));
        }
        EXPECT_TRUE(Eventually([&] { return waiting == 200; }));
        EXPECT_EQ(rove_future_set(future_, INT64_MIN), 0);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), INT64_MIN);
        }
    });
}

TEST_P(FutureTest, WhatTheSetterWroteIsVisible)
{
    InTask([] {
        for (int i = 0; i < 500; i++) {
            rove_future *future = rove_future_new();
            int64_t plain = 0;
            rove_task *setter = Spawn([&] {
                plain = i + 1;
                return rove_future_set(future, 0);
            });
            EXPECT_EQ(rove_future_wait(future, nullptr), 0);
            EXPECT_EQ(plain, i + 1);
            EXPECT_EQ(rove_join(setter), 0);
            rove_future_unref(future);
        }
    });
}

TEST_P(FutureTest, TheLastReferenceMayGoAsSoonAsTheResultIsThere)
{
    InTask([] {
        for (int i = 0; i < 500; i++) {
            rove_future *future = rove_future_new();
            rove_future *other = rove_future_ref(future);
            EXPECT_EQ(other, future);
            rove_task *setter = Spawn([other] {
                EXPECT_EQ(rove_future_set(other, 1), 0);
                rove_future_unref(other);
                return 0;
            });
            EXPECT_EQ(rove_future_wait(future, nullptr), 0);
            rove_future_unref(future);
            EXPECT_EQ(rove_join(setter), 0);
        }
    });
    rove_future_unref(nullptr);
}

TEST_P(FutureTest, PlainThreadsWaitAndSet)
{
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([this] {
            int64_t result = 0;
            EXPECT_EQ(rove_future_wait(future_, &result), 0);
            EXPECT_EQ(result, 8);
        });
    }
    InTask([this] {
        EXPECT_EQ(rove_sleep(ROVE_MS), 0);
        EXPECT_EQ(rove_future_set(future_, 8), 0);
    });
    for (std::thread &thread : threads) {
        thread.join();
    }
}

TEST_P(FutureTest, ATaskWaitsForAPlainThread)
{
    std::thread setter([this] {
        (void)rove_sleep(ROVE_MS);
        EXPECT_EQ(rove_future_set(future_, 9), 0);
    });
    InTask([this] {
        int64_t result = 0;
        EXPECT_EQ(rove_future_wait(future_, &result), 0);
        EXPECT_EQ(result, 9);
    });
    setter.join();
}

TEST_P(FutureTest, CancelledWaitersLeaveAndTheOthersStay)
{
    InTask([this] {
        constexpr int kWaiters = 300;
        std::atomic<int> waiting{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kWaiters; i++) {
            tasks.push_back(Spawn([&] {
                waiting++;
                int64_t result = 7;
                int error = rove_future_wait(future_, &result);
                EXPECT_EQ(result, error == 0 ? 1 : 7);
                return error;
            }));
        }
        EXPECT_TRUE(Eventually([&] { return waiting == kWaiters; }));
        for (int i = 0; i < kWaiters; i++) {
            if (i % 3 != 0) {
                rove_cancel(tasks[i]);
                EXPECT_EQ(rove_join(tasks[i]), -ECANCELED);
            }
        }
        EXPECT_EQ(rove_future_set(future_, 1), 0);
        for (int i = 0; i < kWaiters; i += 3) {
            EXPECT_EQ(rove_join(tasks[i]), 0);
        }
    });
}

TEST_P(FutureTest, OnDoneRunsAsATaskOfItsOwn)
{
    std::atomic<int> ran{0};
    Body body = [&] {
        EXPECT_EQ(rove_future_try(future_, nullptr), 0);
        EXPECT_NE(rove_self(), nullptr);
        (void)rove_yield();
        return ran++;
    };
    InTask([&] {
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(rove_future_on_done(future_, CallBody, &body), 0);
        }
        (void)rove_sleep(ROVE_MS);
        EXPECT_EQ(ran, 0);
        rove_pin();
        EXPECT_EQ(rove_future_set(future_, 0), 0);
        rove_unpin();
        EXPECT_TRUE(Eventually([&] { return ran == 5; }));
        EXPECT_EQ(rove_future_on_done(future_, CallBody, &body), 0);
        EXPECT_TRUE(Eventually([&] { return ran == 6; }));
    });
    EXPECT_EQ(rove_future_on_done(future_, CallBody, &body), -EPERM);
}

TEST_P(FutureTest, TwoRuntimesExchangeFutures)
{
    constexpr int kBalls = 300;
    std::vector<rove_future *> balls(2 * kBalls);
    for (rove_future *&ball : balls) {
        ball = rove_future_new();
    }
    {
        Runtime left(options_);
        Runtime right(options_);
        auto play = [&](int first) {
            int64_t sum = 0;
            for (int i = first; i < 2 * kBalls; i += 2) {
                int64_t value = 0;
                if (i > 0) {
                    EXPECT_EQ(rove_future_wait(balls[i - 1], &value), 0);
                }
                EXPECT_EQ(rove_future_set(balls[i], value + 1), 0);
                sum = value + 1;
            }
            return sum;
        };
        rove_task *a = SpawnIn(left.get(), [&] { return play(0); });
        rove_task *b = SpawnIn(right.get(), [&] { return play(1); });
        EXPECT_EQ(rove_join(a), 2 * kBalls - 1);
        EXPECT_EQ(rove_join(b), 2 * kBalls);
    }
    for (rove_future *ball : balls) {
        rove_future_unref(ball);
    }
}

} // namespace
