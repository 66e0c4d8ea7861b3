// At stake: one owner at a time; first come, first served; after a millisecond
// in line the mutex is handed over; who is cancelled passes on what it was
// given.

extern "C" {
#include "src/sync/mutex.h"
}

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

uint64_t WordOf(rove_mutex &mutex)
{
    return rv_u64_load_relaxed(&rv_mutex_of(&mutex)->word);
}

uint64_t OwnerOf(rove_mutex &mutex)
{
    return rv_mutex_owner(WordOf(mutex));
}

uint64_t FlagsOf(rove_mutex &mutex)
{
    return WordOf(mutex) - OwnerOf(mutex);
}

class MutexTest : public WithRuntime
{
  protected:
    void TearDown() override
    {
        EXPECT_EQ(FlagsOf(mutex_), 0U);
        EXPECT_EQ(OwnerOf(mutex_), 0U);
        EXPECT_EQ(InLine(mutex_), 0);
        WithRuntime::TearDown();
    }

    // A task that locks, notes its number, and unlocks.
    rove_task *Locker(int number)
    {
        return Spawn([this, number] {
            int error = rove_mutex_lock(&mutex_);
            if (error == 0) {
                order_.push_back(number);
                rove_mutex_unlock(&mutex_);
            }
            return error;
        });
    }

    rove_mutex mutex_ = ROVE_MUTEX_INIT;
    std::vector<int> order_; // under the mutex
};

INSTANTIATE_TEST_SUITE_P(Designs, MutexTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(MutexTest, ItKnowsItsOwner)
{
    InTask([this] {
        EXPECT_EQ(OwnerOf(mutex_), 0U);
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        EXPECT_EQ(OwnerOf(mutex_), reinterpret_cast<uint64_t>(rove_self()));
        EXPECT_EQ(FlagsOf(mutex_), 0U);
        EXPECT_EQ(rove_mutex_try_lock(&mutex_), -EBUSY);
        rove_mutex_unlock(&mutex_);
        EXPECT_EQ(WordOf(mutex_), 0U);
        EXPECT_EQ(rove_mutex_try_lock(&mutex_), 0);
        rove_mutex_unlock(&mutex_);
    });
}

TEST_P(MutexTest, AGuestOnTheStackIsSomebodyElse)
{
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        EXPECT_EQ(rove_join(Spawn([this] {
                      return static_cast<int64_t>(rove_mutex_try_lock(&mutex_));
                  })),
                  -EBUSY);
        rove_mutex_unlock(&mutex_);
    });
}

TEST_P(MutexTest, FirstComeFirstServed)
{
    constexpr int kLockers = 20;
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kLockers; i++) {
            tasks.push_back(Locker(i));
            EXPECT_TRUE(ComesToBeInLine(mutex_, i + 1));
        }
        rove_mutex_unlock(&mutex_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
    ASSERT_EQ(order_.size(), size_t{kLockers});
    for (int i = 0; i < kLockers; i++) {
        EXPECT_EQ(order_[i], i);
    }
}

TEST_P(MutexTest, AfterAMillisecondItIsHandedOver)
{
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        rove_task *first = Locker(1);
        EXPECT_TRUE(ComesToBeInLine(mutex_, 1));
        rove_task *second = Locker(2);
        EXPECT_TRUE(ComesToBeInLine(mutex_, 2));
        ComputeFor(RV_MUTEX_PATIENCE);
        rove_pin();
        rove_mutex_unlock(&mutex_);
        if (Workers() == 1) {
            EXPECT_EQ(rove_mutex_try_lock(&mutex_), -EBUSY);
            EXPECT_EQ(OwnerOf(mutex_), reinterpret_cast<uint64_t>(first));
        }
        rove_unpin();
        EXPECT_EQ(rove_join(first), 0);
        EXPECT_EQ(rove_join(second), 0);
    });
    EXPECT_EQ(order_, (std::vector<int>{1, 2}));
}

// Who runs may be faster than who was woken, which then is the first in line
// again.
TEST_P(MutexTest, BeforeThatTheFirstCompetesAndKeepsItsPlace)
{
    if (Workers() > 1) {
        return; // it could come too soon
    }
    bool competed = false;
    InTask([&] {
        for (int round = 0; round < 1000 && !competed; round++) {
            order_.clear();
            EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
            rove_task *first = Locker(1);
            EXPECT_TRUE(ComesToBeInLine(mutex_, 1));
            rove_task *second = Locker(2);
            EXPECT_TRUE(ComesToBeInLine(mutex_, 2));
            rove_mutex_unlock(&mutex_);
            if (rove_mutex_try_lock(&mutex_) == 0) {
                competed = true;
                EXPECT_EQ(FlagsOf(mutex_), RV_MUTEX_AWAKE);
                EXPECT_TRUE(ComesToBeInLine(mutex_, 2));
                EXPECT_EQ(FlagsOf(mutex_), RV_MUTEX_CROWDED);
                order_.push_back(0);
                rove_mutex_unlock(&mutex_);
            }
            EXPECT_EQ(rove_join(first), 0);
            EXPECT_EQ(rove_join(second), 0);
        }
    });
    EXPECT_TRUE(competed);
    EXPECT_EQ(order_, (std::vector<int>{0, 1, 2}));
}

TEST_P(MutexTest, WhoIsCancelledLeavesTheLine)
{
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 3; i++) {
            tasks.push_back(Locker(i));
            EXPECT_TRUE(ComesToBeInLine(mutex_, i + 1));
        }
        EXPECT_EQ(CancelAndJoin(tasks[1]), -ECANCELED);
        EXPECT_EQ(InLine(mutex_), 2);
        EXPECT_EQ(CancelAndJoin(tasks[0]), -ECANCELED);
        EXPECT_EQ(InLine(mutex_), 1);
        rove_mutex_unlock(&mutex_);
        EXPECT_EQ(rove_join(tasks[2]), 0);
    });
    EXPECT_EQ(order_, (std::vector<int>{2}));
}

TEST_P(MutexTest, AnEmptyLineIsForgotten)
{
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        rove_task *task = Locker(0);
        EXPECT_TRUE(ComesToBeInLine(mutex_, 1));
        EXPECT_EQ(CancelAndJoin(task), -ECANCELED);
        rove_mutex_unlock(&mutex_);
        EXPECT_EQ(WordOf(mutex_), 0U);
    });
}

// The first is woken, loses against who runs, and finds itself cancelled: the
// second gets what it was given, whether the mutex is held then or free.
TEST_P(MutexTest, ACancelledWaiterPassesItsWakeUpOn)
{
    InTask([this] {
        for (int i = 0; i < 200; i++) {
            EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
            rove_task *first = Locker(1);
            EXPECT_TRUE(ComesToBeInLine(mutex_, 1));
            rove_task *second = Locker(2);
            EXPECT_TRUE(ComesToBeInLine(mutex_, 2));
            rove_mutex_unlock(&mutex_);
            bool is_mine = rove_mutex_try_lock(&mutex_) == 0;
            rove_cancel(first);
            for (int yields = 0; yields < i % 3; yields++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            if (is_mine) {
                rove_mutex_unlock(&mutex_);
            }
            EXPECT_EQ(rove_join(second), 0);
            int64_t result = rove_join(first);
            EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
        }
    });
}

TEST_P(MutexTest, ACancelledTaskIsRefusedAFreeMutex)
{
    InTask([this] {
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            EXPECT_EQ(rove_mutex_lock(&mutex_), -ECANCELED);
            EXPECT_EQ(rove_mutex_try_lock(&mutex_), 0);
            rove_mutex_unlock(&mutex_);
            return 0;
        });
        EXPECT_EQ(CancelAndJoin(task), 0);
    });
}

TEST_P(MutexTest, ADeafLockIsNotCancelled)
{
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        rove_task *task = Spawn([this] {
            rv_mutex_lock_deaf(rv_mutex_of(&mutex_));
            order_.push_back(1);
            rove_mutex_unlock(&mutex_);
            return 0;
        });
        EXPECT_TRUE(ComesToBeInLine(mutex_, 1));
        rove_cancel(task);
        for (int i = 0; i < 20; i++) {
            EXPECT_EQ(rove_yield(), 0);
            EXPECT_EQ(InLine(mutex_), 1);
        }
        rove_mutex_unlock(&mutex_);
        EXPECT_EQ(rove_join(task), 0);
    });
    EXPECT_EQ(order_, (std::vector<int>{1}));
}

TEST_P(MutexTest, PlainThreadsStandInTheSameLine)
{
    constexpr int kEach = 5;
    InTask([this] {
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        std::vector<std::thread> threads;
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kEach; i++) {
            tasks.push_back(Locker(2 * i));
            EXPECT_TRUE(ComesToBeInLine(mutex_, 2 * i + 1));
            threads.emplace_back([this, i] {
                EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
                order_.push_back(2 * i + 1);
                rove_mutex_unlock(&mutex_);
            });
            EXPECT_TRUE(ComesToBeInLine(mutex_, 2 * i + 2));
        }
        rove_mutex_unlock(&mutex_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
    });
    ASSERT_EQ(order_.size(), size_t{2 * kEach});
    for (int i = 0; i < 2 * kEach; i++) {
        EXPECT_EQ(order_[i], i);
    }
}

TEST(MutexDeathTest, OnlyTheOwnerUnlocks)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    const char *line = "rove: rove_mutex_unlock: the caller does not own";
    EXPECT_DEATH(rove_mutex_unlock(&mutex), line);
    std::thread([&] { EXPECT_EQ(rove_mutex_try_lock(&mutex), 0); }).join();
    EXPECT_DEATH(rove_mutex_unlock(&mutex), line);
}

TEST(MutexDeathTest, LockingTwiceIsMisuse)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    EXPECT_EQ(rove_mutex_lock(&mutex), 0);
    EXPECT_DEATH((void)!rove_mutex_lock(&mutex),
                 "rove: rove_mutex_lock: the caller owns the mutex already");
    rove_mutex_unlock(&mutex);
}

} // namespace
