// At stake: what the public calls do when the system has no memory or no
// threads left. Shown with twins that refuse on demand, in a runtime that runs.

extern "C" {
#include "rove/rove.h"

#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <utility>

#include "gtest/gtest.h"

namespace
{

int64_t Return7(void *)
{
    return 7;
}

void Count(void *count)
{
    ++*static_cast<int *>(count);
}

// Runs a function as the main task of a runtime with two workers.
class OffloadFaultTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    void InTask(std::function<void()> body)
    {
        rove_options options;
        rove_options_init(&options);
        options.workers = 2;
        options.offload_queue_max = 1;
        ASSERT_EQ(rove_run(
                      &options,
                      [](void *arg) -> int64_t {
                          (*static_cast<std::function<void()> *>(arg))();
                          return 0;
                      },
                      &body),
                  0);
    }
};

TEST_F(OffloadFaultTest, CallerGetsEagainWhenNoThreadCanStart)
{
    InTask([] {
        rv_fault_arm_every("rv_thread_start", 1, EAGAIN);

        EXPECT_EQ(rove_offload(Return7, nullptr), -EAGAIN);
        EXPECT_EQ(rove_offload(Return7, nullptr), -EAGAIN);

        rv_fault_disarm();
        EXPECT_EQ(rove_offload(Return7, nullptr), 7);
    });
}

TEST_F(OffloadFaultTest, SpawnedJobEndsWithEagainWhenNoThreadCanStart)
{
    InTask([] {
        rv_fault_arm_every("rv_thread_start", 1, EAGAIN);

        for (int i = 0; i < 3; i++) {
            rove_task *task = rove_offload_spawn(Return7, nullptr);
            EXPECT_NE(task, nullptr);
            EXPECT_EQ(rove_join(task), -EAGAIN);
        }

        rv_fault_disarm();
        EXPECT_EQ(rove_join(rove_offload_spawn(Return7, nullptr)), 7);
    });
}

TEST_F(OffloadFaultTest, RefusedBlockIsDestroyedInTheCaller)
{
    InTask([] {
        int destroyed = 0;
        rv_fault_arm("rv_thread_start", 1, EAGAIN);

        EXPECT_EQ(rove_offload_owned(Return7, &destroyed, Count), -EAGAIN);
        EXPECT_EQ(destroyed, 1);

        EXPECT_EQ(rove_offload_owned(Return7, &destroyed, Count), 7);
        EXPECT_EQ(destroyed, 2);
    });
}

TEST_F(OffloadFaultTest, BlockIsDestroyedWhenThereIsNoMemoryForItsJob)
{
    InTask([] {
        int destroyed = 0;
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);

        EXPECT_EQ(rove_offload_owned(Return7, &destroyed, Count), -ENOMEM);

        EXPECT_EQ(destroyed, 1);
    });
}

// The refused spawn has given its place back: the bound here is one.
TEST_F(OffloadFaultTest, SpawnWithoutMemoryIsRefused)
{
    InTask([] {
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);

        EXPECT_EQ(rove_offload_spawn(Return7, nullptr), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);

        EXPECT_EQ(rove_join(rove_offload_spawn(Return7, nullptr)), 7);
    });
}

// What a future calls back has its stack from the registration on, and so takes
// up all that there are; a job's task has none then. Nothing accepted is lost.
void RefuseStacks()
{
    std::atomic<int> calls{0};
    rove_fn *count = [](void *arg) -> int64_t {
        return ++*static_cast<std::atomic<int> *>(arg);
    };
    rove_future *future = rove_future_new();
    ASSERT_NE(future, nullptr);
    // One has its stack in any case, and its wait record stays for later runs.
    ASSERT_EQ(rove_future_on_done(future, count, &calls), 0);
    rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
    int accepted = 1;
    int error = 0;
    while (accepted < 10000 &&
           (error = rove_future_on_done(future, count, &calls)) == 0) {
        accepted++;
    }
    EXPECT_EQ(error, -ENOMEM);
    EXPECT_EQ(rove_offload_spawn(Return7, nullptr), nullptr);
    EXPECT_EQ(rove_join(nullptr), -ENOMEM);
    EXPECT_EQ(rove_future_set(future, 0), 0);
    rove_time end = rove_now() + 60 * ROVE_SEC;
    while (calls < accepted && rove_now() < end) {
        (void)rove_yield();
    }
    EXPECT_EQ(calls, accepted);
    // A call counts a moment before it gives its stack back.
    int64_t result = -ENOMEM;
    while (result == -ENOMEM && rove_now() < end) {
        (void)rove_yield();
        result = rove_join(rove_offload_spawn(Return7, nullptr));
    }
    EXPECT_EQ(result, 7);
    rv_fault_disarm();
    rove_future_unref(future);
}

TEST_F(OffloadFaultTest, WithoutAStackSpawnsAreRefusedAndNothingIsLost)
{
    InTask(RefuseStacks);
    const uint64_t blocks = rv_fault_live_blocks();
    InTask(RefuseStacks);
    EXPECT_EQ(rv_fault_live_blocks(), blocks);
}

} // namespace
