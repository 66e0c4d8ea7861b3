// At stake: a signal reaches one who waits, in the order they came, and on
// every return the caller owns the mutex.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class CondTest : public WithRuntime
{
  protected:
    // Waits once; what the wait returned.
    rove_task *Waiter(int number)
    {
        return Spawn([this, number] {
            EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
            int error = rove_cond_wait(&cond_, &mutex_);
            order_.push_back(number);
            rove_mutex_unlock(&mutex_);
            return error;
        });
    }

    std::vector<rove_task *> Waiters(int n)
    {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < n; i++) {
            tasks.push_back(Waiter(i));
            EXPECT_TRUE(ComesToBeInLine(cond_, i + 1));
        }
        return tasks;
    }

    rove_mutex mutex_ = ROVE_MUTEX_INIT;
    rove_cond cond_ = ROVE_COND_INIT;
    std::vector<int> order_; // under the mutex
};

INSTANTIATE_TEST_SUITE_P(Designs, CondTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(CondTest, SignalsAreForThoseWhoWait)
{
    InTask([this] {
        rove_cond_signal(&cond_);
        rove_cond_broadcast(&cond_);
        std::vector<rove_task *> tasks = Waiters(1);
        for (int i = 0; i < 10; i++) {
            EXPECT_EQ(rove_yield(), 0);
        }
        EXPECT_EQ(InLine(cond_), 1);
        rove_cond_signal(&cond_);
        EXPECT_EQ(rove_join(tasks[0]), 0);
    });
}

TEST_P(CondTest, SignalsWakeOneByOneInOrder)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Waiters(5);
        for (int i = 0; i < 5; i++) {
            rove_cond_signal(&cond_);
            EXPECT_EQ(InLine(cond_), 4 - i);
            EXPECT_EQ(rove_join(tasks[i]), 0);
        }
    });
    EXPECT_EQ(order_, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_P(CondTest, ABroadcastWakesAllWithTheMutexHeldToo)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Waiters(50);
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        rove_cond_broadcast(&cond_);
        EXPECT_EQ(InLine(cond_), 0);
        rove_mutex_unlock(&mutex_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
    EXPECT_EQ(order_.size(), 50U);
}

TEST_P(CondTest, ACancelledWaiterOwnsTheMutexWhenItReturns)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Waiters(2);
        EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
        rove_cancel(tasks[0]);
        EXPECT_TRUE(ComesToBeInLine(cond_, 1));
        EXPECT_TRUE(ComesToBeInLine(mutex_, 1)); // deaf, until it is unlocked
        rove_cancel(tasks[0]);
        EXPECT_TRUE(order_.empty());
        rove_mutex_unlock(&mutex_);
        EXPECT_EQ(rove_join(tasks[0]), -ECANCELED);
        rove_cond_signal(&cond_);
        EXPECT_EQ(rove_join(tasks[1]), 0);
    });
    EXPECT_EQ(order_, (std::vector<int>{0, 1}));
}

TEST_P(CondTest, ACancelledTaskWaitsNotAtAll)
{
    InTask([this] {
        rove_task *task = Spawn([this] {
            EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            EXPECT_EQ(rove_cond_wait(&cond_, &mutex_), -ECANCELED);
            rove_mutex_unlock(&mutex_);
            return 0;
        });
        EXPECT_TRUE(Eventually([this] {
            return __atomic_load_n(&mutex_.word, __ATOMIC_RELAXED) != 0;
        }));
        EXPECT_EQ(CancelAndJoin(task), 0);
    });
}

TEST_P(CondTest, PlainThreadsWaitAndSignal)
{
    InTask([this] {
        std::thread thread([this] {
            EXPECT_EQ(rove_mutex_lock(&mutex_), 0);
            EXPECT_EQ(rove_cond_wait(&cond_, &mutex_), 0);
            order_.push_back(0);
            rove_mutex_unlock(&mutex_);
        });
        EXPECT_TRUE(ComesToBeInLine(cond_, 1));
        rove_task *task = Waiter(1);
        EXPECT_TRUE(ComesToBeInLine(cond_, 2));
        rove_cond_signal(&cond_);
        thread.join();
        std::thread([this] { rove_cond_signal(&cond_); }).join();
        EXPECT_EQ(rove_join(task), 0);
    });
    EXPECT_EQ(order_, (std::vector<int>{0, 1}));
}

TEST(CondDeathTest, WaitingWithoutTheMutexIsMisuse)
{
    rove_mutex mutex = ROVE_MUTEX_INIT;
    rove_cond cond = ROVE_COND_INIT;
    EXPECT_DEATH((void)!rove_cond_wait(&cond, &mutex),
                 "rove: rove_cond_wait: the caller does not own the mutex");
}

} // namespace
