// A runtime whose only pool thread is held, so that what is queued stays so.
#ifndef TESTS_IO_POOL_HOLDER_H
#define TESTS_IO_POOL_HOLDER_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "rove/rove.h"

#include "tests/support/tasks.h"

#include "gtest/gtest.h"

// Holds threads until it is opened; not for tasks.
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
        waiting_++;
        opened_.wait(guard, [this] { return is_open_; });
        waiting_--;
    }

    int waiting() const
    {
        return waiting_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
    std::atomic<int> waiting_{0};
};

// As RunTasks, with a pool of so many threads.
inline void RunWithPool(unsigned threads, std::function<void()> body)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = 2;
    options.stack_size = 256 * 1024;
    options.offload_threads_max = threads;
    int64_t result = rove_run(
        &options,
        [](void *arg) -> int64_t {
            (*static_cast<std::function<void()> *>(arg))();
            return 0;
        },
        &body);
    EXPECT_EQ(result, 0);
}

// In a task: a pool thread that does nothing, until it is released.
class HeldThread
{
  public:
    HeldThread()
    {
        task_ = rove_offload_spawn(
            [](void *gate) -> int64_t {
                static_cast<Gate *>(gate)->Pass();
                return 0;
            },
            &gate_);
        EXPECT_NE(task_, nullptr);
        EXPECT_TRUE(YieldUntil([this] { return gate_.waiting() == 1; }));
    }

    HeldThread(const HeldThread &) = delete;
    HeldThread &operator=(const HeldThread &) = delete;

    ~HeldThread()
    {
        Release();
    }

    void Release()
    {
        if (task_ != nullptr) {
            gate_.Open();
            EXPECT_EQ(rove_join(task_), 0);
            task_ = nullptr;
        }
    }

  private:
    Gate gate_;
    rove_task *task_;
};

#endif
