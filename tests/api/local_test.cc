// At stake: a local's value goes where its task goes, and to the tasks it
// spawns and the calls it offloads; and it is destroyed once, by who set it.

#include "rove/local.h"

#include <cerrno>
#include <vector>

#include "rove/scope.h"

#include "tests/support/with_runtime.h"

namespace
{

std::atomic<int> destroyed{0};
std::atomic<int64_t> last_destroyed{0};

void Destroy(void *value)
{
    destroyed++;
    last_destroyed = reinterpret_cast<intptr_t>(value);
}

// Waits, which must work though the task was cancelled.
void DestroySlowly(void *value)
{
    EXPECT_FALSE(rove_cancelled());
    EXPECT_EQ(rove_sleep(10 * ROVE_US), 0);
    Destroy(value);
}

rove_local *Plain()
{
    static rove_local *const local = rove_local_new(nullptr, 0);
    return local;
}

rove_local *Owned()
{
    static rove_local *const local = rove_local_new(Destroy, 0);
    return local;
}

rove_local *Slow()
{
    static rove_local *const local = rove_local_new(DestroySlowly, 0);
    return local;
}

rove_local *Heir()
{
    static rove_local *const local =
        rove_local_new(Destroy, ROVE_LOCAL_INHERIT);
    return local;
}

int64_t Get(const rove_local *local)
{
    return reinterpret_cast<intptr_t>(rove_local_get(local));
}

void Set(rove_local *local, int64_t value)
{
    EXPECT_EQ(rove_local_set(local, reinterpret_cast<void *>(value)), 0);
}

class LocalTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        destroyed = 0;
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, LocalTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(LocalTest, EachTaskHasItsOwnValue)
{
    InTask([] {
        EXPECT_EQ(Get(Plain()), 0);
        Set(Plain(), 1);
        std::vector<rove_task *> tasks;
        for (int i = 2; i < 300; i++) {
            tasks.push_back(Spawn([i] {
                EXPECT_EQ(Get(Plain()), 0);
                Set(Plain(), i);
                EXPECT_EQ(rove_sleep(10 * ROVE_US), 0);
                return Get(Plain());
            }));
        }
        for (int i = 2; i < 300; i++) {
            EXPECT_EQ(rove_join(tasks[i - 2]), i);
        }
        EXPECT_EQ(Get(Plain()), 1);
        Set(Plain(), 0);
        EXPECT_EQ(Get(Plain()), 0);
    });
}

TEST_P(LocalTest, PlainThreadsHaveNone)
{
    EXPECT_EQ(Get(Plain()), 0);
    EXPECT_EQ(rove_local_set(Plain(), nullptr), -EPERM);
}

TEST_P(LocalTest, ADestructorRunsAtTheTasksEndBeforeItsJoinReturns)
{
    InTask([] {
        for (int i = 1; i <= 50; i++) {
            rove_task *task = Spawn([i] {
                Set(Owned(), i);
                return i % 2 != 0 ? rove_yield() : 0;
            });
            EXPECT_EQ(rove_join(task), 0); // inline or not
            EXPECT_EQ(destroyed, i);
            EXPECT_EQ(last_destroyed, i);
        }
        rove_task *task = Spawn([] {
            Set(Owned(), 1);
            Set(Owned(), 2);
            EXPECT_EQ(destroyed, 51);
            EXPECT_EQ(last_destroyed, 1);
            Set(Owned(), 0);
            EXPECT_EQ(last_destroyed, 2);
            return 0;
        });
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(destroyed, 52);
    });
}

TEST_P(LocalTest, ADestructorMayWaitInACancelledTask)
{
    InTask([] {
        rove_task *task = Spawn([] {
            Set(Slow(), 1);
            int error = rove_sleep_until(ROVE_FOREVER);
            Set(Slow(), 2);
            EXPECT_EQ(destroyed, 1);
            return error;
        });
        (void)rove_yield();
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(destroyed, 2);
    });
}

TEST_P(LocalTest, DestructorsRunAfterTheDefers)
{
    InTask([] {
        rove_task *task = Spawn([] {
            Set(Owned(), 5);
            return rove_defer(
                [](void *) {
                    EXPECT_EQ(Get(Owned()), 5);
                    EXPECT_EQ(destroyed, 0);
                    Set(Owned(), 6);
                    EXPECT_EQ(destroyed, 1);
                    return INT64_C(0);
                },
                nullptr);
        });
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(destroyed, 2);
        EXPECT_EQ(last_destroyed, 6);
    });
}

// A tree of tasks; only the one that set it destroys the value.
int64_t Descend(int depth)
{
    EXPECT_EQ(Get(Heir()), 7);
    if (depth == 0) {
        return 1;
    }
    rove_task *left = Spawn([depth] { return Descend(depth - 1); });
    rove_task *right = Spawn([depth] {
        EXPECT_EQ(rove_yield(), 0);
        return Descend(depth - 1);
    });
    int64_t sum = rove_join(left);
    return sum + rove_join(right);
}

TEST_P(LocalTest, InheritedValuesReachAllDescendants)
{
    InTask([] {
        Set(Heir(), 7);
        Set(Owned(), 8);
        rove_task *child = Spawn([] { return Get(Owned()); });
        EXPECT_EQ(rove_join(child), 0);
        EXPECT_EQ(Descend(6), 64);
        EXPECT_EQ(destroyed, 0);
    });
    EXPECT_EQ(destroyed, 2);
}

TEST_P(LocalTest, AChildsValueIsItsOwn)
{
    InTask([] {
        Set(Heir(), 7);
        rove_task *child = Spawn([] {
            Set(Heir(), 8);
            EXPECT_EQ(destroyed, 0); // what was lent is not the child's
            rove_task *grandchild = Spawn([] { return Get(Heir()); });
            return rove_join(grandchild);
        });
        EXPECT_EQ(rove_join(child), 8);
        EXPECT_EQ(destroyed, 1);
        EXPECT_EQ(Get(Heir()), 7);
        child = Spawn([] {
            Set(Heir(), 0);
            rove_task *grandchild = Spawn([] { return Get(Heir()); });
            return rove_join(grandchild);
        });
        EXPECT_EQ(rove_join(child), 0);
        EXPECT_EQ(destroyed, 1);
    });
    EXPECT_EQ(last_destroyed, 7);
}

TEST_P(LocalTest, AllWaysToSpawnInherit)
{
    InTask([] {
        Set(Heir(), 7);
        Body get = [] { return Get(Heir()); };
        Body *args = &get;
        rove_fn *call = [](void *body) {
            return (**static_cast<Body **>(body))();
        };
        EXPECT_EQ(rove_join(rove_spawn_copy(call, &args, sizeof args)), 7);
        EXPECT_EQ(rove_join(rove_spawn_at(rove_now(), CallBody, &get)), 7);
        rove_task_options options;
        rove_task_options_init(&options);
        options.name = "named";
        EXPECT_EQ(rove_join(rove_spawn_with(&options, CallBody, &get)), 7);
        EXPECT_EQ(rove_join(rove_runtime_spawn(rove_runtime_current(), CallBody,
                                               &get)),
                  7);
        EXPECT_EQ(rove_join(rove_offload_spawn(CallBody, &get)), 7);
        EXPECT_EQ(destroyed, 0);
    });
    EXPECT_EQ(destroyed, 1);
}

TEST_P(LocalTest, TasksOfAnotherRuntimeInheritToo)
{
    Runtime other(options_);
    InTask([&] {
        Set(Heir(), 7);
        rove_task *task = SpawnIn(other.get(), [] { return Get(Heir()); });
        EXPECT_EQ(rove_join(task), 7);
    });
}

TEST_P(LocalTest, AnOffloadedCallSeesItsTasksLocals)
{
    InTask([] {
        Set(Plain(), 3);
        Set(Heir(), 4);
        Body see = [] {
            EXPECT_EQ(Get(Plain()), 3);
            EXPECT_EQ(rove_local_set(Plain(), nullptr), -EPERM);
            rove_task *task = Spawn([] {
                EXPECT_EQ(Get(Plain()), 0);
                return Get(Heir());
            });
            EXPECT_EQ(rove_join(task), 4);
            return rove_offload(
                [](void *) { return Get(Plain()) + Get(Heir()); }, nullptr);
        };
        std::vector<rove_task *> others;
        for (int i = 0; i < 20; i++) {
            others.push_back(Spawn([i] {
                Set(Plain(), i);
                Body same = [i] {
                    EXPECT_EQ(Get(Heir()), 4);
                    return Get(Plain()) == i;
                };
                return rove_offload(CallBody, &same);
            }));
        }
        EXPECT_EQ(rove_offload(CallBody, &see), 7);
        for (rove_task *task : others) {
            EXPECT_EQ(rove_join(task), 1);
        }
        rove_task *bare = Spawn([] {
            Set(Heir(), 0);
            Body none = [] { return Get(Heir()) + Get(Plain()); };
            return rove_offload(CallBody, &none);
        });
        EXPECT_EQ(rove_join(bare), 0);
    });
}

// The job may outlive its task, and what it sees with it.
TEST_P(LocalTest, AnOwnedOffloadSeesWhatItInherits)
{
    struct Block {
        std::atomic<bool> goes_on{false};
        std::atomic<bool> has_begun{false};
        std::atomic<int64_t> seen{-1};
        std::atomic<bool> freed{false};
    };
    static Block block;
    block.goes_on = block.has_begun = block.freed = false;
    InTask([] {
        rove_task *task = Spawn([] {
            Set(Plain(), 3);
            Set(Heir(), 4);
            return rove_offload_owned(
                [](void *) {
                    block.has_begun = true;
                    while (!block.goes_on) {
                    }
                    block.seen = 10 * Get(Heir()) + Get(Plain());
                    return block.seen.load();
                },
                &block, [](void *) { block.freed = true; });
        });
        EXPECT_TRUE(Eventually([] { return block.has_begun.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
        EXPECT_EQ(destroyed, 1);
        block.goes_on = true;
        EXPECT_TRUE(Eventually([] { return block.freed.load(); }));
        EXPECT_EQ(block.seen, 40);
    });
}

TEST_P(LocalTest, AForkThatWasTakenRunsItsDestructors)
{
    InTask([] {
        for (int i = 0; i < 200; i++) {
            rove_fork fork;
            std::atomic<bool> is_taken{false};
            rove_task *parent = rove_self();
            Body body = [&] {
                is_taken = true;
                EXPECT_NE(rove_self(), parent);
                Set(Owned(), 1);
                return 0;
            };
            rove_fork_start(&fork, CallBody, &body);
            EXPECT_TRUE(Eventually([&] { return is_taken.load(); }));
            EXPECT_EQ(rove_fork_join(&fork), 0);
            EXPECT_EQ(destroyed, i + 1); // before its join returns
        }
    });
    EXPECT_EQ(destroyed, 200);
}

void SetInDestructor(void *)
{
    Set(Plain(), 1);
}

int64_t MisuseADestructor(void *)
{
    static rove_local *const local = rove_local_new(SetInDestructor, 0);
    Set(local, 1);
    return 0;
}

TEST(LocalDeathTest, MisuseIsNamed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    rove_options options = OptionsFor({1, ROVE_SINGLE});
    static rove_local *none;
    EXPECT_DEATH((void)rove_run(&options, MisuseADestructor, nullptr),
                 "rove: rove_local_set: a destructor may not set locals");
    EXPECT_DEATH((void)rove_local_get(none),
                 "rove: rove_local_get: there is no variable");
    EXPECT_DEATH(EXPECT_EQ(rove_local_set(none, nullptr), 0),
                 "rove: rove_local_set: there is no variable");
    EXPECT_DEATH((void)rove_local_new(nullptr, 2),
                 "rove: rove_local_new: there is no such flag");
}

} // namespace
