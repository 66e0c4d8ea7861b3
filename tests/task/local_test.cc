// At stake: locals where memory or variables run out: clear errors, and nothing
// leaks.

#include "rove/local.h"

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

extern "C" {
#include "tests/support/fault.h"
}

#include "tests/support/with_runtime.h"

namespace
{

int destroyed;

void Destroy(void *)
{
    destroyed++;
}

class LocalTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        destroyed = 0;
    }

    void TearDown() override
    {
        rv_fault_disarm();
        WithRuntime::TearDown();
    }

    static rove_local *Heir()
    {
        static rove_local *const local =
            rove_local_new(Destroy, ROVE_LOCAL_INHERIT);
        return local;
    }
};

INSTANTIATE_TEST_SUITE_P(Single, LocalTest,
                         ::testing::Values(Setup{1, ROVE_SINGLE}), NameOf);

void *Value(intptr_t value)
{
    return reinterpret_cast<void *>(value);
}

// Each allocation of a spawn that inherits fails once.
TEST_P(LocalTest, ASpawnThatCannotInheritIsRefused)
{
    options_.tasks_max = 10; // a credit that was lost would be missed
    InTask([] {
        ASSERT_EQ(rove_local_set(Heir(), Value(7)), 0);
        Body body = [] { return rove_local_get(Heir()) == Value(7); };
        uint64_t blocks = rv_fault_live_blocks();
        for (const char *call : {"rv_mem_zalloc", "rv_mem_alloc"}) {
            for (int i = 0; i < 50; i++) {
                rv_fault_arm(call, 1, ENOMEM);
                EXPECT_EQ(rove_spawn(CallBody, &body), nullptr);
                EXPECT_EQ(rove_join(nullptr), -ENOMEM);
                EXPECT_EQ(rv_fault_calls(call), 1U);
                rv_fault_disarm();
            }
        }
        EXPECT_EQ(rove_join(rove_spawn(CallBody, &body)), 1);
        EXPECT_EQ(rv_fault_live_blocks(), blocks);
    });
}

TEST_P(LocalTest, AnOffloadThatCannotInheritIsRefused)
{
    InTask([] {
        ASSERT_EQ(rove_local_set(Heir(), Value(7)), 0);
        Body body = [] { return rove_local_get(Heir()) == Value(7); };
        EXPECT_EQ(rove_offload(CallBody, &body), 1); // starts the thread
        uint64_t blocks = rv_fault_live_blocks();
        uint64_t n = 0;
        int64_t result = -1;
        while (result != 1 && n < 10) {
            rv_fault_arm("rv_mem_alloc", ++n, ENOMEM);
            rove_task *task = rove_offload_spawn(CallBody, &body);
            result = rove_join(task);
            EXPECT_TRUE(result == 1 || result == -ENOMEM);
            rv_fault_disarm();
        }
        EXPECT_EQ(n, 3U); // the job, the table
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_offload_owned(CallBody, &body, [](void *) {}), -ENOMEM);
        rv_fault_disarm();
        EXPECT_EQ(rove_offload_owned(CallBody, &body, [](void *) {}), 1);
        EXPECT_EQ(rv_fault_live_blocks(), blocks);
    });
}

TEST_P(LocalTest, SettingWithoutMemoryChangesNothing)
{
    InTask([] {
        uint64_t blocks = rv_fault_live_blocks();
        rove_task *task = Spawn([] {
            for (const char *call : {"rv_mem_zalloc", "rv_mem_alloc"}) {
                rv_fault_arm(call, 1, ENOMEM);
                EXPECT_EQ(rove_local_set(Heir(), Value(1)), -ENOMEM);
                EXPECT_EQ(rove_local_get(Heir()), nullptr);
                rv_fault_disarm();
                rv_fault_arm(call, 1, ENOMEM);
                EXPECT_EQ(
                    rove_defer([](void *) { return INT64_C(0); }, nullptr),
                    -ENOMEM);
                rv_fault_disarm();
            }
            return rove_local_set(Heir(), Value(2));
        });
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(destroyed, 1);
        EXPECT_EQ(rv_fault_live_blocks(), blocks);
    });
}

// The tests that come later have no variable to make.
TEST_P(LocalTest, ThereAre1024ForAllThreads)
{
    std::vector<rove_local *> all = {Heir()};
    std::vector<rove_local *> made[4];
    std::vector<std::thread> threads;
    for (auto &mine : made) {
        threads.emplace_back([&mine] {
            while (rove_local *local = rove_local_new(Destroy, 0)) {
                mine.push_back(local);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (auto &mine : made) {
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all.size(), 1024U);
    EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
    EXPECT_EQ(rove_local_new(nullptr, 0), nullptr);
    InTask([&] {
        for (rove_local *local : all) {
            EXPECT_EQ(rove_local_set(local, local), 0);
        }
        for (rove_local *local : all) {
            EXPECT_EQ(rove_local_get(local), local);
        }
    });
    EXPECT_EQ(destroyed, 1024);
}

} // namespace
