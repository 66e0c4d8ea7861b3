// Callers of a pool that is tested alone: plain threads, whose waits need no
// scheduler and of which one thread may have several at a time.
#ifndef TESTS_OFFLOAD_CALLERS_H
#define TESTS_OFFLOAD_CALLERS_H

extern "C" {
#include "src/offload/job.h"
#include "src/offload/pool.h"
#include "src/sched/wake.h"
#include "src/task/await.h"
}

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

// True as soon as the condition holds; false when it does not for 30 seconds.
inline bool Eventually(const std::function<bool()> &condition)
{
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

// Holds whoever passes, until it is opened.
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

// One job and the wait of its caller.
class Call
{
  public:
    explicit Call(std::function<int64_t()> body) : body_(std::move(body))
    {
        rv_job_init(&job, RunBody, this, nullptr);
    }

    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;

    int Submit(rv_pool *pool)
    {
        pool_ = pool;
        EXPECT_EQ(rv_wait_begin(&wait_), 0);
        int error = rv_pool_submit(pool, &job, wait_.ref);
        if (error != 0) {
            rv_wait_abort(&wait_);
        }
        return error;
    }

    // As the scheduler cancels a task: ends its wait.
    void Cancel()
    {
        rv_wake(nullptr, wait_.ref, RV_CAUSE_CANCEL);
    }

    // The result, or -ECANCELED when it was cancelled before the job ran.
    int64_t Await()
    {
        if (rv_wait_suspend(&wait_) == RV_CAUSE_SOURCE) {
            return job.result;
        }
        if (rv_pool_retract(pool_, &job)) {
            return -ECANCELED;
        }
        EXPECT_EQ(rv_wait_begin_deaf(&wait_), 0);
        if (rv_pool_attach(pool_, &job, wait_.ref)) {
            EXPECT_EQ(rv_wait_suspend(&wait_), unsigned{RV_CAUSE_SOURCE});
        } else {
            EXPECT_EQ(rv_wait_abort(&wait_), unsigned{RV_CAUSE_NONE});
        }
        return job.result;
    }

    rv_job job;

  private:
    static int64_t RunBody(void *call)
    {
        return static_cast<Call *>(call)->body_();
    }

    std::function<int64_t()> body_;
    rv_pool *pool_ = nullptr;
    rv_wait wait_;
};

// A pool without a scheduler, stopped at the end of the test.
class PoolFixture : public ::testing::Test
{
  protected:
    void StartPool(unsigned threads_max, uint64_t queue_max = 1000,
                   int64_t keep_alive = 100 * ROVE_SEC)
    {
        rv_pool_options options = {threads_max, queue_max, keep_alive, "test"};
        rv_pool_init(&pool_, &options, nullptr);
    }

    void TearDown() override
    {
        EXPECT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);
        EXPECT_EQ(rv_pool_threads(&pool_), 0u);
    }

    int64_t RunJob(std::function<int64_t()> body)
    {
        Call call(std::move(body));
        int error = call.Submit(&pool_);
        return error != 0 ? error : call.Await();
    }

    rv_pool_census Look()
    {
        return rv_pool_look(&pool_);
    }

    rv_pool pool_;
};

#endif
