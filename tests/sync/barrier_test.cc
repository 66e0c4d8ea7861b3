// At stake: nobody passes before all have come, and a barrier that cannot be
// passed any more says so to everybody.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

constexpr int kParties = 4;

class BarrierTest : public WithRuntime
{
  protected:
    rove_task *Party()
    {
        return Spawn([this] { return rove_barrier_wait(&barrier_); });
    }

    std::vector<rove_task *> Parties(int n)
    {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < n; i++) {
            tasks.push_back(Party());
            EXPECT_TRUE(ComesToBeInLine(barrier_, i + 1));
        }
        return tasks;
    }

    rove_barrier barrier_ = ROVE_BARRIER_INIT(kParties);
};

INSTANTIATE_TEST_SUITE_P(Designs, BarrierTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(BarrierTest, TheLastToComeIsToldSo)
{
    InTask([this] {
        for (int round = 0; round < 3; round++) {
            std::vector<rove_task *> tasks = Parties(kParties - 1);
            EXPECT_EQ(rove_barrier_wait(&barrier_), 1);
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 0);
            }
        }
    });
}

TEST_P(BarrierTest, AllMeetAgainAndAgain)
{
    static constexpr int kRounds = 200;
    InTask([this] {
        std::atomic<int> came{0};
        std::atomic<int> lasts{0};
        std::vector<rove_task *> tasks;
        for (int i = 0; i < kParties; i++) {
            tasks.push_back(Spawn([&] {
                for (int round = 1; round <= kRounds; round++) {
                    came++;
                    int result = rove_barrier_wait(&barrier_);
                    lasts += result;
                    EXPECT_GE(came, round * kParties);
                    EXPECT_LE(came, (round + 1) * kParties);
                }
                return 0;
            }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(lasts, kRounds);
    });
}

TEST_P(BarrierTest, OnePartyPassesAtOnce)
{
    InTask([] {
        rove_barrier lonely = ROVE_BARRIER_INIT(1);
        EXPECT_EQ(rove_barrier_wait(&lonely), 1);
        EXPECT_EQ(rove_barrier_wait(&lonely), 1);
    });
}

TEST_P(BarrierTest, ACancelledWaiterBreaksItUntilTheReset)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Parties(kParties - 1);
        EXPECT_EQ(CancelAndJoin(tasks[1]), -ECANCELED);
        EXPECT_EQ(rove_join(tasks[0]), -EPIPE);
        EXPECT_EQ(rove_join(tasks[2]), -EPIPE);
        EXPECT_EQ(rove_barrier_wait(&barrier_), -EPIPE);
        rove_barrier_reset(&barrier_);
        tasks = Parties(kParties - 1);
        EXPECT_EQ(rove_barrier_wait(&barrier_), 1);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(BarrierTest, AResetBreaksWhoWaitsAndNobodyElse)
{
    InTask([this] {
        std::vector<rove_task *> tasks = Parties(kParties - 1);
        rove_barrier_reset(&barrier_);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), -EPIPE);
        }
        tasks = Parties(kParties - 1);
        EXPECT_EQ(rove_barrier_wait(&barrier_), 1);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

// Who is cancelled after all have come has met them, and breaks nothing.
TEST_P(BarrierTest, ACancellationThatComesTooLateBreaksNothing)
{
    InTask([this] {
        for (int i = 0; i < 300; i++) {
            std::vector<rove_task *> tasks = Parties(kParties - 1);
            rove_task *last = Party();
            for (int yields = 0; yields < i % 3; yields++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            rove_cancel(tasks[0]);
            int64_t result = rove_join(tasks[0]);
            int64_t others = result == 0 ? 0 : -EPIPE;
            EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
            EXPECT_EQ(rove_join(tasks[1]), others);
            EXPECT_EQ(rove_join(tasks[2]), others);
            EXPECT_EQ(rove_join(last), result == 0 ? 1 : -EPIPE);
            EXPECT_EQ(barrier_.broken, result == 0 ? 0U : 1U);
            rove_barrier_reset(&barrier_);
        }
    });
}

TEST_P(BarrierTest, ACancelledTaskDoesNotCome)
{
    InTask([this] {
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            return rove_barrier_wait(&barrier_);
        });
        EXPECT_EQ(CancelAndJoin(task), -ECANCELED);
        EXPECT_EQ(barrier_.arrived, 0U);
        EXPECT_EQ(barrier_.broken, 0U);
    });
}

TEST_P(BarrierTest, PlainThreadsMeetTasks)
{
    InTask([this] {
        std::atomic<int> sum{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; i++) {
            threads.emplace_back([&] { sum += rove_barrier_wait(&barrier_); });
        }
        rove_task *task = Party();
        sum += rove_barrier_wait(&barrier_);
        sum += static_cast<int>(rove_join(task));
        for (std::thread &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(sum, 1);
    });
}

TEST(BarrierDeathTest, NoPartiesAreMisuse)
{
    rove_barrier none = ROVE_BARRIER_INIT(0);
    EXPECT_DEATH((void)!rove_barrier_wait(&none),
                 "rove: rove_barrier_wait: the barrier has no parties");
}

} // namespace
