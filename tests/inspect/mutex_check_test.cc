// At stake: a wait under a pthread mutex deadlocks a worker one day in a
// thousand; it is to be found on every day, with both places, and what is no
// mistake is not to be reported.
#include <mutex>
#include <pthread.h>
#include <string>
#include <vector>

#include "rove/rove.h"

#include "tests/support/with_runtime.h"

// Functions whose names the reports are to show.
extern "C" __attribute__((noinline)) void LockInTest(pthread_mutex_t *mutex)
{
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
}

extern "C" __attribute__((noinline)) void SleepInTest()
{
    EXPECT_EQ(rove_sleep(ROVE_US), 0);
}

namespace
{

class MutexCheckTest : public ::testing::Test
{
  protected:
    // In a task, on one worker: a lock that is held across a wait is at least
    // unlocked by its owner.
    void Run(const std::function<void()> &body)
    {
        rove_options options = OptionsFor({1, ROVE_SINGLE});
        options.report = Keep;
        options.report_context = this;
        Body main = [&] {
            body();
            return 0;
        };
        EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
    }

    int Reports() const
    {
        int count = 0;
        for (const std::string &line : lines_) {
            count += line.find("waits while it holds") != std::string::npos;
        }
        return count;
    }

    // The line, from the given one on, that contains a text; -1: there is none.
    int Find(const std::string &text, int from) const
    {
        for (size_t i = static_cast<size_t>(from); i < lines_.size(); i++) {
            if (lines_[i].find(text) != std::string::npos) {
                return static_cast<int>(i);
            }
        }
        return -1;
    }

    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    std::vector<std::string> lines_;

  private:
    static void Keep(void *self, const char *line)
    {
        static_cast<MutexCheckTest *>(self)->lines_.push_back(line);
    }
};

TEST_F(MutexCheckTest, AWaitWithALockIsReportedWithBothStacks)
{
    Run([&] {
        rove_task_set_name(nullptr, "holder");
        LockInTest(&mutex_);
        SleepInTest();
        EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    });
    EXPECT_EQ(Reports(), 1);
    int locked = Find("locked here", 0);
    int waits = Find("waits here", 0);
    EXPECT_EQ(Find("'holder' waits while it holds", 0), 0);
    EXPECT_EQ(locked, 1);
    int lock_frame = Find("LockInTest", locked);
    EXPECT_TRUE(locked < lock_frame && lock_frame < waits) << lock_frame;
    EXPECT_GT(Find("SleepInTest", waits), waits);
}

TEST_F(MutexCheckTest, AWaitAfterTheUnlockIsNotReported)
{
    Run([&] {
        std::mutex second;
        for (int i = 0; i < 3; i++) {
            LockInTest(&mutex_);
            std::lock_guard<std::mutex> both(second);
            EXPECT_EQ(pthread_mutex_trylock(&mutex_), EBUSY);
            EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
        }
        SleepInTest();
    });
    EXPECT_EQ(lines_, std::vector<std::string>());
}

TEST_F(MutexCheckTest, AnotherTasksWaitIsNotReported)
{
    EXPECT_EQ(pthread_mutex_lock(&mutex_), 0); // by a plain thread
    Run([&] { SleepInTest(); });
    EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    EXPECT_EQ(Reports(), 0);
}

TEST_F(MutexCheckTest, APairOfPlacesIsReportedOnce)
{
    Run([&] {
        for (int i = 0; i < 10; i++) {
            LockInTest(&mutex_);
            SleepInTest();
            EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
        }
    });
    EXPECT_EQ(Reports(), 1);
}

// It has not suspended this time.
TEST_F(MutexCheckTest, ACallThatMayWaitCountsAsAWait)
{
    Run([&] {
        rove_mutex free = ROVE_MUTEX_INIT;
        EXPECT_EQ(pthread_mutex_trylock(&mutex_), 0);
        EXPECT_EQ(rove_mutex_lock(&free), 0);
        rove_mutex_unlock(&free);
        EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    });
    EXPECT_EQ(Reports(), 1);
}

// The child runs on its joiner's stack, which cannot go on before it.
TEST_F(MutexCheckTest, AJoinersLockIsReportedWhenItsChildWaits)
{
    Run([&] {
        LockInTest(&mutex_);
        rove_task *child = Spawn([] {
            SleepInTest();
            return 0;
        });
        EXPECT_EQ(rove_join(child), 0);
        EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    });
    EXPECT_GE(Reports(), 1);
}

} // namespace
