// At stake: a stack that overlaps another, has no guard, or is freed under its
// user's feet is silent corruption of whatever lies beside it. Shown by walking
// to the edges of stacks, some of it in child processes that must die.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/context/fibers.h"

#include "gtest/gtest.h"

extern "C" {
#include "src/base/rng.h"
#include "src/context/stack.h"
}

namespace
{

constexpr size_t kKiB = 1024;
constexpr size_t kGuard = 68 * kKiB;
constexpr size_t kHeaderAndColourMax = 128 + 16 * 64;
constexpr rv_stack_class kClasses[] = {RV_STACK_16K, RV_STACK_64K,
                                       RV_STACK_256K};

rv_stack *New(rv_stack_class size_class)
{
    rv_stack *stack = nullptr;
    EXPECT_EQ(rv_stack_new(size_class, &stack), 0);
    return stack;
}

// Runs `entry` on the stack; it ends by LeaveAndFree or LeaveFor.
void RunOn(Worker *worker, rv_stack *stack, void (*entry)(rv_handoff *))
{
    worker->data = stack;
    rv_stack_arm(stack, entry);
    Switch(worker, &worker->thread, &stack->fiber);
}

rv_stack *StackOf(rv_handoff *h)
{
    return static_cast<rv_stack *>(Worker::Of(h)->data);
}

void FreeLeft(rv_handoff *h, void *arg)
{
    rv_fiber_fini(h->from);
    rv_stack_free(static_cast<rv_stack *>(arg));
}

[[noreturn]] void LeaveAndFree(rv_handoff *h)
{
    rv_stack *stack = StackOf(h);
    SwitchFinal(Worker::Of(h), &stack->fiber, &Worker::Of(h)->thread, FreeLeft,
                stack);
}

// Keeps the compiler from leaving an array out of its frame.
void KeepInFrame(char *array)
{
    __asm__ volatile("" : : "r"(array) : "memory");
}

TEST(StackTest, HeaderIsAtMostTwoLines)
{
    EXPECT_LE(sizeof(rv_stack), 128u);
}

TEST(StackTest, ClassForTakesEverySizeOrRefusesIt)
{
    EXPECT_EQ(rv_stack_class_for(0), RV_STACK_64K);
    EXPECT_EQ(rv_stack_class_for(1), RV_STACK_16K);
    EXPECT_EQ(rv_stack_class_for(16384), RV_STACK_16K);
    EXPECT_EQ(rv_stack_class_for(16385), RV_STACK_64K);
    EXPECT_EQ(rv_stack_class_for(65536), RV_STACK_64K);
    EXPECT_EQ(rv_stack_class_for(65537), RV_STACK_256K);
    EXPECT_EQ(rv_stack_class_for(262144), RV_STACK_256K);
    EXPECT_EQ(rv_stack_class_for(262145), -EINVAL);
    EXPECT_EQ(rv_stack_class_for(SIZE_MAX - 100), -EINVAL);
    EXPECT_EQ(rv_stack_class_for(SIZE_MAX), -EINVAL);
}

TEST(StackTest, NewStackHasItsSizeAllOfItUsable)
{
    for (rv_stack_class c : kClasses) {
        rv_stack *stack = New(c);

        EXPECT_EQ(stack->size_class, c);
        EXPECT_EQ(stack->owner, nullptr);
        EXPECT_GE(stack->fiber.size + kHeaderAndColourMax, rv_stack_size(c));
        EXPECT_EQ(stack->fiber.low + stack->fiber.size,
                  reinterpret_cast<char *>(stack));
        memset(stack->fiber.low, 0x5a, stack->fiber.size);

        rv_stack_free(stack);
    }
}

TEST(StackTest, NeighboursHaveDifferentColours)
{
    std::vector<rv_stack *> stacks;
    std::set<uintptr_t> offsets;
    for (int i = 0; i < 16; i++) {
        stacks.push_back(New(RV_STACK_64K));
        offsets.insert(reinterpret_cast<uintptr_t>(stacks.back()) % 4096);
    }

    EXPECT_EQ(offsets.size(), 16u);
    for (rv_stack *stack : stacks) {
        rv_stack_free(stack);
    }
}

TEST(StackTest, FreedStackIsHandedOutNextWithoutItsOwner)
{
    rv_stack *first = New(RV_STACK_64K);
    first->owner = first;
    rv_stack_free(first);

    rv_stack *second = New(RV_STACK_64K);

    EXPECT_EQ(second, first);
    EXPECT_EQ(second->owner, nullptr);
    rv_stack_free(second);
}

TEST(StackTest, FetchWarmGivesTheStackFreedLastAtTheEnd)
{
    rv_stack *stacks[] = {New(RV_STACK_16K), New(RV_STACK_16K),
                          New(RV_STACK_16K)};
    rv_stack_free_many(RV_STACK_16K, stacks, 3);
    rv_stack *fetched[2];

    ASSERT_EQ(rv_stack_fetch_warm(RV_STACK_16K, fetched, 2), 2u);

    EXPECT_EQ(fetched[0], stacks[1]);
    EXPECT_EQ(fetched[1], stacks[2]);
    rv_stack_free_many(RV_STACK_16K, fetched, 2);
}

TEST(StackTest, CoversTheStackAndNothingBesideIt)
{
    rv_stack *stack = New(RV_STACK_64K);
    char *low = stack->fiber.low;

    EXPECT_TRUE(rv_stack_covers(stack, low));
    EXPECT_TRUE(rv_stack_covers(stack, reinterpret_cast<char *>(stack) - 1));
    EXPECT_FALSE(rv_stack_covers(stack, low - 1));
    EXPECT_FALSE(rv_stack_covers(stack, stack));
    EXPECT_FALSE(rv_stack_covers(stack, nullptr));
    rv_stack_free(stack);
}

TEST(StackTest, FaultAddressLeadsToItsStack)
{
    for (rv_stack_class c : kClasses) {
        rv_stack *stack = New(c);
        rv_stack *other = New(c);
        char *low = stack->fiber.low;

        EXPECT_EQ(rv_stack_of_fault(low - kGuard), stack);
        EXPECT_EQ(rv_stack_of_fault(low - 1), stack);
        EXPECT_EQ(rv_stack_of_fault(low), stack);
        EXPECT_EQ(rv_stack_of_fault(stack), stack);
        EXPECT_EQ(rv_stack_of_fault(low + rv_stack_size(c) - 1), stack);
        EXPECT_NE(rv_stack_of_fault(low - kGuard - 1), stack);
        EXPECT_EQ(rv_stack_of_fault(other->fiber.low), other);

        rv_stack_free(other);
        rv_stack_free(stack);
    }
}

TEST(StackTest, AddressElsewhereIsNobodysFault)
{
    int local = 0;
    std::vector<char> heap(1);
    rv_stack *mine = New(RV_STACK_256K);
    // Beyond the last one made are addresses of stacks that are yet to be.
    rv_stack *last = mine;
    for (rv_stack *s = mine; s != nullptr;) {
        last = s;
        s = rv_stack_of_fault(s->fiber.low + rv_stack_size(RV_STACK_256K));
    }

    EXPECT_EQ(rv_stack_of_fault(nullptr), nullptr);
    EXPECT_EQ(rv_stack_of_fault(&local), nullptr);
    EXPECT_EQ(rv_stack_of_fault(heap.data()), nullptr);
    EXPECT_EQ(rv_stack_of_fault(last->fiber.low + (1 << 20)), nullptr);
    rv_stack_free(mine);
}

__attribute__((noinline)) size_t RoomOneCallDeeper(rv_stack *stack)
{
    return rv_stack_room(stack);
}

TEST(StackTest, RoomShrinksWithTheDepthOfCalls)
{
    static size_t here;
    static size_t below;
    Worker worker;
    rv_stack *stack = New(RV_STACK_64K);

    RunOn(&worker, stack, [](rv_handoff *h) {
        here = rv_stack_room(StackOf(h));
        below = RoomOneCallDeeper(StackOf(h));
        LeaveAndFree(h);
    });

    EXPECT_LT(here, rv_stack_size(RV_STACK_64K));
    EXPECT_GT(here, rv_stack_size(RV_STACK_64K) - 4096);
    EXPECT_LT(below, here);
    EXPECT_GT(below, here - 4096);
}

TEST(StackTest, StackIsFreedByTheContextAfterIt)
{
    Worker worker;
    static int lives;
    lives = 0;

    for (int i = 0; i < 20 * 1000; i++) {
        RunOn(&worker, New(kClasses[i % 3]), [](rv_handoff *h) {
            volatile char use[4 * kKiB];
            memset(const_cast<char *>(use), 1, sizeof(use));
            lives++;
            LeaveAndFree(h);
        });
    }

    EXPECT_EQ(lives, 20 * 1000);
}

__attribute__((noinline)) int ParkBelow(rv_handoff *h, int depth)
{
    char frame[16];
    KeepInFrame(frame);
    if (depth == 0) {
        rv_stack *stack = StackOf(h);
        Switch(Worker::Of(h), &stack->fiber, &Worker::Of(h)->thread);
        return 0;
    }
    int below = ParkBelow(h, depth - 1);
    KeepInFrame(frame);
    return below + 1;
}

// Without its fiber hooks the thread sanitizer takes the calls of all of them
// for those of one stack, which is then far too deep.
TEST(StackTest, ManyTasksParkDeepInTheirCalls)
{
    static int64_t depths;
    depths = 0;
    Worker worker;
    std::vector<rv_stack *> stacks(1000);

    for (rv_stack *&stack : stacks) {
        stack = New(RV_STACK_64K);
        RunOn(&worker, stack, [](rv_handoff *h) {
            rv_stack *self = StackOf(h);
            depths += ParkBelow(h, 100);
            Worker::Of(h)->data = self;
            LeaveAndFree(h);
        });
    }
    for (rv_stack *stack : stacks) {
        Switch(&worker, &worker.thread, &stack->fiber);
    }

    EXPECT_EQ(depths, 100 * 1000);
}

TEST(StackDeathTest, FreeingTheStackOneRunsOnStopsTheProcess)
{
    EXPECT_DEATH(
        {
            Worker worker;
            RunOn(&worker, New(RV_STACK_64K), [](rv_handoff *h) {
                rv_stack_free(StackOf(h));
                _exit(0);
            });
        },
        "rove: .*freed by who runs on it");
}

TEST(StackDeathTest, FreeingTwiceStopsTheProcess)
{
    rv_stack *stack = New(RV_STACK_64K);
    rv_stack_free(stack);

    EXPECT_DEATH(rv_stack_free(stack), "rove: .*freed twice");
}

TEST(StackDeathTest, GuardStopsTheFirstByteBelow)
{
    for (rv_stack_class c : kClasses) {
        rv_stack *stack = New(c);
        volatile char *low = stack->fiber.low;

        EXPECT_DEATH(low[-1] = 1, "");
        EXPECT_DEATH(low[-static_cast<ptrdiff_t>(kGuard)] = 1, "");
        rv_stack_free(stack);
    }
}

TEST(StackDeathTest, GuardSurvivesReuse)
{
    rv_stack *stack = New(RV_STACK_16K);
    rv_stack_free(stack);
    stack = New(RV_STACK_16K);
    volatile char *low = stack->fiber.low;

    EXPECT_DEATH(low[-1] = 1, "");
    rv_stack_free(stack);
}

__attribute__((noinline)) int UseHugeFrame()
{
    char frame[300 * kKiB];
    frame[0] = 1;
    KeepInFrame(frame);
    return frame[0];
}

TEST(StackDeathTest, FrameLargerThanStackAndGuardDoesNotJumpOver)
{
    EXPECT_DEATH(
        {
            Worker worker;
            // What a jump over the guard would land in.
            rv_stack *below[3];
            for (rv_stack *&stack : below) {
                stack = New(RV_STACK_64K);
            }
            RunOn(&worker, New(RV_STACK_64K),
                  [](rv_handoff *) { _exit(UseHugeFrame() == 1 ? 0 : 1); });
        },
        "");
}

// A misaligned stack makes movaps fault.
__attribute__((noinline)) bool FrameIsAligned()
{
    alignas(16) char local[16];
    __asm__ volatile("movaps %%xmm0, %0" : "=m"(local));
    return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) % 16 == 0;
}

TEST(StackTest, EveryClassAndColourIsAligned)
{
    static int aligned;
    aligned = 0;
    Worker worker;
    std::vector<rv_stack *> stacks;

    for (rv_stack_class c : kClasses) {
        for (int colour = 0; colour < 16; colour++) {
            stacks.push_back(New(c));
            RunOn(&worker, stacks.back(), [](rv_handoff *h) {
                aligned += FrameIsAligned();
                SwitchFinal(Worker::Of(h), &StackOf(h)->fiber,
                            &Worker::Of(h)->thread);
            });
        }
    }

    EXPECT_EQ(aligned, 48);
    for (rv_stack *stack : stacks) {
        rv_fiber_fini(&stack->fiber);
        rv_stack_free(stack);
    }
}

// With a stride of 32 pages all hot pages would agree in five bits.
TEST(StackTest, HotPagesDifferInTheLowBitsOfTheirNumbers)
{
    constexpr size_t kPages = 32;
    constexpr size_t kPage = 4 * kKiB;
    for (rv_stack_class c : kClasses) {
        std::vector<rv_stack *> stacks;
        std::set<uintptr_t> residues;
        for (size_t i = 0; i < 2 * kPages; i++) {
            stacks.push_back(New(c));
            residues.insert(reinterpret_cast<uintptr_t>(stacks.back()) / kPage %
                            kPages);
        }

        EXPECT_GE(residues.size(), kPages / 2);
        for (rv_stack *stack : stacks) {
            rv_stack_free(stack);
        }
    }
}

void UseStacks(uint64_t seed, std::atomic<int> *wrong)
{
    rv_rng rng;
    rv_rng_seed(&rng, seed);
    std::vector<rv_stack *> mine(16);
    for (int i = 0; i < 20 * 1000; i++) {
        rv_stack *&slot = mine[rv_rng_below(&rng, 16)];
        if (slot == nullptr) {
            if (rv_stack_new(kClasses[rv_rng_below(&rng, 3)], &slot) != 0) {
                *wrong += 1;
                continue;
            }
            *wrong += slot->owner != nullptr;
            slot->owner = &mine;
            slot->fiber.low[0] = static_cast<char>(seed);
        } else {
            *wrong += slot->owner != &mine ||
                      slot->fiber.low[0] != static_cast<char>(seed);
            rv_stack_free(slot);
            slot = nullptr;
        }
    }
    for (rv_stack *stack : mine) {
        if (stack != nullptr) {
            rv_stack_free(stack);
        }
    }
}

TEST(StackTest, NoStackIsEverHandedOutTwice)
{
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;

    for (uint64_t seed = 1; seed <= 4; seed++) {
        threads.emplace_back(UseStacks, seed, &wrong);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }

    EXPECT_EQ(wrong, 0);
}

// Only the stack of a parked task points to the block.
[[noreturn]] void ExitWithABlockHeldByAStack(bool is_parked)
{
    Worker worker;
    rv_stack *stack = New(RV_STACK_64K);
    RunOn(&worker, stack, [](rv_handoff *h) {
        void *volatile block = malloc(77);
        memset(block, 1, 77);
        Worker *w =
            Switch(Worker::Of(h), &StackOf(h)->fiber, &Worker::Of(h)->thread);
        (void)w;
        _exit(block == nullptr ? 1 : 2);
    });
    if (!is_parked) {
        rv_fiber_fini(&stack->fiber);
        rv_stack_free(stack);
    }
    exit(0);
}

TEST(StackDeathTest, BlockHeldByAParkedTaskIsNoLeak)
{
    EXPECT_EXIT(ExitWithABlockHeldByAStack(true), testing::ExitedWithCode(0),
                "");
}

#ifdef RV_ASAN
TEST(StackDeathTest, BlockOnAFreeStackIsALeak)
{
    EXPECT_DEATH(ExitWithABlockHeldByAStack(false), "LeakSanitizer");
}
#endif

} // namespace
