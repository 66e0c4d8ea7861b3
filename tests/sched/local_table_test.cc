// At stake: the array of a task's locals: what is set is found, however many
// there are, and what is inherited is lent.

#include <cerrno>
#include <vector>

extern "C" {
#include "src/base/mem.h"
#include "src/sched/local_table.h"
#include "tests/support/fault.h"
}

#include "gtest/gtest.h"

namespace
{

class LocalTableTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
        rv_mem_free(table_);
    }

    static void *Value(uintptr_t value)
    {
        return reinterpret_cast<void *>(value);
    }

    const void *Find(const rove_local *local)
    {
        const rv_local_entry *entry = rv_local_table_find(table_, local);
        return entry != nullptr ? entry->value : nullptr;
    }

    rv_local_table *table_ = nullptr;
    rove_local own_ = {nullptr, 0};
    rove_local heir_ = {nullptr, ROVE_LOCAL_INHERIT};
};

TEST_F(LocalTableTest, NothingIsFoundWithoutATable)
{
    EXPECT_EQ(rv_local_table_find(nullptr, &own_), nullptr);
    EXPECT_EQ(rv_local_table_heir_size(nullptr), 0U);
}

TEST_F(LocalTableTest, ItGrowsAndShrinks)
{
    constexpr int kLocals = 300;
    std::vector<rove_local> locals(kLocals);
    for (int i = 0; i < kLocals; i++) {
        ASSERT_EQ(rv_local_table_add(&table_, &locals[i], Value(i + 1)), 0);
    }
    for (int i = 0; i < kLocals; i += 3) {
        rv_local_table_remove(table_, rv_local_table_find(table_, &locals[i]));
    }
    for (int i = 0; i < kLocals; i++) {
        EXPECT_EQ(Find(&locals[i]), i % 3 == 0 ? nullptr : Value(i + 1));
    }
    EXPECT_EQ(table_->count, 200U);
}

TEST_F(LocalTableTest, RemovingKeepsTheOrder)
{
    rove_local locals[3] = {};
    for (rove_local &local : locals) {
        ASSERT_EQ(rv_local_table_add(&table_, &local, Value(1)), 0);
    }
    rv_local_table_remove(table_, rv_local_table_at(table_, 0));
    EXPECT_EQ(rv_local_table_at(table_, 0)->local, &locals[1]);
    EXPECT_EQ(rv_local_table_at(table_, 1)->local, &locals[2]);
    rv_local_table_remove(table_, rv_local_table_at(table_, 1));
    EXPECT_EQ(table_->count, 1U);
    EXPECT_EQ(rv_local_table_at(table_, 0)->local, &locals[1]);
}

TEST_F(LocalTableTest, AnHeirHasWhatIsInheritedAsLent)
{
    rove_local other = {nullptr, ROVE_LOCAL_INHERIT};
    ASSERT_EQ(rv_local_table_add(&table_, &own_, Value(1)), 0);
    EXPECT_EQ(rv_local_table_heir_size(table_), 0U);
    ASSERT_EQ(rv_local_table_add(&table_, &heir_, Value(2)), 0);
    ASSERT_EQ(rv_local_table_add(&table_, &other, Value(3)), 0);
    void *memory = rv_mem_alloc(rv_local_table_heir_size(table_));
    rv_local_table *heir = rv_local_table_make_heir(memory, table_);
    EXPECT_EQ(heir->count, 2U);
    EXPECT_EQ(rv_local_table_find(heir, &own_), nullptr);
    for (rove_local *local : {&heir_, &other}) {
        const rv_local_entry *entry = rv_local_table_find(heir, local);
        ASSERT_NE(entry, nullptr);
        EXPECT_EQ(entry->value, Find(local));
        EXPECT_TRUE(entry->is_lent);
        EXPECT_FALSE(rv_local_table_find(table_, local)->is_lent);
    }
    EXPECT_EQ(rv_local_table_add(&heir, &own_, Value(4)), 0); // full: moves
    EXPECT_EQ(rv_local_table_find(heir, &own_)->value, Value(4));
    EXPECT_FALSE(rv_local_table_find(heir, &own_)->is_lent);
    rv_mem_free(heir);
}

TEST_F(LocalTableTest, WithoutMemoryItStaysAsItWas)
{
    rove_local locals[5] = {};
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rv_local_table_add(&table_, &locals[0], Value(1)), -ENOMEM);
    EXPECT_EQ(table_, nullptr);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(rv_local_table_add(&table_, &locals[i], Value(i + 1)), 0);
    }
    rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
    EXPECT_EQ(rv_local_table_add(&table_, &locals[4], Value(5)), -ENOMEM);
    EXPECT_EQ(table_->count, 4U);
    EXPECT_EQ(Find(&locals[3]), Value(4));
    EXPECT_EQ(Find(&locals[4]), nullptr);
}

} // namespace
