// At stake: what few tasks have: made when it is first needed, run once and in
// order at the task's end, and freed with it.

#include <cerrno>
#include <vector>

extern "C" {
#include "src/sched/extra.h"
#include "tests/support/fault.h"
}

#include "tests/sched/two_workers.h"

namespace
{

std::vector<int64_t> *ran;

int64_t Note(void *arg)
{
    ran->push_back(reinterpret_cast<intptr_t>(arg));
    return 0;
}

void NoteValue(void *value)
{
    (void)Note(value);
}

class ExtraTest : public TwoWorkers
{
  protected:
    void SetUp() override
    {
        TwoWorkers::SetUp();
        ran = &ran_;
        task_ = NewTask();
        blocks_ = rv_fault_live_blocks();
    }

    void TearDown() override
    {
        rv_fault_disarm();
        rv_extra_drop(task_);
        EXPECT_EQ(rv_fault_live_blocks(), blocks_);
        TwoWorkers::TearDown();
    }

    static void *Value(intptr_t value)
    {
        return reinterpret_cast<void *>(value);
    }

    static const void *Get(const rv_task *task, const rove_local *local)
    {
        const rv_local_entry *entry =
            rv_local_table_find(rv_extra_locals(task), local);
        return entry != nullptr ? entry->value : nullptr;
    }

    std::vector<int64_t> ran_;
    rv_task *task_ = nullptr;
    uint64_t blocks_ = 0;
    rove_local plain_ = {nullptr, 0};
    rove_local noted_ = {NoteValue, 0};
    rove_local heir_ = {NoteValue, ROVE_LOCAL_INHERIT};
};

TEST_F(ExtraTest, ATaskHasNothingAtFirst)
{
    EXPECT_STREQ(rv_task_name(task_), "");
    EXPECT_EQ(rv_extra_locals(task_), nullptr);
    EXPECT_FALSE(rv_extra_is_destroying(task_));
    EXPECT_EQ(rv_extra_set_local(task_, &plain_, nullptr), 0);
    EXPECT_EQ(task_->traits.flags, 0);
}

TEST_F(ExtraTest, NamesAreCut)
{
    EXPECT_EQ(
        rv_extra_set_name(task_, "0123456789012345678901234567890123456789"),
        0);
    EXPECT_STREQ(rv_task_name(task_), "0123456789012345678901234567890");
    EXPECT_EQ(rv_extra_set_name(task_, "short"), 0);
    EXPECT_STREQ(rv_task_name(task_), "short");
    rv_extra_drop(task_);
    EXPECT_STREQ(rv_task_name(task_), "");
}

TEST_F(ExtraTest, DefersRunNewestFirstAndThenTheNewestLocals)
{
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(1)), 0);
    ASSERT_EQ(rv_extra_set_local(task_, &heir_, Value(2)), 0);
    ASSERT_EQ(rv_extra_set_local(task_, &plain_, Value(9)), 0);
    ASSERT_EQ(rv_extra_defer(task_, Note, Value(3)), 0);
    ASSERT_EQ(rv_extra_defer(task_, Note, Value(4)), 0);
    EXPECT_NE(task_->traits.flags & RV_TASK_CLEANS_UP, 0);
    rv_extra_end(task_);
    EXPECT_EQ(ran_, (std::vector<int64_t>{4, 3, 2, 1}));
    EXPECT_EQ(Get(task_, &plain_), nullptr);
    rv_extra_end(task_); // nothing is left
    EXPECT_EQ(ran_.size(), 4U);
}

TEST_F(ExtraTest, AValueIsDestroyedWhenItIsReplacedByAnother)
{
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(1)), 0);
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(1)), 0);
    EXPECT_TRUE(ran_.empty());
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(2)), 0);
    EXPECT_EQ(ran_, (std::vector<int64_t>{1}));
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, nullptr), 0);
    EXPECT_EQ(ran_, (std::vector<int64_t>{1, 2}));
    EXPECT_EQ(Get(task_, &noted_), nullptr);
    rv_extra_end(task_);
    EXPECT_EQ(ran_.size(), 2U);
}

TEST_F(ExtraTest, LentValuesAreNotDestroyedByTheBorrower)
{
    ASSERT_EQ(rv_extra_set_local(task_, &heir_, Value(1)), 0);
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(2)), 0);
    rv_task *child = NewTask();
    ASSERT_EQ(rv_extra_inherit(child, rv_extra_locals(task_)), 0);
    EXPECT_NE(child->traits.flags & RV_TASK_LENDS, 0);
    EXPECT_EQ(child->traits.flags & RV_TASK_CLEANS_UP, 0);
    EXPECT_EQ(Get(child, &heir_), Value(1));
    EXPECT_EQ(Get(child, &noted_), nullptr);
    ASSERT_EQ(rv_extra_set_local(child, &heir_, Value(3)), 0);
    EXPECT_TRUE(ran_.empty());
    rv_extra_end(child);
    EXPECT_EQ(ran_, (std::vector<int64_t>{3}));
    EXPECT_EQ(Get(task_, &heir_), Value(1));
    rv_extra_drop(child);
}

TEST_F(ExtraTest, ToSetALentValueMakesItTheTasksOwn)
{
    ASSERT_EQ(rv_extra_set_local(task_, &heir_, Value(1)), 0);
    rv_task *child = NewTask();
    ASSERT_EQ(rv_extra_inherit(child, rv_extra_locals(task_)), 0);
    ASSERT_EQ(rv_extra_set_local(child, &heir_, Value(1)), 0);
    rv_extra_end(child);
    EXPECT_EQ(ran_, (std::vector<int64_t>{1}));
    rv_extra_drop(child);
}

TEST_F(ExtraTest, WithNothingToInheritNothingIsMade)
{
    rv_task *child = NewTask();
    EXPECT_EQ(rv_extra_inherit(child, nullptr), 0);
    ASSERT_EQ(rv_extra_set_local(task_, &noted_, Value(1)), 0);
    EXPECT_EQ(rv_extra_inherit(child, rv_extra_locals(task_)), 0);
    EXPECT_EQ(child->traits.flags, 0);
}

struct Again {
    rv_task *task;
    int left;
};

int64_t DeferAgain(void *arg)
{
    Again *again = static_cast<Again *>(arg);
    ran->push_back(again->left);
    return again->left-- > 0 ? rv_extra_defer(again->task, DeferAgain, again)
                             : 0;
}

TEST_F(ExtraTest, WhatADeferDefersRunsToo)
{
    Again again = {task_, 2};
    ASSERT_EQ(rv_extra_defer(task_, Note, Value(7)), 0);
    ASSERT_EQ(rv_extra_defer(task_, DeferAgain, &again), 0);
    rv_extra_end(task_);
    EXPECT_EQ(ran_, (std::vector<int64_t>{2, 1, 0, 7}));
}

Again destroyer;

void DeferInDestructor(void *)
{
    EXPECT_TRUE(rv_extra_is_destroying(destroyer.task));
    EXPECT_EQ(rv_extra_defer(destroyer.task, DeferAgain, &destroyer), 0);
}

TEST_F(ExtraTest, WhatADestructorDefersRunsToo)
{
    rove_local local = {DeferInDestructor, 0};
    destroyer = {task_, 1};
    ASSERT_EQ(rv_extra_set_local(task_, &local, Value(1)), 0);
    rv_extra_end(task_);
    EXPECT_EQ(ran_, (std::vector<int64_t>{1, 0}));
    EXPECT_FALSE(rv_extra_is_destroying(task_));
}

// Every allocation fails once: the call says so, and nothing has changed.
TEST_F(ExtraTest, WithoutMemoryNothingIsSet)
{
    rv_task *child = NewTask();
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rv_extra_set_name(task_, "x"), -ENOMEM);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rv_extra_defer(task_, Note, nullptr), -ENOMEM);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rv_extra_set_local(task_, &heir_, Value(1)), -ENOMEM);
    EXPECT_EQ(task_->traits.flags, 0);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rv_extra_defer(task_, Note, nullptr), -ENOMEM);
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rv_extra_set_local(task_, &heir_, Value(1)), -ENOMEM);
    EXPECT_EQ(task_->traits.flags, RV_TASK_OWNS_EXTRA);
    EXPECT_EQ(Get(task_, &heir_), nullptr);
    ASSERT_EQ(rv_extra_set_local(task_, &heir_, Value(1)), 0);
    for (const char *call : {"rv_mem_zalloc", "rv_mem_alloc"}) {
        rv_fault_arm(call, 1, ENOMEM);
        EXPECT_EQ(rv_extra_inherit(child, rv_extra_locals(task_)), -ENOMEM);
        EXPECT_EQ(child->traits.flags, 0);
    }
    rv_extra_end(task_);
    EXPECT_EQ(ran_, (std::vector<int64_t>{1}));
}

} // namespace
