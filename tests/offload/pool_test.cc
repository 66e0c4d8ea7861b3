// At stake: a job that runs twice, or after its caller took it back; a bound
// that does not hold; a stop that hangs or leaves a thread behind. Shown with
// one gated thread, which keeps the queue as the test made it, and by races.

extern "C" {
#include "src/offload/pool.h"

#include "src/base/rng.h"
#include "src/platform/cpu.h"
}

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <vector>

#include "tests/offload/callers.h"

namespace
{

// Kernel threads of this process; a joined one may still be on its way out.
unsigned CountThreads()
{
    unsigned count = 0;
    for (auto &entry : std::filesystem::directory_iterator("/proc/self/task")) {
        count += entry.path().empty() ? 0 : 1;
    }
    return count;
}

class PoolTest : public PoolFixture
{
  protected:
    // One thread, kept busy by a job that holds it until the gate opens.
    void StartBusyPool(uint64_t queue_max = 1000)
    {
        StartPool(1, queue_max);
        ASSERT_EQ(holder_.Submit(&pool_), 0);
        ASSERT_TRUE(Eventually([&] { return Look().busy == 1; }));
    }

    void Release()
    {
        gate_.Open();
        EXPECT_EQ(holder_.Await(), 99);
    }

    Gate gate_;
    Call holder_{[this] {
        gate_.Pass();
        return 99;
    }};
};

TEST_F(PoolTest, JobsStartInTheOrderSubmitted)
{
    StartBusyPool();
    std::vector<int> order;
    std::deque<Call> calls;
    for (int i = 0; i < 10; i++) {
        calls.emplace_back([&order, i] {
            order.push_back(i);
            return 0;
        });
        ASSERT_EQ(calls.back().Submit(&pool_), 0);
    }

    Release();
    for (Call &call : calls) {
        call.Await();
    }

    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(PoolTest, ResultAndWhatTheJobWroteAreVisible)
{
    StartPool(2);
    uint64_t plain = 0;

    for (uint64_t i = 1; i <= 2000; i++) {
        uint64_t input = i * 3;
        ASSERT_EQ(RunJob([&] {
                      plain = input;
                      return static_cast<int64_t>(i);
                  }),
                  static_cast<int64_t>(i));
        ASSERT_EQ(plain, i * 3);
    }
}

TEST_F(PoolTest, PlaceIsRefusedWhenTheQueueIsFull)
{
    StartBusyPool(2);
    Call queued([] { return 1; });
    ASSERT_EQ(queued.Submit(&pool_), 0);
    ASSERT_EQ(rv_pool_reserve(&pool_), 0);

    EXPECT_EQ(rv_pool_reserve(&pool_), -EAGAIN);

    rv_pool_unreserve(&pool_);
    EXPECT_EQ(rv_pool_reserve(&pool_), 0);
    rv_pool_unreserve(&pool_);
    Release();
    EXPECT_EQ(queued.Await(), 1);
    EXPECT_EQ(rv_pool_reserve(&pool_), 0);
    rv_pool_unreserve(&pool_);
}

TEST_F(PoolTest, CallersBeyondTheBoundWaitInLine)
{
    StartBusyPool(2);
    std::deque<Call> calls;
    std::vector<int> order;
    for (int i = 0; i < 8; i++) {
        calls.emplace_back([&order, i] {
            order.push_back(i);
            return i;
        });
        ASSERT_EQ(calls.back().Submit(&pool_), 0);
    }
    EXPECT_EQ(rv_pool_reserve(&pool_), -EAGAIN);
    calls[3].Cancel();
    EXPECT_EQ(calls[3].Await(), -ECANCELED);

    Release();
    for (int i = 0; i < 8; i++) {
        if (i != 3) {
            EXPECT_EQ(calls[i].Await(), i);
        }
    }

    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 4, 5, 6, 7}));
}

TEST_F(PoolTest, ReservedPlaceIsUsedByItsJob)
{
    StartBusyPool(1);
    ASSERT_EQ(rv_pool_reserve(&pool_), 0);
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    rv_job job;
    rv_job_init(
        &job, [](void *) -> int64_t { return 4; }, nullptr, nullptr);

    rv_pool_submit_reserved(&pool_, &job, wait.ref);

    EXPECT_EQ(Look().reserved, 0u);
    EXPECT_EQ(Look().queued, 1u);
    EXPECT_EQ(rv_pool_reserve(&pool_), -EAGAIN);
    Release();
    EXPECT_EQ(rv_wait_suspend(&wait), unsigned{RV_CAUSE_SOURCE});
    EXPECT_EQ(job.result, 4);
}

TEST_F(PoolTest, QueuedJobCanBeTakenBack)
{
    StartBusyPool();
    std::atomic<bool> ran{false};
    Call call([&] {
        ran = true;
        return 1;
    });
    ASSERT_EQ(call.Submit(&pool_), 0);

    call.Cancel();

    EXPECT_EQ(call.Await(), -ECANCELED);
    EXPECT_EQ(Look().queued, 0u);
    Release();
    EXPECT_EQ(RunJob([] { return 2; }), 2);
    EXPECT_FALSE(ran.load());
}

TEST_F(PoolTest, RunningJobIsWaitedFor)
{
    StartBusyPool();

    holder_.Cancel();

    EXPECT_FALSE(rv_pool_retract(&pool_, &holder_.job));
    std::thread opener([this] { gate_.Open(); });
    EXPECT_EQ(holder_.Await(), 99);
    opener.join();
}

TEST_F(PoolTest, ResultThatIsReadyWinsOverCancellation)
{
    StartPool(1);
    Call call([] { return 3; });
    ASSERT_EQ(call.Submit(&pool_), 0);
    ASSERT_TRUE(Eventually([&] { return Look().idle == 1; }));

    call.Cancel();

    EXPECT_EQ(call.Await(), 3);
}

// The caller has left, so the pool thread frees the job, after destroy.
TEST_F(PoolTest, AbandonedJobIsFreedByThePool)
{
    StartPool(1);
    struct Block {
        Gate gate;
        std::atomic<int> *destroyed;
    };
    std::atomic<int> destroyed{0};
    auto *block = new Block{{}, &destroyed};
    auto *job = static_cast<rv_job *>(std::malloc(sizeof(rv_job)));
    rv_job_init(
        job,
        [](void *arg) -> int64_t {
            static_cast<Block *>(arg)->gate.Pass();
            return 1;
        },
        block,
        [](void *arg) {
            auto *mine = static_cast<Block *>(arg);
            mine->destroyed->fetch_add(1);
            delete mine;
        });
    rv_wait wait;
    ASSERT_EQ(rv_wait_begin(&wait), 0);
    ASSERT_EQ(rv_pool_submit(&pool_, job, wait.ref), 0);
    ASSERT_TRUE(Eventually([&] { return Look().busy == 1; }));
    ASSERT_FALSE(rv_pool_retract(&pool_, job));

    ASSERT_TRUE(rv_pool_abandon(&pool_, job));
    rv_wait_abort(&wait);
    block->gate.Open();

    EXPECT_TRUE(Eventually([&] { return destroyed == 1; }));
    EXPECT_EQ(RunJob([] { return 2; }), 2);
    EXPECT_EQ(destroyed.load(), 1);
}

TEST_F(PoolTest, DoneJobCannotBeAbandoned)
{
    StartPool(1);
    Call call([] { return 3; });
    ASSERT_EQ(call.Submit(&pool_), 0);
    EXPECT_EQ(call.Await(), 3);

    EXPECT_FALSE(rv_pool_abandon(&pool_, &call.job));
    EXPECT_FALSE(rv_pool_attach(&pool_, &call.job, 1));
}

// The cancellation comes a random while after the submit, about when the thread
// comes for the job. It has run exactly when its caller gets its result.
TEST_F(PoolTest, CancelAgainstStartEndsInOneOfTheTwo)
{
    constexpr int kRounds = 10000;
    StartPool(1);
    rv_rng rng;
    rv_rng_seed(&rng, 77);
    int taken_back = 0;

    for (int i = 0; i < kRounds; i++) {
        int runs = 0;
        Call call([&] {
            runs++;
            return 1;
        });
        ASSERT_EQ(call.Submit(&pool_), 0);
        for (unsigned n = rv_rng_below(&rng, 400); n > 0; n--) {
            rv_cpu_relax();
        }
        call.Cancel();
        int64_t result = call.Await();
        ASSERT_EQ(result, runs == 1 ? 1 : -ECANCELED);
        taken_back += result == -ECANCELED ? 1 : 0;
    }

    std::printf("taken back %d of %d\n", taken_back, kRounds);
    EXPECT_GT(taken_back, 0);
    EXPECT_LT(taken_back, kRounds);
}

TEST_F(PoolTest, ManyCallersGetTheirOwnResults)
{
    constexpr int kCallers = 8;
    constexpr int kJobs = 2500;
    StartPool(4);
    std::vector<std::thread> callers;
    std::atomic<uint64_t> ran{0};

    for (int c = 0; c < kCallers; c++) {
        callers.emplace_back([&, c] {
            for (int i = 0; i < kJobs; i++) {
                int64_t expected = c * kJobs + i;
                ASSERT_EQ(RunJob([&] {
                              ran.fetch_add(1, std::memory_order_relaxed);
                              return expected;
                          }),
                          expected);
            }
        });
    }
    for (std::thread &caller : callers) {
        caller.join();
    }

    EXPECT_EQ(ran.load(), uint64_t{kCallers} * kJobs);
    EXPECT_LE(Look().started, 4u);
}

TEST_F(PoolTest, StoppedPoolRefuses)
{
    StartPool(2);
    EXPECT_EQ(RunJob([] { return 1; }), 1);
    ASSERT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);

    EXPECT_EQ(RunJob([] { return 1; }), -ESHUTDOWN);
    EXPECT_EQ(rv_pool_reserve(&pool_), -ESHUTDOWN);
    EXPECT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);
}

TEST_F(PoolTest, StopRunsWhatIsQueued)
{
    StartBusyPool();
    std::deque<Call> calls;
    for (int i = 0; i < 5; i++) {
        calls.emplace_back([i] { return i; });
        ASSERT_EQ(calls.back().Submit(&pool_), 0);
    }
    gate_.Open();

    ASSERT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);

    EXPECT_EQ(holder_.Await(), 99);
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(calls[i].Await(), i);
    }
}

TEST_F(PoolTest, StopReturnsAtItsDeadlineWhileAJobRuns)
{
    StartBusyPool();

    EXPECT_EQ(rv_pool_stop(&pool_, rove_now() + ROVE_MS), -ETIMEDOUT);
    EXPECT_EQ(rv_pool_stop(&pool_, 0), -ETIMEDOUT);

    Release();
    EXPECT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);
}

// All rest, some as idle threads and perhaps one on watch; one notify
// would reach one of them.
TEST_F(PoolTest, StopReachesEveryRestingThread)
{
    unsigned before = CountThreads();
    for (int round = 0; round < 20; round++) {
        StartPool(8);
        Gate gate;
        std::deque<Call> calls;
        for (int i = 0; i < 6; i++) {
            calls.emplace_back([&] {
                gate.Pass();
                return 0;
            });
            ASSERT_EQ(calls.back().Submit(&pool_), 0);
        }
        ASSERT_TRUE(Eventually([&] { return Look().busy == 6; }));
        gate.Open();
        for (Call &call : calls) {
            call.Await();
        }

        ASSERT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);

        ASSERT_EQ(rv_pool_threads(&pool_), 0u);
    }
    EXPECT_TRUE(Eventually([&] { return CountThreads() == before; }));
}

TEST_F(PoolTest, StopRightAfterTheLastResult)
{
    unsigned before = CountThreads();
    for (int round = 0; round < 500; round++) {
        StartPool(3, 100, round % 2 == 0 ? 10 * ROVE_US : ROVE_SEC);
        Call first([] { return 1; });
        Call second([] { return 2; });
        ASSERT_EQ(first.Submit(&pool_), 0);
        ASSERT_EQ(second.Submit(&pool_), 0);
        ASSERT_EQ(second.Await(), 2);
        ASSERT_EQ(first.Await(), 1);

        ASSERT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);
    }
    EXPECT_TRUE(Eventually([&] { return CountThreads() == before; }));
}

} // namespace
