// What is at stake: the rest of the library trusts the words in atomic.h to do
// what their names say. Shown by the result and the effect of each kind of
// operation, and by threads that race on one word.
#include <cstdint>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" {
#include "src/base/align.h"
#include "src/base/atomic.h"
}

namespace
{

constexpr int kThreads = 4;
constexpr int kRounds = 20000;

template <typename Body> void RunThreads(Body body)
{
    std::vector<std::thread> threads;

    for (int t = 0; t < kThreads; t++) {
        threads.emplace_back(body);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

TEST(AtomicTest, WordsAreAsLargeAsWhatTheyHold)
{
    EXPECT_EQ(sizeof(rv_atomic_u32), sizeof(uint32_t));
    EXPECT_EQ(sizeof(rv_atomic_u64), sizeof(uint64_t));
    EXPECT_EQ(sizeof(rv_atomic_ptr), sizeof(void *));
}

TEST(AtomicTest, FetchOperationsReturnTheOldValue)
{
    rv_atomic_u32 a = {6};
    rv_atomic_u64 b = {6};

    EXPECT_EQ(rv_u32_fetch_add_seq_cst(&a, 1), 6u);
    EXPECT_EQ(rv_u32_fetch_sub_acq_rel(&a, 2), 7u);
    EXPECT_EQ(rv_u32_fetch_or_relaxed(&a, 8), 5u);
    EXPECT_EQ(rv_u32_fetch_and_acq_rel(&a, 12), 13u);
    EXPECT_EQ(rv_u32_exchange_acquire(&a, 1), 12u);
    EXPECT_EQ(rv_u32_load_relaxed(&a), 1u);

    EXPECT_EQ(rv_u64_fetch_add_relaxed(&b, UINT64_MAX), 6u);
    EXPECT_EQ(rv_u64_fetch_sub_seq_cst(&b, 1), 5u);
    EXPECT_EQ(rv_u64_fetch_or_seq_cst(&b, 8), 4u);
    EXPECT_EQ(rv_u64_fetch_and_relaxed(&b, 12), 12u);
    EXPECT_EQ(rv_u64_exchange_seq_cst(&b, 1), 12u);
    EXPECT_EQ(rv_u64_load_seq_cst(&b), 1u);
}

TEST(AtomicTest, FailedCasStoresWhatItFound)
{
    rv_atomic_u64 word = {5};
    uint64_t expected = 4;
    int things[2];
    rv_atomic_ptr pointer = {&things[0]};
    void *thing = &things[1];

    EXPECT_FALSE(rv_u64_cas_seq_cst(&word, &expected, 6));
    EXPECT_EQ(expected, 5u);
    EXPECT_TRUE(rv_u64_cas_acq_rel(&word, &expected, 6));
    EXPECT_EQ(rv_u64_load_acquire(&word), 6u);

    EXPECT_FALSE(rv_ptr_cas_acq_rel(&pointer, &thing, nullptr));
    EXPECT_EQ(thing, &things[0]);
    EXPECT_TRUE(rv_ptr_cas_release(&pointer, &thing, &things[1]));
    EXPECT_EQ(rv_ptr_exchange_acq_rel(&pointer, nullptr), &things[1]);

    rv_atomic_u32 small = {5};
    uint32_t guess = 4;
    EXPECT_FALSE(rv_u32_cas_relaxed(&small, &guess, 6));
    EXPECT_EQ(guess, 5u);
    EXPECT_TRUE(rv_u32_cas_relaxed(&small, &guess, 6));
    EXPECT_EQ(rv_u32_load_relaxed(&small), 6u);
}

TEST(AtomicTest, NoIncrementIsLost)
{
    rv_atomic_u32 added = {0};
    rv_atomic_u64 swapped = {0};

    RunThreads([&] {
        for (int i = 0; i < kRounds; i++) {
            uint64_t old = rv_u64_load_relaxed(&swapped);

            rv_u32_fetch_add_relaxed(&added, 1);
            while (!rv_u64_cas_acquire(&swapped, &old, old + 1)) {
            }
        }
    });

    EXPECT_EQ(rv_u32_load_relaxed(&added), uint32_t{kThreads * kRounds});
    EXPECT_EQ(rv_u64_load_relaxed(&swapped), uint64_t{kThreads * kRounds});
}

// TSan is the judge here: it reports `plain` if release and acquire do not
// pair.
TEST(AtomicTest, AcquireSeesWhatWasWrittenBeforeRelease)
{
    rv_atomic_u32 turn = {0};
    long plain = 0;

    RunThreads([&] {
        for (int i = 0; i < kRounds; i++) {
            uint32_t free = 0;

            while (!rv_u32_cas_acquire(&turn, &free, 1)) {
                free = 0;
                std::this_thread::yield();
            }
            plain++;
            rv_u32_store_release(&turn, 0);
        }
    });

    EXPECT_EQ(plain, long{kThreads} * kRounds);
}

TEST(AlignTest, OwnLineStartsOnALine)
{
    struct two {
        char a;
        RV_OWN_LINE char b;
    };

    EXPECT_EQ(offsetof(two, b) % RV_CACHE_LINE, 0u);
    EXPECT_EQ(sizeof(two) % RV_CACHE_LINE, 0u);
}

} // namespace
