// Tasks from lambdas, for tests that only see rove's public headers.
//
//     RunTasks(2, [&] {
//         Task reader([&] { EXPECT_EQ(rove_read(fd, &byte, 1), 1); });
//         ...
//     });                    // the reader is joined before its lambda goes
//
// Inside a task use EXPECT_*: ASSERT_* would only leave the lambda.
#ifndef TESTS_SUPPORT_TASKS_H
#define TESTS_SUPPORT_TASKS_H

#include <cerrno>
#include <functional>
#include <utility>

#include "rove/rove.h"

#include "gtest/gtest.h"

// Runs body as the main task of a runtime with so many workers.
inline void RunTasks(unsigned workers, std::function<void()> body,
                     rove_design design = ROVE_STEALING)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = workers;
    options.design = design;
    options.stack_size = 256 * 1024; // a failed EXPECT prints a lot
    int64_t result = rove_run(
        &options,
        [](void *arg) -> int64_t {
            (*static_cast<std::function<void()> *>(arg))();
            return 0;
        },
        &body);
    EXPECT_EQ(result, 0);
}

// A task that is joined when the object goes, at the latest.
class Task
{
  public:
    explicit Task(std::function<void()> body) : body_(std::move(body))
    {
        task_ = rove_spawn(
            [](void *arg) -> int64_t {
                (*static_cast<std::function<void()> *>(arg))();
                return 0;
            },
            &body_);
        EXPECT_NE(task_, nullptr);
    }

    Task(const Task &) = delete;
    Task &operator=(const Task &) = delete;

    ~Task()
    {
        Join();
    }

    void Cancel()
    {
        rove_cancel(task_);
    }

    void Join()
    {
        if (task_ != nullptr) {
            EXPECT_EQ(rove_join(task_), 0);
            task_ = nullptr;
        }
    }

  private:
    std::function<void()> body_;
    rove_task *task_;
};

// Lets the other tasks run until a condition holds; false when it never does.
inline bool YieldUntil(const std::function<bool()> &holds)
{
    for (rove_time end = rove_now() + 60 * ROVE_SEC; rove_now() < end;) {
        if (holds()) {
            return true;
        }
        (void)rove_yield();
    }
    return false;
}

// What a call returns that its deadline cuts short; with more time when that
// had come before the call began.
inline int64_t CutShort(const std::function<int64_t()> &call)
{
    int64_t result = -ECANCELED;
    for (rove_time span = 10 * ROVE_MS;
         result == -ECANCELED && span < 60 * ROVE_SEC; span *= 2) {
        int status = 0;
        ROVE_TIMEOUT(span, &status)
        {
            result = call();
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    }
    return result;
}

#endif
