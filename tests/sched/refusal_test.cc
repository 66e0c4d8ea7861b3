// At stake: a task that is refused a thousand times in a row is reported, once,
// by its id and name; and one that is not refused in a row is not.

#include <string>
#include <vector>

extern "C" {
#include "src/sched/extra.h"
#include "src/sched/refusal.h"
}

#include "tests/sched/two_workers.h"

namespace
{

constexpr int kReported = RV_REFUSALS_REPORTED;

class RefusalTest : public TwoWorkers
{
  protected:
    void SetUp() override
    {
        TwoWorkers::SetUp();
        scheduler_.report = {
            [](void *lines, const char *line) {
                static_cast<std::vector<std::string> *>(lines)->emplace_back(
                    line);
            },
            &lines_};
    }

    void Refuse(rv_task *task, int times, unsigned worker = 0)
    {
        workers_[worker]->current = task;
        for (int i = 0; i < times; i++) {
            rv_refusal_count(workers_[worker]);
        }
        workers_[worker]->current = nullptr;
    }

    // The task begins a wait and ends it.
    static void Wait(rv_task *task)
    {
        rv_claim_begin(&task->claim, false);
        rv_claim_abort(&task->claim);
    }

    // Another task whose refusals are counted in the same place, or not.
    rv_task *NewTaskBeside(const rv_task *task, bool same)
    {
        rv_task *other = nullptr;
        for (int i = 0; i < 2 * RV_REFUSALS; i++) {
            other = NewTask();
            bool is_same = rv_task_index(other) % RV_REFUSALS ==
                           rv_task_index(task) % RV_REFUSALS;
            if (is_same == same) {
                break;
            }
        }
        return other;
    }

    std::vector<std::string> lines_;
};

TEST_F(RefusalTest, TheThousandthIsReportedAndNoOther)
{
    rv_task *task = NewTask();
    ASSERT_EQ(rv_extra_set_name(task, "stubborn"), 0);
    Refuse(task, kReported - 1);
    EXPECT_TRUE(lines_.empty());
    Refuse(task, 1);
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(lines_[0],
              "rove: task " + std::to_string(Count(&task->id)) +
                  " 'stubborn' is cancelled, but goes on waiting: 1000 waits "
                  "in a row were refused");
    Refuse(task, 2 * kReported);
    EXPECT_EQ(lines_.size(), 1U);
    rv_extra_drop(task);
}

TEST_F(RefusalTest, AWaitInBetweenBeginsTheCountAnew)
{
    rv_task *task = NewTask();
    Refuse(task, kReported - 1);
    Wait(task);
    Refuse(task, kReported - 1);
    EXPECT_TRUE(lines_.empty());
    Refuse(task, 1);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(RefusalTest, TheNextTaskOfADescriptorBeginsAnew)
{
    rv_task *task = NewTask();
    Refuse(task, kReported - 1);
    rv_task_fini(task);
    rv_task_init(task, &scheduler_, nullptr, nullptr, RV_STACK_16K);
    Refuse(task, kReported - 1);
    EXPECT_TRUE(lines_.empty());
    Refuse(task, 1);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(RefusalTest, TasksThatTakeTurnsAreCountedEachForItself)
{
    rv_task *one = NewTask();
    rv_task *two = NewTaskBeside(one, false);
    for (int i = 0; i < kReported - 1; i++) {
        Refuse(one, 1);
        Refuse(two, 1);
    }
    EXPECT_TRUE(lines_.empty());
    Refuse(one, 1);
    EXPECT_EQ(lines_.size(), 1U);
    Refuse(two, 1);
    EXPECT_EQ(lines_.size(), 2U);
}

// There is room for few: who comes second takes the place of the first, and
// inherits none of its refusals.
TEST_F(RefusalTest, TasksOfOnePlaceAreNotTakenForEachOther)
{
    rv_task *one = NewTask();
    rv_task *two = NewTaskBeside(one, true);
    ASSERT_EQ(rv_task_index(one) % RV_REFUSALS,
              rv_task_index(two) % RV_REFUSALS);
    Refuse(one, kReported - 1);
    Refuse(two, kReported - 1);
    Refuse(one, kReported - 1);
    EXPECT_TRUE(lines_.empty());
    Refuse(one, 1);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(RefusalTest, EachWorkerCountsForItself)
{
    rv_task *task = NewTask();
    Refuse(task, kReported - 1, 0);
    Refuse(task, kReported - 1, 1);
    EXPECT_TRUE(lines_.empty());
    Refuse(task, 1, 1);
    EXPECT_EQ(lines_.size(), 1U);
}

} // namespace
