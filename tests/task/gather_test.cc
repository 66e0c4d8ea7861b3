// At stake: a gather needs no memory, puts its watch into every task's join
// word, gives every descriptor back, and names the misuse of a handle.

#include <cerrno>
#include <vector>

extern "C" {
#include "src/sched/join_watch.h"
#include "tests/support/fault.h"
}

#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

class GatherTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, GatherTest, ::testing::ValuesIn(kFewSetups),
                         NameOf);

uint64_t JoinWord(const rove_task *task)
{
    return rv_u64_load_acquire(&task->join);
}

TEST_P(GatherTest, TheWatchIsInEveryJoinWordUntilTheEnd)
{
    InTask([] {
        Gate gate;
        rove_task *tasks[3];
        for (rove_task *&task : tasks) {
            task = Spawn([&] { return gate.Wait(); });
        }
        rove_task *looker = Spawn([&] {
            EXPECT_TRUE(Eventually(
                [&] { return rv_join_watch_is(JoinWord(tasks[2])); }));
            EXPECT_EQ(JoinWord(tasks[0]), JoinWord(tasks[2]));
            EXPECT_EQ(JoinWord(tasks[1]), JoinWord(tasks[2]));
            gate.Open();
            return 0;
        });
        EXPECT_EQ(rove_gather(tasks, 3, nullptr, 0), 0);
        EXPECT_EQ(rove_join(looker), 0);
    });
}

int64_t Nothing(void *)
{
    return 0;
}

TEST_P(GatherTest, EveryDescriptorComesBack)
{
    InTask([this] {
        std::vector<rove_task *> tasks(1000);
        uint32_t before = 0;
        for (int round = 0; round < 50; round++) {
            for (rove_task *&task : tasks) {
                task = rove_spawn(Nothing, nullptr);
            }
            EXPECT_EQ(rove_gather(tasks.data(), tasks.size(), nullptr, 0), 0);
            if (round == 0) {
                before = rv_task_table_count();
            }
        }
        // Other workers keep some.
        EXPECT_LE(rv_task_table_count(),
                  before + Workers() * 2 * RV_TASK_BATCH);
    });
}

TEST_P(GatherTest, NoMemoryIsNeeded)
{
    InTask([] {
        rove_task *tasks[20];
        rv_fault_arm_every("rv_mem_alloc", 1, ENOMEM);
        for (rove_task *&task : tasks) {
            task = rove_spawn(Nothing, nullptr);
        }
        int64_t first = rove_gather(tasks, 20, nullptr, 0);
        uint64_t calls = rv_fault_calls("rv_mem_alloc");
        rv_fault_disarm();
        EXPECT_EQ(first, 0);
        EXPECT_EQ(calls, 0U);
    });
}

// Misuse ends the process: each in a runtime of its own.
int64_t GatherTwice(void *)
{
    rove_task *tasks[2];
    tasks[0] = tasks[1] = rove_spawn_at(ROVE_FOREVER, Nothing, nullptr);
    return rove_gather(tasks, 2, nullptr, 0);
}

int64_t GatherItself(void *)
{
    rove_task *self = rove_self();
    return rove_gather(&self, 1, nullptr, 0);
}

TEST(GatherDeathTest, AHandleTwiceIsNamed)
{
    EXPECT_DEATH((void)rove_run(nullptr, GatherTwice, nullptr),
                 "rove: rove_gather: a handle has one owner");
}

TEST(GatherDeathTest, TheGathererItselfIsNamed)
{
    EXPECT_DEATH((void)rove_run(nullptr, GatherItself, nullptr),
                 "rove: rove_gather: a task may not wait for itself");
}

TEST(GatherDeathTest, WrongArgumentsAreNamed)
{
    EXPECT_DEATH((void)rove_gather(nullptr, 1, nullptr, 0),
                 "rove: rove_gather: there are no tasks");
    EXPECT_DEATH((void)rove_gather(nullptr, 0, nullptr, 2),
                 "rove: rove_gather: the flags are unknown");
}

} // namespace
