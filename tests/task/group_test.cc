// At stake: what a group takes from the heap comes back by every way a child
// can go, shortages are told and leave nothing behind, and misuse is named.

#include <cerrno>
#include <sys/socket.h>
#include <vector>

extern "C" {
#include "tests/support/fault.h"
}

#include "tests/support/children.h"
#include "tests/support/with_runtime.h"

namespace
{

class GroupTest : public WithRuntime
{
  protected:
    // The body in a task, after which as many blocks live as before.
    void WithoutLeak(const std::function<void()> &body)
    {
        InTask([&] {
            uint64_t before = rv_fault_live_blocks();
            body();
            EXPECT_EQ(rv_fault_live_blocks(), before);
        });
    }
};

INSTANTIATE_TEST_SUITE_P(Workers, GroupTest, ::testing::ValuesIn(kFewSetups),
                         NameOf);

int64_t Give(void *result)
{
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(result));
}

int Add(rove_group *group, intptr_t result)
{
    return rove_group_spawn(group, Give, reinterpret_cast<void *>(result));
}

TEST_P(GroupTest, ResultsNobodyAskedForAreFreed)
{
    WithoutLeak([] {
        for (int asked : {0, 1, 7, 10}) {
            rove_group group;
            rove_group_open(&group, 0);
            for (int i = 0; i < 10; i++) {
                EXPECT_EQ(Add(&group, i), 0);
            }
            for (int i = 0; i < asked; i++) {
                EXPECT_EQ(rove_group_next(&group, nullptr), 1);
            }
            EXPECT_EQ(rove_group_close(&group), 0);
        }
    });
}

TEST_P(GroupTest, ADiscardingGroupKeepsNothingOfEndedChildren)
{
    WithoutLeak([] {
        uint64_t before = rv_fault_live_blocks();
        rove_group group;
        rove_group_open(&group, ROVE_DISCARD);
        for (int i = 0; i < 100; i++) {
            EXPECT_EQ(Add(&group, i), 0);
        }
        EXPECT_EQ(rove_group_next(&group, nullptr), 0);
        EXPECT_TRUE(
            Eventually([before] { return rv_fault_live_blocks() == before; }));
        EXPECT_EQ(rove_group_close(&group), 0);
    });
}

TEST_P(GroupTest, CancelledChildrenAndRefusedOnesAreFreed)
{
    WithoutLeak([] {
        for (int i = 0; i < 20; i++) {
            rove_group group;
            rove_group_open(&group, 0);
            EXPECT_EQ(Add(&group, 1), 0);
            EXPECT_EQ(Add(&group, i % 2 == 0 ? -EIO : 1), 0);
            if (i % 3 == 0) {
                rove_group_cancel(&group);
                EXPECT_EQ(Add(&group, 1), -ECANCELED);
            }
            int64_t status = rove_group_close(&group);
            EXPECT_EQ(status, i % 2 == 0 ? -EIO : i % 3 == 0 ? -ECANCELED : 0);
        }
    });
}

TEST_P(GroupTest, EachAllocationMayFail)
{
    WithoutLeak([] {
        uint64_t calls = 0;
        for (uint64_t n = 1; n == 1 || n <= calls + 1; n++) {
            ASSERT_LT(n, 100U);
            rove_group group;
            rove_group_open(&group, 0);
            rv_fault_arm("rv_mem_alloc", n, ENOMEM);
            int refused = 0;
            for (int i = 0; i < 5; i++) {
                int error = Add(&group, i);
                EXPECT_TRUE(error == 0 || error == -ENOMEM) << error;
                refused += error != 0;
            }
            int64_t sum = 0;
            int64_t result = 0;
            while (rove_group_next(&group, &result) == 1) {
                sum++;
            }
            EXPECT_EQ(rove_group_close(&group), 0);
            calls = rv_fault_calls("rv_mem_alloc");
            rv_fault_disarm();
            EXPECT_EQ(refused, calls >= n ? 1 : 0);
            EXPECT_EQ(sum, 5 - refused);
        }
        EXPECT_EQ(calls, 5U); // a record each, and nothing else
    });
}

// What a server has: tasks that wait for bytes or for a time, and have no
// stack. One that fails cancels the others, one that comes later included.
TEST_P(GroupTest, AddedTasksAreChildren)
{
    int fd = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
    WithoutLeak([fd] {
        Body idle = [fd] {
            char byte = 0;
            EXPECT_EQ(rove_read(fd, &byte, 1), -ECANCELED);
            return 1;
        };
        Body fails = [] { return -EIO; };
        rove_group group;
        rove_group_open(&group, 0);
        rove_task *ended = rove_spawn(Give, reinterpret_cast<void *>(7));
        EXPECT_EQ(rove_task_wait(ended), 0);
        EXPECT_EQ(rove_group_add(&group, ended), 0);
        int64_t result = 0;
        EXPECT_EQ(rove_group_next(&group, &result), 1);
        EXPECT_EQ(result, 7);
        for (int i = 0; i < 3; i++) {
            rove_task *child = rove_on_readable(fd, CallBody, &idle);
            EXPECT_EQ(rove_group_add(&group, child), 0);
        }
        rove_task *failing =
            rove_spawn_at(rove_now() + ROVE_MS, CallBody, &fails);
        EXPECT_EQ(rove_group_add(&group, failing), 0);
        while (rove_group_next(&group, nullptr) == 1) {
        }
        rove_task *late = rove_on_readable(fd, CallBody, &idle);
        EXPECT_EQ(rove_group_add(&group, late), 0);
        EXPECT_EQ(rove_group_close(&group), -EIO);
    });
    EXPECT_EQ(rove_close(fd), 0);
}

TEST_P(GroupTest, ATaskThatIsNotAddedStaysTheCallers)
{
    WithoutLeak([] {
        rove_group group;
        rove_group_open(&group, 0);
        rove_task *task = rove_spawn(Give, reinterpret_cast<void *>(7));
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_group_add(&group, task), -ENOMEM);
        rv_fault_disarm();
        EXPECT_EQ(rove_group_close(&group), 0);
        EXPECT_EQ(rove_join(task), 7);
    });
}

int64_t CountAndSleep(void *begun)
{
    ++*static_cast<std::atomic<int> *>(begun);
    return rove_sleep_until(ROVE_FOREVER - 1);
}

// Children that get no stack end without having run, and are told of like all.
TEST_P(GroupTest, ChildrenWithoutAStackFailTheGroup)
{
    WithoutLeak([] {
        std::atomic<int> begun{0};
        int spawned = 0;
        rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
        rove_group group;
        rove_group_open(&group, 0);
        while (spawned < 20000 &&
               rove_group_spawn(&group, CountAndSleep, &begun) == 0) {
            spawned++;
        }
        int64_t status = rove_group_close(&group);
        rv_fault_disarm();
        EXPECT_EQ(status, -ENOMEM);
        EXPECT_LT(begun, spawned);
    });
}

// Misuse ends the process: each in a runtime of its own.
int64_t CloseAnother(void *group)
{
    return rove_group_close(static_cast<rove_group *>(group));
}

int64_t CloseInAChild(void *)
{
    rove_group group;
    rove_group_open(&group, 0);
    int error = rove_group_spawn(&group, CloseAnother, &group);
    return error != 0 ? error : rove_group_close(&group);
}

int64_t NextInATask(void *group)
{
    return rove_group_next(static_cast<rove_group *>(group), nullptr);
}

int64_t NextOfAnother(void *)
{
    rove_group group;
    rove_group_open(&group, 0);
    return rove_join(rove_spawn(NextInATask, &group));
}

TEST(GroupDeathTest, OnlyTheOwnerClosesAndAsks)
{
    EXPECT_DEATH((void)rove_run(nullptr, CloseInAChild, nullptr),
                 "rove: rove_group_close: only the task that opened a group");
    EXPECT_DEATH((void)rove_run(nullptr, NextOfAnother, nullptr),
                 "rove: rove_group_next: only the task that opened a group");
}

TEST(GroupDeathTest, APlainThreadHasNoGroups)
{
    rove_group group;
    EXPECT_DEATH(rove_group_open(&group, 0),
                 "rove: rove_group_open: only a task may open a group");
    EXPECT_DEATH((void)Add(&group, 0),
                 "rove: rove_group_spawn: only a task may use a group");
}

TEST(GroupDeathTest, WrongArgumentsAreNamed)
{
    rove_group *none = nullptr;
    EXPECT_DEATH(rove_group_open(none, 0),
                 "rove: rove_group_open: there is no");
    EXPECT_DEATH((void)Add(none, 0), "rove: rove_group_spawn: there is no");
    EXPECT_DEATH(EXPECT_EQ(rove_group_add(none, nullptr), 0),
                 "rove: rove_group_add: there is no group");
    EXPECT_DEATH(rove_group_cancel(none),
                 "rove: rove_group_cancel: there is no group");
}

} // namespace
