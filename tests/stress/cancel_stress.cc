// At stake: a completion and a cancellation of one wait race at every offset;
// exactly one wins, both do at times, and nothing is woken twice (D3, A16, G8).

#include <cerrno>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class CancelStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Workers, CancelStress,
                         ::testing::Values(Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED}),
                         NameOf);

constexpr int kRaces = kUnderSanitizer ? 2000 : 35000;

TEST_P(CancelStress, D3CancelAgainstCompletion)
{
    InTask([] {
        Random random(0);
        int completed = 0;
        int cancelled = 0;
        for (int i = 0; i < kRaces; i++) {
            rove_future *future = rove_future_new();
            rove_task *waiter = Spawn([future] {
                int64_t result = 0;
                int error = rove_future_wait(future, &result);
                EXPECT_EQ(result, error == 0 ? 7 : 0);
                return error;
            });
            rove_task *setter = Spawn([future, i] {
                Random own(static_cast<uint32_t>(i));
                own.Spin(100);
                return rove_future_set(future, 7);
            });
            if (random.Below(2) == 0) {
                (void)rove_yield();
            }
            random.Spin(200);
            rove_cancel(waiter);
            int64_t result = rove_join(waiter);
            EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
            (result == 0 ? completed : cancelled)++;
            EXPECT_EQ(rove_join(setter), 0);
            rove_future_unref(future);
        }
        EXPECT_GT(completed, 0);
        EXPECT_GT(cancelled, 0);
    });
}

// Any number of cancellers by id, who may come long after the end.
TEST_P(CancelStress, D7LateCancellersHitNobodyElse)
{
    InTask([] {
        constexpr int kTasks = kRaces / 50;
        std::atomic<uint64_t> victim{0};
        std::atomic<bool> stop{false};
        rove_task *canceller = Spawn([&] {
            Random random(1);
            while (!stop) {
                uint64_t id = victim;
                random.Spin(300);
                int error = rove_cancel_id(id);
                EXPECT_TRUE(error == 0 || error == -ESRCH);
                (void)rove_yield();
            }
            return 0;
        });
        Random random(2);
        for (int i = 0; i < kTasks; i++) {
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
    });
}

TEST_P(CancelStress, CancelledHostsAgainstEndingGuests)
{
    InTask([] {
        Random random(3);
        for (int i = 0; i < kRaces / 20; i++) {
            rove_task *host = Spawn([] {
                int64_t sum = 0;
                for (int k = 0; k < 3; k++) {
                    sum += rove_join(Spawn([] { return rove_sleep(1000); }));
                }
                return sum;
            });
            if (i % 3 != 0) {
                (void)rove_yield();
            }
            random.Spin(500);
            rove_cancel(host);
            int64_t result = rove_join(host);
            EXPECT_EQ(result % ECANCELED, 0);
        }
    });
}

} // namespace
