// At stake: a job nobody takes, a crew that grows past its bound or not at all,
// a thread that leaves just when it is called. Shown with gates that hold jobs
// for as long as a test likes, and with thread starts that fail.

extern "C" {
#include "src/offload/crew.h"

#include "src/base/rng.h"
#include "src/platform/os_thread.h"
#include "src/sched/current.h"
#include "tests/support/fault.h"
}

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <pthread.h>
#include <string>
#include <vector>

#include "tests/offload/callers.h"

namespace
{

class CrewTest : public PoolFixture
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
        PoolFixture::TearDown();
    }

    // The job that calls the watch is gone before the watch has come.
    void CallTheWatchInVain()
    {
        rv_job job = {};
        rv_errands errands = {};

        rv_lock_acquire(&pool_.crew.lock);
        rv_crew_push(&pool_.crew, &job, rove_now(), &errands);
        rv_crew_remove(&pool_.crew, &job);
        rv_lock_release(&pool_.crew.lock);
        ASSERT_TRUE(errands.start && errands.is_watch);
        rv_crew_run_errands(&pool_.crew, &errands);
    }
};

TEST_F(CrewTest, FirstJobStartsTheFirstThread)
{
    StartPool(4);
    EXPECT_EQ(Look().threads, 0u);

    EXPECT_EQ(RunJob([] { return 7; }), 7);

    EXPECT_EQ(Look().started, 1u);
}

TEST_F(CrewTest, IdleThreadRunsTheNextJob)
{
    StartPool(4);

    for (int i = 0; i < 200; i++) {
        ASSERT_EQ(RunJob([i] { return i; }), i);
    }

    EXPECT_EQ(Look().started, 1u);
}

TEST_F(CrewTest, ThreadsBearTheRuntimesName)
{
    StartPool(1);
    std::string name(RV_THREAD_NAME_SIZE, '\0');

    RunJob([&] {
        return pthread_getname_np(pthread_self(), name.data(), name.size());
    });

    EXPECT_STREQ(name.c_str(), "test-offload");
}

TEST_F(CrewTest, ThreadsWorkForTheirScheduler)
{
    rv_pool_options options = {1, 10, ROVE_SEC, "test"};
    auto *scheduler = reinterpret_cast<rv_scheduler *>(&options);
    rv_pool_init(&pool_, &options, scheduler);
    rv_current seen = {};

    RunJob([&] {
        seen = *rv_current_get();
        return 0;
    });

    EXPECT_EQ(seen.scheduler, scheduler);
    EXPECT_EQ(seen.worker, nullptr);
}

TEST_F(CrewTest, ThreadThatCameLastIsCalledFirst)
{
    StartPool(2);
    Gate gates[2];
    int threads[2] = {};
    std::deque<Call> calls;
    for (int i = 0; i < 2; i++) {
        calls.emplace_back([&, i] {
            threads[i] = rv_thread_id();
            gates[i].Pass();
            return 0;
        });
        ASSERT_EQ(calls[i].Submit(&pool_), 0);
    }
    ASSERT_TRUE(Eventually([&] { return Look().busy == 2; }));

    gates[1].Open();
    calls[1].Await();
    gates[0].Open();
    calls[0].Await();
    ASSERT_EQ(Look().idle, 2u);
    int64_t thread = RunJob([] { return rv_thread_id(); });

    EXPECT_EQ(thread, threads[0]);
}

TEST_F(CrewTest, SlowJobsDoNotHoldUpAFastOne)
{
    StartPool(5);
    Gate gate;
    std::deque<Call> slow;
    for (int i = 0; i < 4; i++) {
        slow.emplace_back([&] {
            gate.Pass();
            return 1;
        });
        ASSERT_EQ(slow.back().Submit(&pool_), 0);
    }

    EXPECT_EQ(RunJob([] { return 2; }), 2);

    EXPECT_EQ(Look().busy, 4u);
    gate.Open();
    for (Call &call : slow) {
        EXPECT_EQ(call.Await(), 1);
    }
}

// Each job needs the one behind it to end, so none may wait for a busy thread.
TEST_F(CrewTest, CrewGrowsUntilNoJobWaitsBehindBusyThreads)
{
    constexpr int kJobs = 12;
    StartPool(kJobs);
    Gate gates[kJobs];
    std::deque<Call> calls;
    for (int i = 0; i < kJobs; i++) {
        calls.emplace_back([&, i] {
            if (i + 1 < kJobs) {
                gates[i + 1].Pass();
            }
            gates[i].Open();
            return i;
        });
        ASSERT_EQ(calls.back().Submit(&pool_), 0);
    }

    for (int i = 0; i < kJobs; i++) {
        EXPECT_EQ(calls[i].Await(), i);
    }
    EXPECT_LE(Look().started, unsigned{kJobs});
}

TEST_F(CrewTest, BoundOfThreadsIsNeverExceeded)
{
    StartPool(3);
    Gate gate;
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    std::deque<Call> calls;
    for (int i = 0; i < 20; i++) {
        calls.emplace_back([&] {
            int now = running.fetch_add(1) + 1;
            int before = most.load();
            while (before < now && !most.compare_exchange_weak(before, now)) {
            }
            gate.Pass();
            running.fetch_sub(1);
            return 0;
        });
        ASSERT_EQ(calls.back().Submit(&pool_), 0);
        EXPECT_LE(Look().threads, 3u);
    }
    ASSERT_TRUE(Eventually([&] { return running == 3; }));
    EXPECT_EQ(Look().queued, 17u);

    gate.Open();
    for (Call &call : calls) {
        EXPECT_EQ(call.Await(), 0);
    }

    EXPECT_EQ(most.load(), 3);
    EXPECT_EQ(Look().started, 3u);
}

TEST_F(CrewTest, IdleThreadsLeaveAndComeAgain)
{
    StartPool(4, 100, ROVE_MS);

    for (int round = 1; round <= 5; round++) {
        Gate gate;
        std::deque<Call> calls;
        for (int i = 0; i < 3; i++) {
            calls.emplace_back([&] {
                gate.Pass();
                return 0;
            });
            ASSERT_EQ(calls.back().Submit(&pool_), 0);
        }
        ASSERT_TRUE(Eventually([&] { return Look().busy == 3; }));
        gate.Open();
        for (Call &call : calls) {
            ASSERT_EQ(call.Await(), 0);
        }
        ASSERT_TRUE(Eventually([&] { return Look().threads == 0; }));
        EXPECT_GE(Look().started, 3u * static_cast<unsigned>(round));
    }
}

// The job for which the watch was started is gone before it comes, so it rests,
// and leaves while the other thread is still busy. The next job needs another.
TEST_F(CrewTest, WatchThatLeftIsReplaced)
{
    constexpr int kRounds = 50;
    StartPool(2, 100, 200 * ROVE_US);
    Gate gate;
    Call slow([&] {
        gate.Pass();
        return 1;
    });
    ASSERT_EQ(slow.Submit(&pool_), 0);
    ASSERT_TRUE(Eventually([&] { return Look().busy == 1; }));

    for (int i = 0; i < kRounds; i++) {
        CallTheWatchInVain();
        ASSERT_TRUE(Eventually([&] { return Look().threads == 1; }));
        ASSERT_EQ(RunJob([] { return 3; }), 3);
        ASSERT_TRUE(Eventually([&] { return Look().threads == 1; }));
    }

    EXPECT_EQ(Look().started, 1u + 2 * kRounds);
    gate.Open();
    EXPECT_EQ(slow.Await(), 1);
}

// Calls at about the time when the idle thread gives up: whoever is called must
// come, however late.
TEST_F(CrewTest, JobIsNotLostToAThreadThatLeaves)
{
    constexpr int64_t kKeepAlive = 30 * ROVE_US;
    StartPool(2, 100, kKeepAlive);
    rv_rng rng;
    rv_rng_seed(&rng, 20231);

    for (int i = 0; i < 5000; i++) {
        ASSERT_EQ(RunJob([i] { return i; }), i);
        int64_t pause = rv_rng_below(&rng, 3 * kKeepAlive);
        for (int64_t end = rove_now() + pause; rove_now() < end;) {
        }
    }
}

TEST_F(CrewTest, CallerLearnsThatNoThreadCouldStart)
{
    StartPool(4);
    rv_fault_arm_every("rv_thread_start", 1, EAGAIN);

    EXPECT_EQ(RunJob([] { return 1; }), -EAGAIN);
    EXPECT_EQ(RunJob([] { return 1; }), -EAGAIN);
    EXPECT_EQ(Look().threads, 0u);
    EXPECT_EQ(Look().started, 0u);

    rv_fault_disarm();
    EXPECT_EQ(RunJob([] { return 1; }), 1);
}

TEST_F(CrewTest, ThreadWithoutMemoryDoesNotStart)
{
    StartPool(4);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);

    EXPECT_EQ(RunJob([] { return 1; }), -EAGAIN);
    EXPECT_EQ(RunJob([] { return 1; }), 1);
}

TEST_F(CrewTest, JobsWaitForABusyThreadWhenNoOtherCanStart)
{
    StartPool(4);
    Gate gate;
    Call slow([&] {
        gate.Pass();
        return 1;
    });
    ASSERT_EQ(slow.Submit(&pool_), 0);
    ASSERT_TRUE(Eventually([&] { return Look().busy == 1; }));
    rv_fault_arm_every("rv_thread_start", 1, EAGAIN);
    std::deque<Call> waiting;
    for (int i = 0; i < 3; i++) {
        waiting.emplace_back([i] { return i; });
        ASSERT_EQ(waiting.back().Submit(&pool_), 0);
    }
    EXPECT_EQ(rv_fault_calls("rv_thread_start"), 3u);
    EXPECT_EQ(Look().threads, 1u);
    EXPECT_EQ(Look().queued, 3u);

    gate.Open();

    EXPECT_EQ(slow.Await(), 1);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(waiting[i].Await(), i);
    }
}

TEST_F(CrewTest, CrewGrowsAgainAfterAFailedStart)
{
    StartPool(4);
    Gate gate;
    Call slow([&] {
        gate.Pass();
        return 1;
    });
    ASSERT_EQ(slow.Submit(&pool_), 0);
    ASSERT_TRUE(Eventually([&] { return Look().busy == 1; }));
    rv_fault_arm("rv_thread_start", 1, EAGAIN);
    Call first([] { return 2; });
    ASSERT_EQ(first.Submit(&pool_), 0);
    ASSERT_EQ(Look().queued, 1u);

    EXPECT_EQ(RunJob([] { return 3; }), 3);

    EXPECT_EQ(first.Await(), 2);
    gate.Open();
    EXPECT_EQ(slow.Await(), 1);
}

// The n-th start fails, for every n that a load gets to: each call returns its
// result or -EAGAIN, and afterwards the crew is as good as new.
TEST_F(CrewTest, NthStartFailsUnderLoad)
{
    for (uint64_t nth = 1; nth <= 12; nth++) {
        StartPool(8, 1000, 50 * ROVE_US);
        rv_fault_arm("rv_thread_start", nth, EAGAIN);
        std::atomic<int> refused{0};
        std::vector<std::thread> callers;
        for (int i = 0; i < 4; i++) {
            callers.emplace_back([&] {
                for (int k = 0; k < 50; k++) {
                    int64_t result = RunJob([k] { return k; });
                    if (result == -EAGAIN) {
                        refused++;
                    } else {
                        EXPECT_EQ(result, k);
                    }
                }
            });
        }
        for (std::thread &caller : callers) {
            caller.join();
        }
        EXPECT_LE(refused.load(), 4) << "start " << nth;
        rv_fault_disarm();
        EXPECT_EQ(RunJob([] { return 5; }), 5);
        ASSERT_EQ(rv_pool_stop(&pool_, ROVE_FOREVER), 0);
    }
}

TEST_F(CrewTest, CallersAllLearnOfStartsThatKeepFailing)
{
    StartPool(4);
    rv_fault_arm_every("rv_thread_start", 1, EAGAIN);
    std::vector<std::thread> callers;

    for (int i = 0; i < 8; i++) {
        callers.emplace_back([&] {
            for (int k = 0; k < 300; k++) {
                EXPECT_EQ(RunJob([] { return 1; }), -EAGAIN);
            }
        });
    }
    for (std::thread &caller : callers) {
        caller.join();
    }

    EXPECT_EQ(Look().queued, 0u);
    EXPECT_EQ(Look().threads, 0u);
}

} // namespace
