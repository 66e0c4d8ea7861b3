// At stake: a cancellation races, at every offset, with each of the things that
// can end a wait; exactly one wins, both do at times, and nothing is woken
// twice. 100,000 races of each kind.

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kSetups = 4;
constexpr int kRaces = (kUnderSanitizer ? 6000 : 100000) / kSetups + 1;

// Who won, over all races of a test.
struct Score {
    void Add(int64_t result)
    {
        EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
        (result == 0 ? ended : cancelled)++;
    }

    ~Score()
    {
        EXPECT_GT(ended, 0);
        EXPECT_GT(cancelled, 0);
        EXPECT_GE(ended + cancelled, kRaces);
    }

    int ended = 0;
    int cancelled = 0;
};

class CancelStress : public WithRuntime
{
  protected:
    // One race: lets the others begin, or not, spins, and cancels the task; its
    // result. Both sides spin for times of the same size, so that either may
    // come first.
    static int64_t CancelAfter(Random &random, rove_task *task, uint32_t most)
    {
        for (uint32_t yields = random.Below(6); yields > 0; yields--) {
            (void)rove_yield();
        }
        random.Spin(most);
        rove_cancel(task);
        return rove_join(task);
    }
};

INSTANTIATE_TEST_SUITE_P(Workers, CancelStress,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

static_assert(kSetups == 4, "the number of setups above");

TEST_P(CancelStress, CancelAgainstCompletion)
{
    InTask([] {
        Random random(0);
        Random theirs(1);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            rove_future *future = rove_future_new();
            rove_task *waiter = Spawn([future] {
                int64_t result = 0;
                int error = rove_future_wait(future, &result);
                EXPECT_EQ(result, error == 0 ? 7 : 0);
                return error;
            });
            uint32_t spins = theirs.Below(100);
            rove_task *setter = Spawn([future, spins] {
                Spin(spins);
                return rove_future_set(future, 7);
            });
            score.Add(CancelAfter(random, waiter, 200));
            EXPECT_EQ(rove_join(setter), 0);
            rove_future_unref(future);
        }
    });
}

// The handle of a task that is waited for stays its owner's, whoever wins.
TEST_P(CancelStress, CancelAgainstTheEndOfATask)
{
    InTask([] {
        Random random(2);
        Random theirs(3);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            uint32_t spins = theirs.Below(100);
            rove_task *target = Spawn([spins] {
                int error = rove_yield();
                Spin(spins);
                return error;
            });
            rove_task *waiter =
                Spawn([target] { return rove_task_wait(target); });
            score.Add(CancelAfter(random, waiter, 200));
            EXPECT_EQ(rove_join(target), 0);
        }
    });
}

// A byte is with its reader or still in the pipe, never lost.
TEST_P(CancelStress, CancelAgainstAReadyDescriptor)
{
    InTask([] {
        Random random(4);
        Random theirs(5);
        Score score;
        int fds[2];
        EXPECT_EQ(pipe(fds), 0);
        for (int i = 0; i < kRaces; i++) {
            char got = 0;
            char sent = static_cast<char>(i % 100 + 1);
            rove_task *reader = Spawn([&] {
                ssize_t n = rove_read(fds[0], &got, 1);
                return n == 1 ? 0 : n;
            });
            uint32_t spins = theirs.Below(200);
            rove_task *writer = Spawn([&, spins] {
                Spin(spins);
                return rove_write(fds[1], &sent, 1);
            });
            int64_t result = CancelAfter(random, reader, 400);
            score.Add(result);
            EXPECT_EQ(rove_join(writer), 1);
            if (result != 0) {
                EXPECT_EQ(got, 0);
                EXPECT_EQ(rove_read(fds[0], &got, 1), 1);
            }
            EXPECT_EQ(got, sent);
        }
        close(fds[0]);
        close(fds[1]);
    });
}

// Many sleepers share a deadline, since timers fire by the tick. It lies within
// the time that spawning and cancelling them took the last time, or behind.
TEST_P(CancelStress, CancelAgainstADeadline)
{
    InTask([] {
        constexpr int kSleepers = 200;
        Random random(6);
        Score score;
        rove_time took = 100 * ROVE_US;
        for (int i = 0; i < kRaces; i += kSleepers) {
            const rove_time begin = rove_now();
            rove_time deadline =
                begin + random.Below(2 * static_cast<uint32_t>(took) + 1);
            std::vector<rove_task *> sleepers;
            for (int k = 0; k < kSleepers; k++) {
                sleepers.push_back(
                    Spawn([deadline] { return rove_sleep_until(deadline); }));
            }
            (void)rove_yield();
            for (rove_task *sleeper : sleepers) {
                random.Spin(200);
                rove_cancel(sleeper);
                if (random.Below(8) == 0) {
                    (void)rove_yield();
                }
            }
            took = std::min(rove_now() - begin, ROVE_SEC);
            for (rove_task *sleeper : sleepers) {
                score.Add(rove_join(sleeper));
            }
        }
    });
}

// Any number of cancellers by id, who may come long after the end.
TEST_P(CancelStress, LateCancellersHitNobodyElse)
{
    InTask([] {
        std::atomic<uint64_t> victim{0};
        std::atomic<bool> stop{false};
        std::atomic<int> hits{0};
        std::atomic<int> misses{0};
        rove_task *canceller = Spawn([&] {
            Random random(7);
            while (!stop) {
                uint64_t id = victim;
                random.Spin(150);
                int error = rove_cancel_id(id);
                EXPECT_TRUE(error == 0 || error == -ESRCH);
                (error == 0 ? hits : misses)++;
                (void)rove_yield();
            }
            return 0;
        });
        Random random(8);
        for (int i = 0; i < kRaces; i++) {
            rove_task *task = Spawn([] {
                (void)rove_yield();
                return rove_yield();
            });
            victim = rove_task_id(task);
            random.Spin(100);
            victim = 0;
            int64_t result = rove_join(task);
            EXPECT_TRUE(result == 0 || result == -ECANCELED);
            /* The next user of the descriptor was never meant; its guest even
             * less. */
            EXPECT_EQ(rove_join(Spawn([] {
                          int64_t guest =
                              rove_join(Spawn([] { return rove_yield(); }));
                          return guest + rove_yield();
                      })),
                      0);
        }
        stop = true;
        EXPECT_EQ(rove_join(canceller), 0);
        EXPECT_GT(misses, 0);
    });
}

// The host waits in its guest, or for it, or between two of them.
TEST_P(CancelStress, CancelledHostsAgainstEndingGuests)
{
    InTask([] {
        Random random(9);
        Random theirs(10);
        Score score;
        for (int i = 0; i < kRaces; i++) {
            uint32_t spins = theirs.Below(100);
            rove_task *host = Spawn([spins] {
                int64_t worst = 0;
                for (int k = 0; k < 2; k++) {
                    int64_t result = rove_join(Spawn([spins] {
                        Spin(spins);
                        return rove_yield();
                    }));
                    worst = result != 0 ? result : worst;
                }
                return worst;
            });
            score.Add(CancelAfter(random, host, 400));
        }
    });
}

} // namespace
