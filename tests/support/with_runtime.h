// Tests that want a runtime, with any number of workers and in any design:
//
//     TEST_P(WithRuntime, JoinReturnsTheResult) {
//         InTask([&] { EXPECT_EQ(Join(Spawn([] { return 7; })), 7); });
//     }
//
// Each test ends with as many threads and descriptors as it began with.
#ifndef TESTS_SUPPORT_WITH_RUNTIME_H
#define TESTS_SUPPORT_WITH_RUNTIME_H

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "rove/rove.h"

#include "tests/support/census.h"

#include "gtest/gtest.h"

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

#if defined(UNDER_TSAN) || defined(UNDER_ASAN)
constexpr bool kUnderSanitizer = true;
#else
constexpr bool kUnderSanitizer = false;
#endif

using Body = std::function<int64_t()>;

// A task's function for a body that outlives the task.
inline int64_t CallBody(void *body)
{
    return (*static_cast<Body *>(body))();
}

// The same for a body of the task's own.
inline int64_t CallOwnBody(void *body)
{
    std::unique_ptr<Body> own(static_cast<Body *>(body));
    return (*own)();
}

// Spawns a task of the caller's runtime that owns its body; NULL: refused.
inline rove_task *Spawn(Body body)
{
    auto own = std::make_unique<Body>(std::move(body));
    rove_task *task = rove_spawn(CallOwnBody, own.get());
    if (task != nullptr) {
        (void)own.release();
    }
    return task;
}

inline rove_task *SpawnIn(rove_runtime *rt, Body body)
{
    auto own = std::make_unique<Body>(std::move(body));
    rove_task *task = rove_runtime_spawn(rt, CallOwnBody, own.get());
    if (task != nullptr) {
        (void)own.release();
    }
    return task;
}

// Lets others run until a condition holds, from a task or a plain thread; false
// when it does not hold within a minute.
inline bool Eventually(const std::function<bool()> &holds)
{
    for (rove_time end = rove_now() + 60 * ROVE_SEC; rove_now() < end;) {
        if (holds()) {
            return true;
        }
        (void)rove_yield();
    }
    return false;
}

// A busy loop: keeps the calling thread for so long.
inline void ComputeFor(rove_time span)
{
    for (rove_time end = rove_now() + span; rove_now() < end;) {
    }
}

struct Setup {
    unsigned workers;
    rove_design design;
};

inline const Setup kStealing[] = {
    {1, ROVE_STEALING}, {2, ROVE_STEALING}, {8, ROVE_STEALING}};

inline const Setup kDesigns[] = {{1, ROVE_STEALING}, {2, ROVE_STEALING},
                                 {8, ROVE_STEALING}, {2, ROVE_SHARDED},
                                 {8, ROVE_SHARDED},  {1, ROVE_SINGLE}};

inline std::string NameOf(const ::testing::TestParamInfo<Setup> &info)
{
    static const char *const designs[] = {"Stealing", "Sharded", "Single"};
    return designs[info.param.design] + std::to_string(info.param.workers);
}

// Small stacks would do for tasks, but not for a failed EXPECT inside one.
inline rove_options OptionsFor(const Setup &setup)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = setup.workers;
    options.design = setup.design;
    options.stack_size = 256 * 1024;
    return options;
}

class WithRuntime : public ::testing::TestWithParam<Setup>
{
  protected:
    void SetUp() override
    {
        options_ = OptionsFor(GetParam());
        std::thread([] {}).join(); // TSan's own thread comes with the first one
        fds_ = CountFds();
        threads_ = CountThreads();
    }

    void TearDown() override
    {
        EXPECT_EQ(CountFds(), fds_);
        EXPECT_TRUE(ThreadsComeDownTo(threads_)) << CountThreads();
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

    unsigned Workers() const
    {
        return GetParam().workers;
    }

    bool Steals() const
    {
        return GetParam().design == ROVE_STEALING && GetParam().workers > 1;
    }

    rove_options options_;

  private:
    int fds_ = 0;
    int threads_ = 0;
};

// A runtime for as long as the object lives.
class Runtime
{
  public:
    explicit Runtime(const rove_options &options)
    {
        EXPECT_EQ(rove_runtime_new(&options, &rt_), 0);
    }

    Runtime(const Runtime &) = delete;
    Runtime &operator=(const Runtime &) = delete;

    ~Runtime()
    {
        EXPECT_EQ(rove_runtime_shutdown(rt_, ROVE_FOREVER), 0);
        rove_runtime_free(rt_);
    }

    rove_runtime *get() const
    {
        return rt_;
    }

  private:
    rove_runtime *rt_ = nullptr;
};

#endif
