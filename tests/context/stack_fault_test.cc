// At stake: when the kernel refuses a guard or an address range, a task must
// get an error and never a stack without guard, and the next task must be
// served again. Shown by refusing at each call. Each test has a class of stacks
// for itself, so that it begins without a slab.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <set>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "gtest/gtest.h"

extern "C" {
#include "src/context/stack.h"
#include "tests/support/fault.h"
}

namespace
{

class StackFaultTest : public ::testing::Test
{
  protected:
    ~StackFaultTest() override
    {
        rv_fault_disarm();
    }
};

using StackFaultDeathTest = StackFaultTest;

TEST_F(StackFaultTest, RefusedGuardIsAnErrorAndTheNextStackSucceeds)
{
    rv_stack *stack = nullptr;

    for (int error : {ENOMEM, EAGAIN}) {
        rv_fault_arm("rv_pages_guard", 1, error);
        EXPECT_EQ(rv_stack_new(RV_STACK_64K, &stack), -error);
        EXPECT_EQ(stack, nullptr);
    }
    rv_fault_arm("rv_pages_guard", 2, ENOMEM);
    ASSERT_EQ(rv_stack_new(RV_STACK_64K, &stack), 0);

    EXPECT_EQ(rv_fault_calls("rv_pages_guard"), 1u);
    volatile char *low = stack->fiber.low;
    EXPECT_DEATH(low[-1] = 1, "");
    rv_stack_free(stack);
}

TEST_F(StackFaultTest, FreeStacksAreHandedOutWhileNoneCanBeMade)
{
    std::vector<rv_stack *> stacks(10);
    for (rv_stack *&stack : stacks) {
        ASSERT_EQ(rv_stack_new(RV_STACK_64K, &stack), 0);
    }
    rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
    for (rv_stack *stack : stacks) {
        rv_stack_free(stack);
    }

    for (rv_stack *&stack : stacks) {
        EXPECT_EQ(rv_stack_new(RV_STACK_64K, &stack), 0);
    }

    for (rv_stack *stack : stacks) {
        rv_stack_free(stack);
    }
}

TEST_F(StackFaultTest, NoAddressSpaceIsEnomemAndTheNextStackSucceeds)
{
    rv_stack *stack = nullptr;

    rv_fault_arm_every("rv_pages_reserve", 1, ENOMEM);
    EXPECT_EQ(rv_stack_new(RV_STACK_256K, &stack), -ENOMEM);
    EXPECT_EQ(stack, nullptr);
    rv_fault_disarm();

    ASSERT_EQ(rv_stack_new(RV_STACK_256K, &stack), 0);
    rv_stack_free(stack);
}

TEST_F(StackFaultTest, SmallerSlabsServeWhereLargeOnesAreRefused)
{
    std::vector<rv_stack *> stacks;
    std::set<uintptr_t> lows;
    rv_fault_arm("rv_pages_reserve", 1, ENOMEM);

    // The slab of 64 MiB that is had instead holds 838 stacks of this class.
    for (int i = 0; i < 2000; i++) {
        rv_stack *stack = nullptr;
        ASSERT_EQ(rv_stack_new(RV_STACK_16K, &stack), 0);
        stacks.push_back(stack);
        lows.insert(reinterpret_cast<uintptr_t>(stack->fiber.low));
    }

    EXPECT_EQ(rv_fault_calls("rv_pages_reserve"), 3u);
    ASSERT_EQ(lows.size(), stacks.size());
    for (uintptr_t low : lows) {
        auto next = lows.upper_bound(low);
        EXPECT_TRUE(next == lows.end() || *next - low >= (16 + 64) * 1024u);
    }
    for (rv_stack *stack : stacks) {
        EXPECT_EQ(rv_stack_of_fault(stack->fiber.low - 1), stack);
        rv_stack_free(stack);
    }
}

#if !defined(RV_ASAN) && !defined(RV_TSAN)

// Uses up an address space that has room for a few small slabs only. Exits with
// 0 if stacks were had from them and the end was an error.
[[noreturn]] void ExhaustAddressSpace()
{
    size_t pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == nullptr || fscanf(statm, "%zu", &pages) != 1) {
        _exit(2);
    }
    rlim_t limit = pages * 4096 + (40u << 20);
    rlimit limits = {limit, limit};
    setrlimit(RLIMIT_AS, &limits);

    rv_stack *stack = nullptr;
    int count = 0;
    int err = 0;
    while ((err = rv_stack_new(RV_STACK_256K, &stack)) == 0) {
        count++;
    }
    // A slab of 4 MiB holds 12.
    _exit(err == -ENOMEM && count >= 12 && count % 12 == 0 ? 0 : 1);
}

TEST_F(StackFaultDeathTest, FullAddressSpaceIsEnomem)
{
    EXPECT_EXIT(ExhaustAddressSpace(), testing::ExitedWithCode(0), "");
}

// On a kernel without MADV_GUARD_INSTALL the guards use up the mappings. Exits
// with 0 if the end is an error, and free stacks are still to be had.
[[noreturn]] void ExhaustMappings()
{
    rv_fault_arm_every("madvise", 1, EINVAL);
    rv_stack *stack = nullptr;
    int count = 0;
    int err = 0;
    while (count < 40 * 1000 && err == 0) {
        err = rv_stack_new(RV_STACK_64K, &stack);
        count += err == 0;
    }
    bool is_orderly = err == 0 || err == -ENOMEM;
    rv_stack_free(stack);
    rv_stack *again = nullptr;
    err = rv_stack_new(RV_STACK_64K, &again);
    _exit(is_orderly && count > 1000 && err == 0 && again == stack ? 0 : 1);
}

TEST_F(StackFaultDeathTest, MappingsUsedUpByGuardsAreEnomem)
{
    EXPECT_EXIT(ExhaustMappings(), testing::ExitedWithCode(0), "");
}

#endif

} // namespace
