// At stake: what is done once is done by one, everybody else waits for it, and
// a failure leaves it to be done by the next.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class OnceTest : public WithRuntime
{
  protected:
    int64_t Run(Body &body)
    {
        return rove_once_run(&once_, CallBody, &body);
    }

    rove_task *Runner(Body &body)
    {
        return Spawn([this, &body] { return Run(body); });
    }

    rove_once once_ = ROVE_ONCE_INIT;
};

INSTANTIATE_TEST_SUITE_P(Designs, OnceTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(OnceTest, ASuccessIsForAll)
{
    InTask([this] {
        int64_t plain = 0;
        std::atomic<bool> may_end{false};
        Body body = [&] {
            EXPECT_TRUE(Eventually([&] { return may_end.load(); }));
            return ++plain;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(Spawn([&] {
                int64_t result = Run(body);
                EXPECT_EQ(plain, 1);
                return result;
            }));
        }
        EXPECT_TRUE(ComesToBeInLine(once_, 19));
        may_end = true;
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        EXPECT_EQ(Run(body), 0);
        EXPECT_EQ(plain, 1);
    });
}

TEST_P(OnceTest, AFailureIsTheCallersAndTheNextTriesAgain)
{
    InTask([this] {
        std::atomic<int> calls{0};
        std::atomic<bool> may_end{false};
        Body body = [&]() -> int64_t {
            int call = ++calls;
            EXPECT_TRUE(Eventually([&] { return may_end.load(); }));
            return call < 3 ? -EIO : 7;
        };
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 6; i++) {
            tasks.push_back(Runner(body));
        }
        EXPECT_TRUE(ComesToBeInLine(once_, 5));
        may_end = true;
        int failures = 0;
        for (rove_task *task : tasks) {
            int64_t result = rove_join(task);
            EXPECT_TRUE(result == 0 || result == -EIO) << result;
            failures += result != 0;
        }
        EXPECT_EQ(failures, 2);
        EXPECT_EQ(calls, 3);
        EXPECT_EQ(Run(body), 0);
        EXPECT_EQ(calls, 3);
    });
}

TEST_P(OnceTest, WhenTheCallIsCancelledTheNextTriesAgain)
{
    InTask([this] {
        rove_event started = ROVE_EVENT_INIT;
        rove_event never = ROVE_EVENT_INIT;
        Body stuck = [&] {
            rove_event_set(&started);
            return rove_event_wait(&never);
        };
        Body quick = [] { return 0; };
        rove_task *first = Runner(stuck);
        EXPECT_EQ(rove_event_wait(&started), 0);
        rove_task *second = Runner(quick);
        EXPECT_TRUE(ComesToBeInLine(once_, 1));
        EXPECT_EQ(CancelAndJoin(first), -ECANCELED);
        EXPECT_EQ(rove_join(second), 0);
        EXPECT_EQ(Run(stuck), 0);
    });
}

TEST_P(OnceTest, WhoIsCancelledWhileItWaitsLeavesAndTheNextIsWoken)
{
    InTask([this] {
        std::atomic<bool> may_end{false};
        Body failing = [&]() -> int64_t {
            EXPECT_TRUE(Eventually([&] { return may_end.load(); }));
            return -EIO;
        };
        Body quick = [] { return 0; };
        rove_task *first = Runner(failing);
        EXPECT_TRUE(Eventually([this] {
            return __atomic_load_n(&once_.state, __ATOMIC_RELAXED) != 0;
        }));
        std::vector<rove_task *> waiters;
        for (int i = 0; i < 3; i++) {
            waiters.push_back(Runner(quick));
            EXPECT_TRUE(ComesToBeInLine(once_, i + 1));
        }
        EXPECT_EQ(CancelAndJoin(waiters[1]), -ECANCELED);
        rove_cancel(waiters[0]);
        may_end = true;
        EXPECT_EQ(rove_join(first), -EIO);
        EXPECT_EQ(rove_join(waiters[2]), 0);
        int64_t result = rove_join(waiters[0]);
        EXPECT_TRUE(result == 0 || result == -ECANCELED) << result;
    });
}

TEST_P(OnceTest, PlainThreadsTakePart)
{
    InTask([this] {
        std::atomic<int> calls{0};
        Body body = [&] { return ++calls; };
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; i++) {
            threads.emplace_back([&] { EXPECT_EQ(Run(body), 0); });
        }
        EXPECT_EQ(Run(body), 0);
        for (std::thread &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(calls, 1);
    });
}

TEST(OnceDeathTest, NoFunctionIsMisuse)
{
    rove_once once = ROVE_ONCE_INIT;
    rove_fn *none = nullptr;
    EXPECT_DEATH((void)rove_once_run(&once, none, nullptr),
                 "rove: rove_once_run: there is no function to run");
}

} // namespace
