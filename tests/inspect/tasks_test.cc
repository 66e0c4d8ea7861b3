// At stake: a listing names the tasks of one runtime that live, each with what
// is true of it and nothing of the descriptor's other lives. Shown on bare
// descriptors, and while one is used over and over.

#include <atomic>
#include <map>
#include <thread>
#include <vector>

extern "C" {
#include "src/inspect/tasks.h"
#include "src/platform/cpu.h"
#include "src/sched/task.h"
}

#include "gtest/gtest.h"

namespace
{

int64_t First(void *)
{
    return 1;
}

int64_t Second(void *)
{
    return 2;
}

using Listing = std::map<uint64_t, rove_task_info>;

class TasksTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(rv_task_table_open(), 0);
    }

    void TearDown() override
    {
        for (rv_task *task : tasks_) {
            rv_claim_begin(&task->claim, false);
            rv_claim_abort(&task->claim);
            rv_task_fini(task);
            rv_task_depot_put(task);
        }
    }

    rv_task *NewTask(rv_scheduler *s, rove_fn *fn = First)
    {
        rv_task *task = rv_task_depot_get();
        rv_task_init(task, s, fn, nullptr, RV_STACK_16K);
        tasks_.push_back(task);
        return task;
    }

    static uint64_t IdOf(const rv_task *task)
    {
        return rv_u64_load_relaxed(&task->id);
    }

    // The epoch of the wait.
    static uint64_t Park(rv_task *task)
    {
        uint64_t epoch = rv_claim_begin(&task->claim, false);
        uint64_t word;
        EXPECT_TRUE(rv_claim_commit(&task->claim, &word));
        return epoch;
    }

    // Runs the guest on the host's stack, as far as others can see.
    static void RunOn(rv_task *host, rv_task *guest)
    {
        rv_ptr_store_relaxed(&guest->host, host);
        rv_ptr_store_relaxed(&host->guest, guest);
    }

    static Listing List(const rv_scheduler *s)
    {
        Listing listing;
        int64_t visited = rv_tasks_visit(
            s,
            [](const rove_task_info *info, void *list) {
                EXPECT_TRUE(static_cast<Listing *>(list)
                                ->emplace(info->id, *info)
                                .second)
                    << "twice";
            },
            &listing);
        EXPECT_EQ(visited, static_cast<int64_t>(listing.size()));
        return listing;
    }

    rove_task_state StateOf(const rv_task *task)
    {
        return List(&ours_).at(IdOf(task)).state;
    }

    rv_scheduler ours_ = {};
    rv_scheduler other_ = {};
    std::vector<rv_task *> tasks_;
};

TEST_F(TasksTest, TasksOfTheSchedulerAreListedAndNoOthers)
{
    rv_task *one = NewTask(&ours_, First);
    rv_task *two = NewTask(&ours_, Second);
    rv_task *foreign = NewTask(&other_, First);
    NewTask(nullptr); // a plain thread's
    Listing ours = List(&ours_);
    EXPECT_EQ(ours.size(), 2U);
    EXPECT_EQ(ours.at(IdOf(one)).fn, First);
    EXPECT_EQ(ours.at(IdOf(two)).fn, Second);
    Listing others = List(&other_);
    EXPECT_EQ(others.size(), 1U);
    EXPECT_EQ(others.count(IdOf(foreign)), 1U);
}

TEST_F(TasksTest, WhoeverWaitsForIt)
{
    rv_task *task = NewTask(&ours_);
    const uint64_t words[] = {RV_JOIN_EMPTY, RV_JOIN_DETACHED,
                              rv_ref_make(task, 1),
                              (UINT64_C(64) << 3) | RV_JOIN_WATCH_TAG};
    for (uint64_t word : words) {
        rv_u64_store_relaxed(&task->join, word);
        EXPECT_EQ(List(&ours_).count(IdOf(task)), 1U) << word;
    }
}

TEST_F(TasksTest, WhatHasEndedIsNotListed)
{
    rv_task *task = NewTask(&ours_);
    rv_u64_store_relaxed(&task->join, RV_JOIN_DONE);
    EXPECT_TRUE(List(&ours_).empty());
    rv_task_fini(task); // its handle was given back
    EXPECT_TRUE(List(&ours_).empty());
    rv_task_init(task, &ours_, Second, nullptr, RV_STACK_16K);
    EXPECT_EQ(List(&ours_).at(IdOf(task)).fn, Second);
}

// Nobody says before its end that a task which ran inline is over.
TEST_F(TasksTest, AnInlinedTaskEndsWithItsDescriptorsLife)
{
    rv_task *task = NewTask(&ours_);
    rv_task_fini(task);
    EXPECT_TRUE(List(&ours_).empty());
}

TEST_F(TasksTest, AStateIsThatOfItsWait)
{
    rv_task *task = NewTask(&ours_);
    EXPECT_EQ(StateOf(task), ROVE_TASK_ACTIVE);
    rv_claim_begin(&task->claim, false);
    EXPECT_EQ(StateOf(task), ROVE_TASK_ACTIVE); // about to suspend
    rv_claim_abort(&task->claim);
    uint64_t epoch = Park(task);
    EXPECT_EQ(StateOf(task), ROVE_TASK_WAITING);
    ASSERT_EQ(rv_claim_try(&task->claim, epoch, RV_CAUSE_SOURCE),
              RV_CLAIM_WON_WAKE);
    EXPECT_EQ(StateOf(task), ROVE_TASK_WOKEN);
    rv_claim_finish(&task->claim);
    EXPECT_EQ(StateOf(task), ROVE_TASK_ACTIVE);
}

TEST_F(TasksTest, AHostDoesWhatTheLastOfItsGuestsDoes)
{
    rv_task *host = NewTask(&ours_);
    rv_task *middle = NewTask(&ours_);
    rv_task *guest = NewTask(&ours_);
    RunOn(host, middle);
    RunOn(middle, guest);
    EXPECT_EQ(StateOf(host), ROVE_TASK_ACTIVE);
    uint64_t epoch = Park(guest);
    EXPECT_EQ(StateOf(host), ROVE_TASK_WAITING);
    EXPECT_EQ(StateOf(middle), ROVE_TASK_WAITING);
    EXPECT_EQ(StateOf(guest), ROVE_TASK_WAITING);
    rv_claim_try(&guest->claim, epoch, RV_CAUSE_SOURCE);
    EXPECT_EQ(StateOf(host), ROVE_TASK_WOKEN);
}

// A chain that changes while it is read may lead back to where it began.
TEST_F(TasksTest, ARingOfGuestsIsLeft)
{
    rv_task *one = NewTask(&ours_);
    rv_task *two = NewTask(&ours_);
    RunOn(one, two);
    RunOn(two, one);
    EXPECT_EQ(StateOf(one), ROVE_TASK_ACTIVE);
}

TEST_F(TasksTest, AVisitMayEndTheTaskItIsTold)
{
    rv_task *one = NewTask(&ours_);
    rv_task *two = NewTask(&ours_);
    tasks_.clear();
    int64_t visited = rv_tasks_visit(
        &ours_,
        [](const rove_task_info *info, void *) {
            rv_task *task = rv_task_by_id(info->id);
            ASSERT_NE(task, nullptr);
            rv_task_fini(task);
            EXPECT_NE(IdOf(task), info->id); // the copy stays as it was
            rv_task_depot_put(task);
        },
        nullptr);
    EXPECT_EQ(visited, 2);
    EXPECT_NE(one, two);
    EXPECT_TRUE(List(&ours_).empty());
}

// Each life has one of two functions by turns, and ends as a task does that ran
// inline: nobody says that it is over before its id moves on. A listing names a
// life with its own function, or not at all.
TEST_F(TasksTest, ALifeIsNeverListedWithAnothersFunction)
{
    constexpr int kListings = 10000000;
    rv_task *task = NewTask(&ours_, First);
    tasks_.clear();
    uint64_t even = IdOf(task) >> RV_TASK_INDEX_BITS; // lives of First
    std::atomic<bool> over{false};
    std::thread user([&] {
        uint64_t count = 0;
        while (!over) {
            rv_task_fini(task);
            count++;
            rv_task_init(task, &ours_, count % 2 == 0 ? First : Second, nullptr,
                         RV_STACK_16K);
            for (uint64_t pause = count % 24; pause > 0; pause--) {
                rv_cpu_relax();
            }
        }
    });
    struct Seen {
        uint64_t even;
        uint64_t names[2];
        uint64_t wrong;
    } seen = {even, {0, 0}, 0};
    auto both = [&] { return seen.names[0] > 0 && seen.names[1] > 0; };
    for (int i = 0; i < kListings || (!both() && i < 10 * kListings); i++) {
        rv_tasks_visit(
            &ours_,
            [](const rove_task_info *info, void *arg) {
                Seen *s = static_cast<Seen *>(arg);
                uint64_t life = info->id >> RV_TASK_INDEX_BITS;
                bool is_odd = (life - s->even) % 2 != 0;
                s->names[is_odd ? 1 : 0]++;
                s->wrong += info->fn != (is_odd ? Second : First);
            },
            &seen);
    }
    over = true;
    user.join();
    EXPECT_EQ(seen.wrong, 0U);
    EXPECT_GT(seen.names[0], 0U);
    EXPECT_GT(seen.names[1], 0U);
    rv_task_fini(task);
    rv_task_depot_put(task);
}

} // namespace
