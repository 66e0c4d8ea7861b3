// What is at stake: every sleep of a plain thread ends here, and a wake-up that
// is missed is a hang. Shown by time-outs, signals, threads that hand a word to
// and fro, and wakes on memory that is gone.
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <gtest/gtest.h>
#include <pthread.h>
#include <thread>

extern "C" {
#include "src/base/atomic.h"
#include "src/base/clock.h"
#include "src/platform/futex.h"
#include "src/platform/pages.h"
}

namespace
{

TEST(FutexTest, ChangedWordDoesNotWait)
{
    rv_atomic_u32 word = {1};

    EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MAX), 0);
}

TEST(FutexTest, DeadlineInThePastTimesOut)
{
    rv_atomic_u32 word = {0};

    EXPECT_EQ(rv_futex_wait(&word, 0, rv_clock_now() - 1), -ETIMEDOUT);
    EXPECT_EQ(rv_futex_wait(&word, 0, 0), -ETIMEDOUT);
    EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MIN), -ETIMEDOUT);
}

TEST(FutexTest, TimeoutIsNeverEarly)
{
    rv_atomic_u32 word = {0};

    for (int i = 0; i < 100; i++) {
        int64_t deadline = rv_clock_now() + 10000 + 997 * i;

        while (rv_futex_wait(&word, 0, deadline) != -ETIMEDOUT) {
        }
        ASSERT_GE(rv_clock_now(), deadline);
    }
}

TEST(FutexTest, FarDeadlineIsNoError)
{
    rv_atomic_u32 word = {0};
    std::thread waker([&word] {
        rv_u32_store_release(&word, 1);
        rv_futex_wake(&word, 1);
    });

    while (rv_u32_load_acquire(&word) == 0) {
        EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MAX - 1), 0);
    }
    waker.join();
}

// Each side waits for the number that the other one writes.
TEST(FutexTest, NoWakeIsLost)
{
    constexpr uint32_t kRounds = 5000;
    rv_atomic_u32 word = {0};
    auto play = [&word](uint32_t parity) {
        uint32_t seen;

        while ((seen = rv_u32_load_acquire(&word)) < kRounds) {
            if (seen % 2 == parity) {
                rv_u32_store_release(&word, seen + 1);
                rv_futex_wake(&word, 1);
            } else {
                EXPECT_EQ(rv_futex_wait(&word, seen, INT64_MAX), 0);
            }
        }
    };
    std::thread odd(play, 1);

    play(0);
    odd.join();
    EXPECT_EQ(rv_u32_load_relaxed(&word), kRounds);
}

void ExpectSignalEndsTheWait(int flags)
{
    struct sigaction action = {};
    struct sigaction before;
    rv_atomic_u32 word = {0};
    rv_atomic_u32 is_back = {0};

    action.sa_handler = [](int) {};
    action.sa_flags = flags;
    ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
    std::thread waiter([&] {
        EXPECT_EQ(rv_futex_wait(&word, 0, INT64_MAX), 0);
        rv_u32_store_release(&is_back, 1);
    });

    while (rv_u32_load_acquire(&is_back) == 0) {
        pthread_kill(waiter.native_handle(), SIGUSR1);
        std::this_thread::yield();
    }
    waiter.join();
    EXPECT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

TEST(FutexTest, SignalEndsTheWait)
{
    ExpectSignalEndsTheWait(0);
}

TEST(FutexTest, SignalWhoseHandlerRestartsCallsEndsTheWait)
{
    ExpectSignalEndsTheWait(SA_RESTART);
}

TEST(FutexTest, WakeToleratesMemoryThatIsGone)
{
    size_t size = rv_pages_size();
    auto *word = static_cast<rv_atomic_u32 *>(rv_pages_reserve(size, size));

    ASSERT_NE(word, nullptr);
    rv_futex_wake(word, 1);
    rv_pages_release(word, size);
    rv_futex_wake(word, 1);
    // An address that no process owns: here the kernel does say EFAULT.
    rv_futex_wake(reinterpret_cast<rv_atomic_u32 *>(UINT64_C(1) << 63), 1);
}

TEST(FutexDeathTest, WaitOnMemoryThatIsGoneStopsTheProcess)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    auto *word = reinterpret_cast<rv_atomic_u32 *>(UINT64_C(1) << 63);

    EXPECT_EXIT(rv_futex_wait(word, 0, INT64_MAX),
                ::testing::KilledBySignal(SIGABRT),
                "rv_futex_wait: the word to wait on is not in memory");
}

} // namespace
