// At stake: rove_tasks() lists each live task once, with what is true of it,
// while tasks begin and end around it.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <vector>

#include "rove/inspect.h"

#include "tests/support/with_runtime.h"

namespace
{

class TasksTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, TasksTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

using Listing = std::vector<rove_task_info>;

void Add(const rove_task_info *info, void *listing)
{
    static_cast<Listing *>(listing)->push_back(*info);
}

Listing List(rove_runtime *rt = nullptr)
{
    Listing listing;
    int64_t visited = rove_tasks(rt, Add, &listing);
    EXPECT_EQ(visited, static_cast<int64_t>(listing.size()));
    return listing;
}

std::map<uint64_t, rove_task_info> ById(const Listing &listing)
{
    std::map<uint64_t, rove_task_info> tasks;
    for (const rove_task_info &info : listing) {
        EXPECT_TRUE(tasks.emplace(info.id, info).second) << "twice";
    }
    return tasks;
}

int64_t WaitFor(void *future)
{
    return rove_future_wait(static_cast<rove_future *>(future), nullptr);
}

int64_t Copied(void *future)
{
    return WaitFor(*static_cast<rove_future **>(future));
}

int64_t Nothing(void *)
{
    return 0;
}

bool AllWait(const std::vector<rove_task *> &tasks)
{
    auto listed = ById(List());
    for (rove_task *task : tasks) {
        if (listed.at(rove_task_id(task)).state != ROVE_TASK_WAITING) {
            return false;
        }
    }
    return true;
}

void JoinAll(const std::vector<rove_task *> &tasks)
{
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
}

TEST_P(TasksTest, EveryLiveTaskIsVisitedOnceWithItsFunctionAndState)
{
    InTask([] {
        rove_future *future = rove_future_new();
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 50; i++) {
            tasks.push_back(rove_spawn(WaitFor, future));
            tasks.push_back(rove_spawn_copy(Copied, &future, sizeof future));
        }
        EXPECT_TRUE(Eventually([&] { return AllWait(tasks); }));
        auto listed = ById(List());
        EXPECT_EQ(listed.size(), tasks.size() + 1);
        EXPECT_EQ(listed.at(rove_task_id(rove_self())).state, ROVE_TASK_ACTIVE);
        EXPECT_EQ(listed.at(rove_task_id(rove_self())).fn, CallBody);
        for (size_t i = 0; i < tasks.size(); i++) {
            EXPECT_EQ(listed.at(rove_task_id(tasks[i])).fn,
                      i % 2 == 0 ? WaitFor : Copied);
        }
        EXPECT_EQ(rove_future_set(future, 0), 0);
        JoinAll(tasks);
        EXPECT_EQ(List().size(), 1U);
        rove_future_unref(future);
    });
}

TEST_P(TasksTest, AnEndedTaskIsNotVisitedEvenBeforeItIsJoined)
{
    InTask([] {
        rove_task *task = rove_spawn(Nothing, nullptr);
        EXPECT_EQ(rove_task_wait(task), 0);
        EXPECT_EQ(List().size(), 1U);
        EXPECT_EQ(rove_join(task), 0);
    });
}

TEST_P(TasksTest, ATaskThatWaitsForItsStartIsVisitedAsWaiting)
{
    InTask([] {
        rove_task *later =
            rove_spawn_at(rove_now() + 3600 * ROVE_SEC, Nothing, nullptr);
        EXPECT_EQ(ById(List()).at(rove_task_id(later)).state,
                  ROVE_TASK_WAITING);
        rove_cancel(later);
        EXPECT_EQ(rove_join(later), 0);
    });
}

TEST_P(TasksTest, AJoinerWaitsWithTheTaskThatRunsOnItsStack)
{
    InTask([] {
        rove_future *future = rove_future_new();
        rove_task *host =
            Spawn([&] { return rove_join(rove_spawn(WaitFor, future)); });
        EXPECT_TRUE(Eventually([&] {
            auto listed = ById(List());
            size_t waiting = 0;
            for (const auto &task : listed) {
                waiting += task.second.state == ROVE_TASK_WAITING;
            }
            return waiting == 2;
        }));
        EXPECT_EQ(rove_future_set(future, 0), 0);
        EXPECT_EQ(rove_join(host), 0);
        rove_future_unref(future);
    });
}

TEST_P(TasksTest, ARuntimeIsListedFromOutsideAndHasNoTasksAfterItsShutdown)
{
    Runtime idle(options_);
    rove_runtime *rt;
    ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
    rove_future *future = rove_future_new();
    rove_task *task = rove_runtime_spawn(rt, WaitFor, future);
    Listing listing = List(rt);
    EXPECT_EQ(ById(listing).count(rove_task_id(task)), 1U);
    EXPECT_EQ(listing.size(), 1U);
    EXPECT_EQ(List(idle.get()).size(), 0U);
    EXPECT_EQ(rove_future_set(future, 0), 0);
    EXPECT_EQ(rove_join(task), 0);
    ASSERT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
    EXPECT_EQ(List(rt).size(), 0U);
    rove_runtime_free(rt);
    rove_future_unref(future);
}

TEST(TasksOutsideTest, NullOnAPlainThreadIsRefused)
{
    Listing listing;
    EXPECT_EQ(rove_tasks(nullptr, Add, &listing), -EPERM);
    EXPECT_TRUE(listing.empty());
}

TEST_P(TasksTest, VisitMayCancelByIdAndWait)
{
    InTask([] {
        rove_future *never = rove_future_new();
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(rove_spawn(WaitFor, never));
        }
        uint64_t self = rove_task_id(rove_self());
        rove_tasks(
            nullptr,
            [](const rove_task_info *info, void *own) {
                EXPECT_EQ(rove_yield(), 0);
                if (info->id != *static_cast<uint64_t *>(own)) {
                    EXPECT_EQ(rove_cancel_id(info->id), 0);
                }
            },
            &self);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), -ECANCELED);
        }
        rove_future_unref(never);
    });
}

// Descriptors serve one task after the other while they are read.
TEST_P(TasksTest, AListingTakenWhileTasksComeAndGoNamesOnlyTasks)
{
    static const int kRounds = kUnderSanitizer ? 200 : 2000;
    InTask([this] {
        std::atomic<bool> over{false};
        rove_future *open = rove_future_new();
        EXPECT_EQ(rove_future_set(open, 0), 0);
        std::vector<rove_task *> makers;
        for (unsigned i = 0; i < Workers(); i++) {
            makers.push_back(Spawn([&] {
                while (!over) {
                    rove_task *one = rove_spawn(Nothing, nullptr);
                    rove_task *two =
                        rove_spawn_copy(Copied, &open, sizeof open);
                    EXPECT_EQ(rove_yield(), 0);
                    EXPECT_EQ(rove_join(one), 0);
                    EXPECT_EQ(rove_join(two), 0);
                }
                return 0;
            }));
        }
        uint64_t self = rove_task_id(rove_self());
        size_t most = 0;
        for (int round = 0; round < kRounds; round++) {
            auto listed = ById(List());
            EXPECT_EQ(listed.count(self), 1U);
            for (rove_task *maker : makers) {
                EXPECT_EQ(listed.count(rove_task_id(maker)), 1U);
            }
            for (const auto &task : listed) {
                rove_fn *fn = task.second.fn;
                EXPECT_TRUE(fn == Nothing || fn == Copied || fn == CallBody ||
                            fn == CallOwnBody);
            }
            most = std::max(most, listed.size());
            EXPECT_EQ(rove_yield(), 0);
        }
        over = true;
        JoinAll(makers);
        EXPECT_GT(most, Workers() + 1) << "no short task was ever seen";
        rove_future_unref(open);
    });
}

} // namespace
