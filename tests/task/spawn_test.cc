// At stake: why a spawn is refused is told to the thread that tried, and a task
// that was prepared and dropped leaves no count behind.

#include <cerrno>
#include <thread>

extern "C" {
#include "src/sched/current.h"
#include "src/sched/scheduler.h"
#include "src/task/spawn.h"
}

#include "gtest/gtest.h"

namespace
{

int64_t Nothing(void *)
{
    return 0;
}

TEST(SpawnTest, TheReasonBelongsToTheThread)
{
    EXPECT_EQ(rv_spawn_refuse(-ENOMEM), nullptr);
    EXPECT_EQ(rv_spawn_last_error(), -ENOMEM);
    std::thread([] {
        EXPECT_EQ(rv_spawn_last_error(), -EINVAL); // nothing was refused yet
        EXPECT_EQ(rv_spawn_prepare(Nothing, nullptr), nullptr);
        EXPECT_EQ(rv_spawn_last_error(), -EPERM);
    }).join();
    EXPECT_EQ(rv_spawn_last_error(), -ENOMEM);
}

TEST(SpawnTest, ADroppedTaskCountsAsEndedAndGivesItsCreditBack)
{
    rv_scheduler_options options = {};
    options.workers = 1;
    options.stack_class = RV_STACK_16K;
    options.tasks_max = 2;
    options.name = "test";
    rv_scheduler *s = nullptr;
    ASSERT_EQ(rv_scheduler_start(&s, &options), 0);
    rv_current_get()->scheduler = s; // as a thread of its pool
    for (int i = 0; i < 5; i++) {
        rv_task *a = rv_spawn_prepare(Nothing, nullptr);
        rv_task *b = rv_spawn_prepare(Nothing, nullptr);
        ASSERT_NE(a, nullptr);
        ASSERT_NE(b, nullptr);
        EXPECT_EQ(rv_spawn_prepare(Nothing, nullptr), nullptr);
        EXPECT_EQ(rv_spawn_last_error(), -EAGAIN);
        EXPECT_EQ(rv_scheduler_tasks_left(s), 2U);
        rv_spawn_drop(a);
        rv_spawn_drop(b);
        EXPECT_EQ(rv_scheduler_tasks_left(s), 0U);
    }
    rv_current_get()->scheduler = nullptr;
    EXPECT_EQ(rv_scheduler_drain(s, INT64_MAX), 0);
    rv_scheduler_stop(s);
    rv_scheduler_free(s);
}

} // namespace
