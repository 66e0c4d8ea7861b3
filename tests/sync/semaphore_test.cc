// At stake: as many are served as there are permits, in the order they came,
// whatever size their requests have, and nobody who leaves holds others up.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class SemaphoreTest : public WithRuntime
{
  protected:
    rove_task *Taker(uint64_t n)
    {
        return Spawn([this, n] { return rove_semaphore_take(&permits_, n); });
    }

    rove_semaphore permits_ = ROVE_SEMAPHORE_INIT(0);
};

INSTANTIATE_TEST_SUITE_P(Designs, SemaphoreTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(SemaphoreTest, PermitsAreTakenAndGiven)
{
    InTask([this] {
        EXPECT_EQ(rove_semaphore_try_take(&permits_, 1), -EAGAIN);
        rove_semaphore_give(&permits_, 5);
        EXPECT_EQ(rove_semaphore_take(&permits_, 2), 0);
        EXPECT_EQ(rove_semaphore_try_take(&permits_, 4), -EAGAIN);
        EXPECT_EQ(rove_semaphore_try_take(&permits_, 3), 0);
        EXPECT_EQ(permits_.permits, 0U);
        rove_semaphore_give(&permits_, 0);
        EXPECT_EQ(permits_.permits, 0U);
    });
}

TEST_P(SemaphoreTest, ALargeRequestIsNotOvertaken)
{
    InTask([this] {
        rove_task *large = Taker(3);
        EXPECT_TRUE(ComesToBeInLine(permits_, 1));
        rove_task *small = Taker(1);
        EXPECT_TRUE(ComesToBeInLine(permits_, 2));
        rove_semaphore_give(&permits_, 2);
        EXPECT_EQ(InLine(permits_), 2);
        EXPECT_EQ(rove_semaphore_try_take(&permits_, 1), -EAGAIN);
        rove_semaphore_give(&permits_, 1);
        EXPECT_EQ(rove_join(large), 0);
        EXPECT_EQ(InLine(permits_), 1);
        rove_semaphore_give(&permits_, 1);
        EXPECT_EQ(rove_join(small), 0);
        EXPECT_EQ(permits_.permits, 0U);
    });
}

TEST_P(SemaphoreTest, OneGiveServesMany)
{
    InTask([this] {
        std::vector<rove_task *> tasks;
        for (uint64_t i = 0; i < 10; i++) {
            tasks.push_back(Taker(i % 3 + 1));
            EXPECT_TRUE(ComesToBeInLine(permits_, static_cast<int>(i) + 1));
        }
        rove_semaphore_give(&permits_, 20);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(permits_.permits, 1U);
    });
}

TEST_P(SemaphoreTest, WhenTheFirstIsCancelledTheNextAreServed)
{
    InTask([this] {
        rove_semaphore_give(&permits_, 2);
        rove_task *large = Taker(5);
        EXPECT_TRUE(ComesToBeInLine(permits_, 1));
        rove_task *small = Taker(1);
        EXPECT_TRUE(ComesToBeInLine(permits_, 2));
        rove_task *other = Taker(1);
        EXPECT_TRUE(ComesToBeInLine(permits_, 3));
        EXPECT_EQ(CancelAndJoin(large), -ECANCELED);
        EXPECT_EQ(rove_join(small), 0);
        EXPECT_EQ(rove_join(other), 0);
        EXPECT_EQ(permits_.permits, 0U);
    });
}

TEST_P(SemaphoreTest, ACancelledTaskIsRefusedAFreePermit)
{
    InTask([this] {
        rove_semaphore_give(&permits_, 1);
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            return rove_semaphore_take(&permits_, 1);
        });
        EXPECT_EQ(CancelAndJoin(task), -ECANCELED);
        EXPECT_EQ(permits_.permits, 1U);
    });
}

TEST_P(SemaphoreTest, PlainThreadsWaitInTheSameLine)
{
    InTask([this] {
        std::thread thread(
            [this] { EXPECT_EQ(rove_semaphore_take(&permits_, 2), 0); });
        EXPECT_TRUE(ComesToBeInLine(permits_, 1));
        rove_task *task = Taker(1);
        EXPECT_TRUE(ComesToBeInLine(permits_, 2));
        std::thread([this] { rove_semaphore_give(&permits_, 3); }).join();
        EXPECT_EQ(rove_join(task), 0);
        thread.join();
        EXPECT_EQ(permits_.permits, 0U);
    });
}

TEST(SemaphoreDeathTest, MoreThanTheLimitIsMisuse)
{
    const char *line = "rove: rove_semaphore_give: more permits than the limit";
    rove_semaphore limited;
    rove_semaphore_init(&limited, 1, 2);
    rove_semaphore_give(&limited, 1);
    EXPECT_DEATH(rove_semaphore_give(&limited, 1), line);
    rove_semaphore full = ROVE_SEMAPHORE_INIT(UINT64_MAX);
    EXPECT_DEATH(rove_semaphore_give(&full, 1), line);
    EXPECT_DEATH(rove_semaphore_init(&limited, 3, 2),
                 "rove: rove_semaphore_init: more permits than the limit");
}

TEST(SemaphoreDeathTest, AskingForNothingIsMisuse)
{
    rove_semaphore permits = ROVE_SEMAPHORE_INIT(1);
    EXPECT_DEATH((void)!rove_semaphore_take(&permits, 0),
                 "rove: rove_semaphore_take: asks for no permit");
    EXPECT_DEATH((void)!rove_semaphore_try_take(&permits, 0),
                 "rove: rove_semaphore_try_take: asks for no permit");
}

} // namespace
