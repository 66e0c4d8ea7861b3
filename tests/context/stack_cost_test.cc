// At stake: a million parked tasks. Shown on fewer, by what the kernel says
// that they cost, and past the number at which guards by mprotect run into the
// limit of mappings.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/context/fibers.h"

#include "gtest/gtest.h"

extern "C" {
#include "src/context/stack.h"
}

namespace
{

#if defined(RV_ASAN) || defined(RV_TSAN)
constexpr size_t kStacks = 2000;
constexpr bool kCountsMemory = false;
#else
constexpr size_t kStacks = 40 * 1000;
constexpr bool kCountsMemory = true;
#endif

// A value of /proc/self/status, in bytes.
double StatusBytes(const std::string &key)
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.compare(0, key.size(), key) == 0) {
            return std::stod(line.substr(key.size())) * 1024;
        }
    }
    return -1;
}

size_t CountMappings()
{
    std::ifstream maps("/proc/self/maps");
    return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(maps),
                                          std::istreambuf_iterator<char>(),
                                          '\n'));
}

void Park(rv_handoff *h)
{
    auto *stack = static_cast<rv_stack *>(Worker::Of(h)->data);
    Switch(Worker::Of(h), &stack->fiber, &Worker::Of(h)->thread);
}

// Parks one task on a new stack; false when there is none.
bool ParkOne(Worker *worker, std::vector<rv_stack *> *parked)
{
    rv_stack *stack = nullptr;
    int err = rv_stack_new(RV_STACK_64K, &stack);
    if (err != 0) {
        EXPECT_EQ(err, -ENOMEM);
        return false;
    }
    worker->data = stack;
    rv_stack_arm(stack, Park);
    Switch(worker, &worker->thread, &stack->fiber);
    parked->push_back(stack);
    return true;
}

TEST(StackCostTest, ParkedTaskCostsAPageAndNoMapping)
{
    Worker worker;
    std::vector<rv_stack *> parked;
    parked.reserve(kStacks);
    ASSERT_TRUE(ParkOne(&worker, &parked));
    double rss = StatusBytes("VmRSS:");
    double tables = StatusBytes("VmPTE:");
    size_t mappings = CountMappings();

    // Without MADV_GUARD_INSTALL the limit of mappings ends this early, in an
    // orderly way.
    while (parked.size() < kStacks && ParkOne(&worker, &parked)) {
    }

    auto count = static_cast<double>(parked.size());
    rss = (StatusBytes("VmRSS:") - rss) / count;
    tables = (StatusBytes("VmPTE:") - tables) / count;
    printf("%zu parked: %.1f B of memory and %.1f B of page tables each\n",
           parked.size(), rss, tables);
    EXPECT_GT(parked.size(), 1000u);
    if (kCountsMemory && parked.size() == kStacks) {
        EXPECT_LT(rss, 4096 + 64);
        EXPECT_LT(tables, 256 + 16);
        EXPECT_LT(CountMappings(), mappings + 16);
    }
    for (rv_stack *stack : parked) {
        rv_fiber_fini(&stack->fiber);
        rv_stack_free(stack);
    }

    // Whatever the end was, stacks are to be had again.
    rv_stack *stack = nullptr;
    ASSERT_EQ(rv_stack_new(RV_STACK_64K, &stack), 0);
    rv_stack_free(stack);
}

} // namespace
