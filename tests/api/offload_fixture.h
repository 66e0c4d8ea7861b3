// Jobs, gates and fixtures of the offload tests, on the public headers alone.
#ifndef TESTS_API_OFFLOAD_FIXTURE_H
#define TESTS_API_OFFLOAD_FIXTURE_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "rove/rove.h"

#include "gtest/gtest.h"

using Body = std::function<int64_t()>;

inline int64_t CallBody(void *body)
{
    return (*static_cast<Body *>(body))();
}

// Each of these keeps the body in the caller's memory, which outlives the call.
inline int64_t Offload(Body body)
{
    return rove_offload(CallBody, &body);
}

inline rove_task *OffloadSpawn(Body *body)
{
    return rove_offload_spawn(CallBody, body);
}

inline rove_task *Spawn(Body *body)
{
    return rove_spawn(CallBody, body);
}

// Holds pool threads until it is opened; not for tasks.
class Gate
{
  public:
    void Open()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }

    void Pass()
    {
        std::unique_lock<std::mutex> guard(mutex_);
        opened_.wait(guard, [this] { return is_open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

// From a task: true as soon as the condition holds, false after 30 seconds.
inline bool Eventually(const std::function<bool()> &condition)
{
    rove_time end = rove_now() + 30 * ROVE_SEC;
    while (!condition()) {
        if (rove_now() > end) {
            return false;
        }
        (void)rove_yield();
        std::this_thread::yield();
    }
    return true;
}

class OffloadTest : public ::testing::TestWithParam<unsigned>
{
  protected:
    OffloadTest()
    {
        rove_options_init(&options_);
        options_.workers = GetParam();
    }

    // Runs the body as the main task of a runtime.
    void InTask(const std::function<void()> &body)
    {
        Body main = [&] {
            body();
            return 0;
        };
        ASSERT_EQ(rove_run(&options_, CallBody, &main), 0);
    }

    rove_options options_;
};

// One pool thread, held, and a queue for two.
class FullOffloadTest : public OffloadTest
{
  protected:
    FullOffloadTest()
    {
        options_.offload_threads_max = 1;
        options_.offload_queue_max = 2;
    }

    void HoldThread()
    {
        holder_ = OffloadSpawn(&hold_);
        EXPECT_NE(holder_, nullptr);
        EXPECT_TRUE(Eventually([&] { return is_held_.load(); }));
    }

    void Release()
    {
        gate_.Open();
        EXPECT_EQ(rove_join(holder_), 99);
    }

    Gate gate_;
    std::atomic<bool> is_held_{false};
    Body hold_ = [this] {
        is_held_ = true;
        gate_.Pass();
        return 99;
    };
    rove_task *holder_ = nullptr;
};

#endif
