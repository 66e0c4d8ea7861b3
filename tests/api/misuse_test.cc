// At stake: misuse stops the process with a line that names the call that was
// misused, and not a function inside the library.

#include <cstdlib>
#include <string>

#include "tests/support/with_runtime.h"

namespace
{

// For results that must be checked elsewhere.
void Drop(int)
{
}

int64_t DoNothing(void *)
{
    return 0;
}

constexpr rove_fn *kNoFunction = nullptr;
constexpr rove_future *kNoFuture = nullptr;
constexpr char kNoFunctionLine[] = ": there is no function to run";
constexpr char kNoFutureLine[] = ": there is no future";

std::string Line(const char *call, const char *rule)
{
    return std::string("rove: ") + call + rule;
}

TEST(MisuseDeathTest, SpawningNothingIsNamed)
{
    rove_task_options options;
    rove_task_options_init(&options);

    EXPECT_DEATH((void)rove_spawn(kNoFunction, nullptr),
                 Line("rove_spawn", kNoFunctionLine));
    EXPECT_DEATH(Drop(rove_go(kNoFunction, nullptr)),
                 Line("rove_go", kNoFunctionLine));
    EXPECT_DEATH((void)rove_spawn_copy(kNoFunction, "x", 1),
                 Line("rove_spawn_copy", kNoFunctionLine));
    EXPECT_DEATH((void)rove_spawn_copy(DoNothing, nullptr, 1),
                 "rove: rove_spawn_copy: there is nothing to copy");
    EXPECT_DEATH((void)rove_on_readable(0, kNoFunction, nullptr),
                 Line("rove_on_readable", kNoFunctionLine));
    EXPECT_DEATH((void)rove_spawn_at(0, kNoFunction, nullptr),
                 Line("rove_spawn_at", kNoFunctionLine));
    EXPECT_DEATH((void)rove_spawn_with(&options, kNoFunction, nullptr),
                 Line("rove_spawn_with", kNoFunctionLine));
    EXPECT_DEATH((void)rove_run(nullptr, kNoFunction, nullptr),
                 Line("rove_run", kNoFunctionLine));
}

TEST(MisuseDeathTest, OffloadingNothingIsNamed)
{
    EXPECT_DEATH((void)rove_offload(kNoFunction, nullptr),
                 Line("rove_offload", kNoFunctionLine));
    EXPECT_DEATH((void)rove_offload_spawn(kNoFunction, nullptr),
                 Line("rove_offload_spawn", kNoFunctionLine));
    EXPECT_DEATH((void)rove_offload_owned(kNoFunction, nullptr, free),
                 Line("rove_offload_owned", kNoFunctionLine));
    EXPECT_DEATH((void)rove_offload_owned(DoNothing, nullptr, nullptr),
                 "rove: rove_offload_owned: there is no function to destroy");
}

TEST(MisuseDeathTest, ForkingNothingIsNamed)
{
    rove_fork fork;
    EXPECT_DEATH(rove_fork_start(&fork, kNoFunction, nullptr),
                 Line("rove_fork_start", kNoFunctionLine));
}

TEST(MisuseDeathTest, NoFutureIsNamed)
{
    EXPECT_DEATH((void)rove_future_ref(kNoFuture),
                 Line("rove_future_ref", kNoFutureLine));
    EXPECT_DEATH((void)rove_future_set(kNoFuture, 0),
                 Line("rove_future_set", kNoFutureLine));
    EXPECT_DEATH((void)rove_future_try(kNoFuture, nullptr),
                 Line("rove_future_try", kNoFutureLine));
    EXPECT_DEATH(Drop(rove_future_wait(kNoFuture, nullptr)),
                 Line("rove_future_wait", kNoFutureLine));
    EXPECT_DEATH(Drop(rove_future_on_done(kNoFuture, DoNothing, nullptr)),
                 Line("rove_future_on_done", kNoFutureLine));
}

TEST(MisuseDeathTest, AReferenceDroppedTwiceIsNamed)
{
    EXPECT_DEATH(
        {
            rove_future *future = rove_future_new();
            rove_future_unref(future);
            rove_future_unref(future);
        },
        "rove: rove_future_unref: a future was given back too often|Sanitizer");
}

TEST(MisuseDeathTest, NoRuntimeIsNamed)
{
    rove_stats stats = {};
    EXPECT_DEATH((void)rove_runtime_spawn(nullptr, DoNothing, nullptr),
                 "rove: rove_runtime_spawn: there is no runtime");
    EXPECT_DEATH((void)rove_runtime_workers(nullptr),
                 "rove: rove_runtime_workers: there is no runtime");
    EXPECT_DEATH(Drop(rove_stats_get(nullptr, &stats)),
                 "rove: rove_stats_get: there is no runtime");
}

// In a child that is started anew: a runtime has threads.
class MisuseOfTasksDeathTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        GTEST_FLAG_SET(death_test_style, "threadsafe");
    }

    // A task that has started and does not end.
    static rove_task *Sleeper()
    {
        static std::atomic<bool> started{false};
        rove_task *task = Spawn([] {
            started = true;
            return rove_sleep(3600 * ROVE_SEC);
        });
        (void)Eventually([] { return started.load(); });
        return task;
    }
};

INSTANTIATE_TEST_SUITE_P(Two, MisuseOfTasksDeathTest,
                         ::testing::Values(Setup{2, ROVE_STEALING}), NameOf);

TEST_P(MisuseOfTasksDeathTest, ATaskThatDetachesItselfIsNamed)
{
    EXPECT_DEATH(InTask([] { rove_detach(rove_self()); }),
                 "rove: rove_detach: a task does not own its own handle");
}

TEST_P(MisuseOfTasksDeathTest, ATaskThatWaitsForItselfIsNamed)
{
    EXPECT_DEATH(InTask([] { Drop(rove_task_wait(rove_self())); }),
                 "rove: rove_task_wait: a task may not wait for itself");
}

TEST_P(MisuseOfTasksDeathTest, TheCallThatUsesAHandleAgainIsNamed)
{
    EXPECT_DEATH(InTask([] {
                     rove_task *task = Sleeper();
                     rove_detach(task);
                     (void)rove_join(task);
                 }),
                 "rove: rove_join: a handle has one owner");
    EXPECT_DEATH(InTask([] {
                     rove_task *task = Sleeper();
                     rove_detach(task);
                     Drop(rove_task_wait(task));
                 }),
                 "rove: rove_task_wait: a handle has one owner");
    EXPECT_DEATH(InTask([] {
                     rove_task *task = Sleeper();
                     rove_detach(task);
                     rove_detach(task);
                 }),
                 "rove: rove_detach: a handle has one owner");
}

// It would run as a call of the joiner, past whoever has the handle.
TEST_P(MisuseOfTasksDeathTest, AJoinOfATaskThatWasLetGoUnstartedIsNamed)
{
    EXPECT_DEATH(InTask([] {
                     rove_task *task = Spawn([] { return 0; });
                     rove_detach(task);
                     (void)rove_join(task);
                 }),
                 "rove: rove_join: a handle has one owner");
}

TEST_P(MisuseOfTasksDeathTest, AChildOfAClosedGroupIsNamed)
{
    EXPECT_DEATH(InTask([] {
                     rove_group group;
                     rove_group_open(&group, 0);
                     (void)rove_group_close(&group);
                     Drop(rove_group_spawn(&group, DoNothing, nullptr));
                 }),
                 "rove: rove_group_spawn: the group is closed");
}

TEST_P(MisuseOfTasksDeathTest, AScopeThatAnotherTaskClosesIsNamed)
{
    EXPECT_DEATH(InTask([] {
                     rove_scope scope;
                     rove_scope_open(&scope, ROVE_FOREVER);
                     (void)rove_join(Spawn([&scope] {
                         return (int64_t)rove_scope_close(&scope);
                     }));
                 }),
                 "rove: rove_scope_close: a scope is closed by who opened it");
}

} // namespace
