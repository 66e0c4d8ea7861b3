// What is at stake: two threads in one section, or a waiter that never comes
// back. Shown by plain data inside the section, which TSan watches too, and by
// locks that are freed as soon as their last holder is out.
#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" {
#include "src/base/atomic.h"
#include "src/platform/lock.h"
#include "src/platform/os_thread.h"
#include "tests/support/fault.h"
}

namespace
{

constexpr int kThreads = 4;

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

uint32_t WordOf(const rv_lock &lock)
{
    return rv_u32_load_relaxed(&lock.word);
}

TEST(LockTest, ZeroMemoryIsAFreeLock)
{
    rv_lock zero = {};
    rv_lock made;

    rv_lock_init(&made);

    EXPECT_TRUE(rv_lock_try(&zero));
    EXPECT_TRUE(rv_lock_try(&made));
}

TEST(LockTest, TryRefusesAHeldLock)
{
    rv_lock lock = {};

    rv_lock_acquire(&lock);
    EXPECT_FALSE(rv_lock_try(&lock));
    rv_lock_release(&lock);
    EXPECT_TRUE(rv_lock_try(&lock));
    rv_lock_release(&lock);

    EXPECT_EQ(WordOf(lock), uint32_t{RV_LOCK_FREE});
}

TEST(LockTest, OneThreadAtATimeIsInside)
{
    constexpr int kRounds = 20000;
    rv_lock lock = {};
    long inside = 0;
    long entries = 0;

    RunThreads([&] {
        for (int i = 0; i < kRounds; i++) {
            if (i % 4 != 0 || !rv_lock_try(&lock)) {
                rv_lock_acquire(&lock);
            }
            EXPECT_EQ(++inside, 1);
            entries++;
            if (i % 1024 == 0) {
                rv_thread_yield();
            }
            inside--;
            rv_lock_release(&lock);
        }
    });

    EXPECT_EQ(entries, long{kThreads} * kRounds);
    EXPECT_EQ(WordOf(lock), uint32_t{RV_LOCK_FREE});
}

// The holder keeps the lock until each of the others has napped.
TEST(LockTest, WhoNapsComesBackWithoutAWake)
{
    rv_lock lock = {};
    std::vector<std::thread> waiters;
    int entries = 0;

    rv_fault_arm("rv_futex_wait", UINT64_MAX, EINVAL);
    rv_lock_acquire(&lock);
    for (int t = 0; t < kThreads; t++) {
        waiters.emplace_back([&] {
            rv_lock_acquire(&lock);
            entries++;
            rv_lock_release(&lock);
        });
    }
    while (rv_fault_calls("rv_futex_wait") < 10 * kThreads) {
        rv_thread_yield();
    }
    rv_lock_release(&lock);
    for (std::thread &waiter : waiters) {
        waiter.join();
    }
    rv_fault_disarm();

    EXPECT_EQ(entries, kThreads);
    EXPECT_EQ(WordOf(lock), uint32_t{RV_LOCK_FREE});
}

// With ASan: whoever leaves last frees the lock while the one before may still
// be on its way out of rv_lock_release.
TEST(LockTest, NextHolderMayFreeTheLock)
{
    struct Shared {
        rv_lock lock;
        int users;
    };

    for (int round = 0; round < 500; round++) {
        auto *shared = new Shared{{}, kThreads};

        RunThreads([shared] {
            bool is_last;

            rv_lock_acquire(&shared->lock);
            is_last = --shared->users == 0;
            rv_lock_release(&shared->lock);
            if (is_last) {
                delete shared;
            }
        });
    }
}

TEST(LockTest, NapsThatEndAtOnceLetNobodyIn)
{
    constexpr int kRounds = 5000;
    rv_lock lock = {};
    long entries = 0;

    rv_fault_arm_every("rv_futex_wait", 1, EINTR);
    RunThreads([&] {
        for (int i = 0; i < kRounds; i++) {
            rv_lock_acquire(&lock);
            entries++;
            rv_lock_release(&lock);
        }
    });
    rv_fault_disarm();

    EXPECT_EQ(entries, long{kThreads} * kRounds);
}

#ifndef NDEBUG
TEST(LockDeathTest, ReleaseOfAFreeLockStopsTheProcess)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    rv_lock lock = {};

    EXPECT_EXIT(rv_lock_release(&lock), ::testing::KilledBySignal(SIGABRT), "");
}
#endif

} // namespace
