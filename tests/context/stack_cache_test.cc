// At stake: a stack lost from a cache is lost for good, one that is in two
// places runs two tasks. Shown by counting what goes in and what comes out.
#include <cerrno>
#include <set>
#include <vector>

#include "gtest/gtest.h"

extern "C" {
#include "src/context/stack_cache.h"
#include "tests/support/fault.h"
}

namespace
{

class StackCacheTest : public ::testing::Test
{
  protected:
    StackCacheTest()
    {
        EmptyTheDepot();
        rv_stack_cache_init(&cache_);
    }

    ~StackCacheTest() override
    {
        rv_fault_disarm();
        rv_stack_cache_fini(&cache_);
        for (rv_stack *stack : removed_) {
            rv_stack_free(stack);
        }
    }

    // Whatever other tests have left there, so that counts begin at zero.
    void EmptyTheDepot()
    {
        rv_stack *stack = nullptr;
        while (rv_stack_fetch_warm(RV_STACK_64K, &stack, 1) == 1) {
            removed_.push_back(stack);
        }
    }

    static std::vector<rv_stack *> MakeStacks(size_t count)
    {
        std::vector<rv_stack *> stacks(count);
        for (rv_stack *&stack : stacks) {
            EXPECT_EQ(rv_stack_new(RV_STACK_64K, &stack), 0);
        }
        return stacks;
    }

    void PutAll(const std::vector<rv_stack *> &stacks)
    {
        for (rv_stack *stack : stacks) {
            rv_stack_cache_put(&cache_, stack);
        }
    }

    rv_stack *Get()
    {
        return rv_stack_cache_get(&cache_, RV_STACK_64K);
    }

    // Takes the depot's free stacks, coldest first.
    static std::vector<rv_stack *> TakeWarm()
    {
        std::vector<rv_stack *> warm(1000);
        warm.resize(rv_stack_fetch_warm(RV_STACK_64K, warm.data(), 1000));
        return warm;
    }

    void FreeAll(const std::vector<rv_stack *> &stacks)
    {
        for (rv_stack *stack : stacks) {
            rv_stack_free(stack);
        }
    }

    rv_stack_cache cache_;
    std::vector<rv_stack *> removed_;
};

TEST_F(StackCacheTest, GetReturnsTheStackPutLast)
{
    std::vector<rv_stack *> stacks = MakeStacks(2);
    PutAll(stacks);

    rv_stack *first = Get();
    rv_stack *second = Get();

    EXPECT_EQ(first, stacks[1]);
    EXPECT_EQ(second, stacks[0]);
    FreeAll(stacks);
}

TEST_F(StackCacheTest, ClassesDoNotMix)
{
    rv_stack *small = nullptr;
    rv_stack *large = nullptr;
    ASSERT_EQ(rv_stack_new(RV_STACK_16K, &small), 0);
    ASSERT_EQ(rv_stack_new(RV_STACK_256K, &large), 0);
    rv_stack_cache_put(&cache_, small);
    rv_stack_cache_put(&cache_, large);

    EXPECT_EQ(rv_stack_cache_get(&cache_, RV_STACK_16K), small);
    EXPECT_EQ(rv_stack_cache_get(&cache_, RV_STACK_256K), large);
    rv_stack_free(small);
    rv_stack_free(large);
}

TEST_F(StackCacheTest, PutForgetsTheOwner)
{
    std::vector<rv_stack *> stacks = MakeStacks(1);
    stacks[0]->owner = this;
    PutAll(stacks);

    EXPECT_EQ(Get()->owner, nullptr);
    FreeAll(stacks);
}

TEST_F(StackCacheTest, GetFromAnEmptyCacheMakesAStack)
{
    rv_stack *stack = Get();

    ASSERT_NE(stack, nullptr);
    EXPECT_EQ(stack->size_class, RV_STACK_64K);
    rv_stack_free(stack);
}

TEST_F(StackCacheTest, FullCacheSpillsItsColderHalf)
{
    std::vector<rv_stack *> stacks = MakeStacks(RV_STACK_CACHE_SLOTS + 1);
    PutAll({stacks.begin(), stacks.end() - 1});
    ASSERT_TRUE(TakeWarm().empty());

    PutAll({stacks.back()});

    std::vector<rv_stack *> spilled = TakeWarm();
    EXPECT_EQ(spilled,
              std::vector<rv_stack *>(stacks.begin(), stacks.begin() + 32));
    for (size_t i = stacks.size(); i-- > 32;) {
        EXPECT_EQ(Get(), stacks[i]);
    }
    FreeAll(stacks);
}

TEST_F(StackCacheTest, EmptyCacheFetchesHalfAShelfFromTheDepot)
{
    std::vector<rv_stack *> stacks = MakeStacks(40);
    FreeAll(stacks);

    EXPECT_EQ(Get(), stacks.back());
    EXPECT_EQ(TakeWarm().size(), 8u);
    for (size_t i = 39; i-- > 8;) {
        EXPECT_EQ(Get(), stacks[i]);
    }
    FreeAll(stacks);
}

TEST_F(StackCacheTest, FiniReturnsEveryStackToTheDepot)
{
    std::vector<rv_stack *> stacks = MakeStacks(50);
    PutAll(stacks);

    rv_stack_cache_fini(&cache_);

    std::vector<rv_stack *> warm = TakeWarm();
    EXPECT_EQ(std::set<rv_stack *>(warm.begin(), warm.end()),
              std::set<rv_stack *>(stacks.begin(), stacks.end()));
    FreeAll(stacks);
}

TEST_F(StackCacheTest, GetReturnsNullWhenTheDepotCannotMakeAStack)
{
    rv_fault_arm("rv_pages_guard", 1, ENOMEM);

    EXPECT_EQ(Get(), nullptr);

    rv_stack *next = Get();
    ASSERT_NE(next, nullptr);
    rv_stack_free(next);
}

} // namespace
