// At stake: who waits for an event goes on when it is set, all of them, once.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class EventTest : public WithRuntime
{
  protected:
    std::vector<rove_task *> Waiters(int n)
    {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < n; i++) {
            tasks.push_back(Spawn([this] { return rove_event_wait(&event_); }));
        }
        EXPECT_TRUE(ComesToBeInLine(event_, n));
        return tasks;
    }

    rove_event event_ = ROVE_EVENT_INIT;
};

INSTANTIATE_TEST_SUITE_P(Designs, EventTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(EventTest, ItStaysSetUntilCleared)
{
    InTask([this] {
        EXPECT_FALSE(rove_event_is_set(&event_));
        rove_event_set(&event_);
        rove_event_set(&event_);
        EXPECT_TRUE(rove_event_is_set(&event_));
        EXPECT_EQ(rove_event_wait(&event_), 0);
        rove_event_clear(&event_);
        EXPECT_FALSE(rove_event_is_set(&event_));
    });
}

TEST_P(EventTest, ASetWakesAllWhoWaitAlsoWhenClearedAtOnce)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Waiters(100);
        rove_event_set(&event_);
        rove_event_clear(&event_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        tasks = Waiters(2);
        rove_event_set(&event_);
        EXPECT_EQ(rove_join(tasks[0]), 0);
        EXPECT_EQ(rove_join(tasks[1]), 0);
    });
}

// Who was woken waits again, for the next set.
TEST_P(EventTest, ASetWakesExactlyThoseWhoWaited)
{
    InTask([this] {
        std::atomic<int> woken{0};
        std::atomic<bool> is_clear{false};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(Spawn([&] {
                EXPECT_EQ(rove_event_wait(&event_), 0);
                woken++;
                EXPECT_TRUE(Eventually([&] { return is_clear.load(); }));
                EXPECT_EQ(rove_event_wait(&event_), 0);
                return 0;
            }));
        }
        EXPECT_TRUE(ComesToBeInLine(event_, 10));
        rove_event_set(&event_);
        rove_event_clear(&event_);
        is_clear = true;
        EXPECT_TRUE(Eventually([&] { return woken == 10; }));
        EXPECT_TRUE(ComesToBeInLine(event_, 10));
        rove_event_set(&event_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(EventTest, WhoIsCancelledLeaves)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Waiters(3);
        EXPECT_EQ(CancelAndJoin(tasks[1]), -ECANCELED);
        EXPECT_EQ(InLine(event_), 2);
        rove_event_set(&event_);
        EXPECT_EQ(rove_join(tasks[0]), 0);
        EXPECT_EQ(rove_join(tasks[2]), 0);
    });
}

TEST_P(EventTest, ACancelledTaskIsRefusedASetEvent)
{
    InTask([this] {
        rove_event_set(&event_);
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            return rove_event_wait(&event_);
        });
        EXPECT_EQ(CancelAndJoin(task), -ECANCELED);
    });
}

TEST_P(EventTest, PlainThreadsWaitAndSet)
{
    InTask([this] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; i++) {
            threads.emplace_back(
                [this] { EXPECT_EQ(rove_event_wait(&event_), 0); });
        }
        EXPECT_TRUE(ComesToBeInLine(event_, 3));
        rove_task *task = Spawn([this] { return rove_event_wait(&event_); });
        EXPECT_TRUE(ComesToBeInLine(event_, 4));
        std::thread([this] { rove_event_set(&event_); }).join();
        for (std::thread &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(rove_join(task), 0);
    });
}

} // namespace
