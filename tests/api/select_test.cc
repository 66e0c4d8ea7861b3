// At stake: what select.h promises: the first of several things, just that one,
// and nobody preferred.

#include "rove/select.h"

#include <cerrno>
#include <cmath>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "rove/channel.h"

#include "tests/support/with_runtime.h"

namespace
{

class SelectTest : public WithRuntime
{
  protected:
    void SetUp() override
    {
        WithRuntime::SetUp();
        for (rove_future *&future : futures_) {
            future = rove_future_new();
            ASSERT_NE(future, nullptr);
        }
    }

    void TearDown() override
    {
        for (rove_future *future : futures_) {
            rove_future_unref(future);
        }
        WithRuntime::TearDown();
    }

    // Selects among the futures many times; how often each case was chosen.
    std::vector<int> CountChoices(int rounds)
    {
        std::vector<int> chosen(kFutures);
        for (int i = 0; i < rounds; i++) {
            rove_case cases[kFutures];
            for (int k = 0; k < kFutures; k++) {
                cases[k] = rove_on_future(futures_[k]);
            }
            int which = rove_select(cases, kFutures, 0);
            EXPECT_GE(which, 0);
            if (which >= 0) {
                EXPECT_EQ(cases[which].result, which);
                chosen[which]++;
            }
        }
        return chosen;
    }

    // Of the ready ones each is chosen as often as chance has it, within five
    // standard deviations.
    void ExpectFair(const std::vector<int> &ready)
    {
        constexpr int kRounds = 4000;
        for (int k : ready) {
            EXPECT_EQ(rove_future_set(futures_[k], k), 0);
        }
        std::vector<int> chosen = CountChoices(kRounds);
        const double p = 1.0 / static_cast<double>(ready.size());
        const double bound = 5 * std::sqrt(kRounds * p * (1 - p));
        int sum = 0;
        for (int k : ready) {
            EXPECT_NEAR(chosen[k], kRounds * p, bound) << k;
            sum += chosen[k];
        }
        EXPECT_EQ(sum, kRounds);
    }

    void SeedFromClock()
    {
        options_.seed = static_cast<uint64_t>(rove_now());
        printf("seed=%llu\n", static_cast<unsigned long long>(options_.seed));
    }

    static constexpr int kFutures = 4;
    rove_future *futures_[kFutures] = {};
};

INSTANTIATE_TEST_SUITE_P(Designs, SelectTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(SelectTest, OfFourReadyCasesEachIsAsLikely)
{
    SeedFromClock();
    InTask([this] { ExpectFair({0, 1, 2, 3}); });
}

// Neighbours in the list are not favoured for who is not ready before them.
TEST_P(SelectTest, OfSomeReadyCasesEachIsAsLikely)
{
    SeedFromClock();
    InTask([this] { ExpectFair({0, 1, 3}); });
}

TEST_P(SelectTest, APlainThreadIsFairToo)
{
    ExpectFair({2, 3});
}

TEST_P(SelectTest, FirstListedPrefersTheFirst)
{
    EXPECT_EQ(rove_future_set(futures_[1], 1), 0);
    EXPECT_EQ(rove_future_set(futures_[3], 3), 0);
    auto choose = [this] {
        for (int i = 0; i < 100; i++) {
            rove_case cases[] = {
                rove_on_future(futures_[0]), rove_on_future(futures_[1]),
                rove_on_future(futures_[2]), rove_on_future(futures_[3])};
            EXPECT_EQ(rove_select(cases, 4, ROVE_FIRST_LISTED), 1);
            EXPECT_EQ(cases[1].result, 1);
        }
    };
    choose();
    InTask(choose);
}

TEST_P(SelectTest, TryDoesNotWait)
{
    auto attempt = [this] {
        rove_case cases[] = {rove_on_future(futures_[0]),
                             rove_on_time(rove_now() + ROVE_SEC)};
        EXPECT_EQ(rove_select(cases, 2, ROVE_TRY), -EAGAIN);
    };
    attempt();
    InTask(attempt);
}

TEST_P(SelectTest, AFutureATaskATimeAndAnFdEndTheWait)
{
    InTask([this] {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        std::atomic<bool> may_end{false};
        rove_task *task = Spawn([&] {
            while (!may_end) {
                EXPECT_EQ(rove_sleep(100 * ROVE_US), 0);
            }
            return 7;
        });
        rove_case cases[] = {rove_on_future(futures_[0]), rove_on_task(task),
                             rove_on_fd(fds[0], POLLIN),
                             rove_on_time(rove_now() + ROVE_MS)};
        EXPECT_EQ(rove_select(cases, 4, 0), 3);
        cases[3] = rove_on_time(ROVE_FOREVER);
        rove_task *writer = Spawn([&] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return write(fds[1], "x", 1);
        });
        EXPECT_EQ(rove_select(cases, 4, 0), 2);
        EXPECT_EQ(cases[2].result, POLLIN);
        EXPECT_EQ(rove_join(writer), 1);
        cases[2] = rove_on_fd(fds[1], POLLIN);
        may_end = true;
        EXPECT_EQ(rove_select(cases, 4, 0), 1);
        EXPECT_EQ(cases[1].result, 0);
        cases[1] = rove_case{};
        EXPECT_EQ(rove_join(task), 7);
        rove_task *setter = Spawn([this] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return rove_future_set(futures_[0], INT64_MIN);
        });
        EXPECT_EQ(rove_select(cases, 4, 0), 0);
        EXPECT_EQ(cases[0].result, INT64_MIN);
        EXPECT_EQ(rove_join(setter), 0);
        close(fds[0]);
        close(fds[1]);
    });
}

TEST_P(SelectTest, TheHandleIsKept)
{
    InTask([] {
        for (int i = 0; i < 100; i++) {
            rove_task *one = Spawn([=] {
                for (int k = 0; k < i % 3; k++) {
                    (void)rove_yield();
                }
                return i;
            });
            rove_task *other = Spawn([=] {
                for (int k = 0; k < i % 5; k++) {
                    (void)rove_yield();
                }
                return -i;
            });
            rove_case cases[] = {rove_on_task(one), rove_on_task(other)};
            EXPECT_GE(rove_select(cases, 2, 0), 0);
            EXPECT_EQ(rove_join(one), i);
            EXPECT_EQ(rove_join(other), -i);
        }
    });
}

TEST_P(SelectTest, TheSameObjectMayBeInSeveralCases)
{
    InTask([this] {
        rove_task *task =
            Spawn([this] { return rove_future_wait(futures_[0], nullptr); });
        rove_task *setter = Spawn([this] {
            EXPECT_EQ(rove_sleep(ROVE_MS), 0);
            return rove_future_set(futures_[0], 0);
        });
        rove_case cases[] = {rove_on_task(task), rove_on_task(task),
                             rove_on_future(futures_[1]),
                             rove_on_future(futures_[1])};
        int which = rove_select(cases, 4, 0);
        EXPECT_TRUE(which == 0 || which == 1) << which;
        EXPECT_EQ(rove_join(task), 0);
        EXPECT_EQ(rove_join(setter), 0);
    });
}

TEST_P(SelectTest, CasesThatAreNeverReadyWaitUntilCancelled)
{
    InTask([] {
        std::atomic<bool> waits{false};
        rove_task *task = Spawn([&] {
            rove_case cases[] = {rove_case{}, rove_on_time(ROVE_FOREVER)};
            waits = true;
            return rove_select(cases, 2, 0);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), -ECANCELED);
    });
}

TEST_P(SelectTest, ACancelledTaskSelectsNothingButMayTry)
{
    EXPECT_EQ(rove_future_set(futures_[0], 4), 0);
    InTask([this] {
        rove_task *task = Spawn([this] {
            EXPECT_TRUE(Eventually([] { return rove_cancelled(); }));
            rove_case one = rove_on_future(futures_[0]);
            EXPECT_EQ(rove_select(&one, 1, 0), -ECANCELED);
            EXPECT_EQ(one.result, 0);
            EXPECT_EQ(rove_select(&one, 1, ROVE_TRY), 0);
            return one.result;
        });
        rove_cancel(task);
        EXPECT_EQ(rove_join(task), 4);
    });
}

// The cancellation claimed the wait, but the result came before the task ran.
TEST_P(SelectTest, AResultThatIsReadyWinsOverACancellation)
{
    InTask([this] {
        std::atomic<bool> waits{false};
        rove_task *task = Spawn([&] {
            waits = true;
            rove_case cases[] = {rove_on_future(futures_[0]),
                                 rove_on_future(futures_[1])};
            return rove_select(cases, 2, 0);
        });
        EXPECT_TRUE(Eventually([&] { return waits.load(); }));
        rove_cancel(task);
        EXPECT_EQ(rove_future_set(futures_[1], 0), 0);
        int64_t result = rove_join(task);
        if (Workers() == 1) {
            EXPECT_EQ(result, 1);
        }
        EXPECT_TRUE(result == 1 || result == -ECANCELED) << result;
    });
}

TEST_P(SelectTest, APlainThreadSelects)
{
    Runtime runtime(options_);
    rove_task *task = SpawnIn(runtime.get(), [this] {
        return rove_future_wait(futures_[1], nullptr) + 5;
    });
    rove_case cases[] = {rove_on_future(futures_[0]), rove_on_task(task),
                         rove_on_time(rove_now() + 2 * ROVE_MS)};
    EXPECT_EQ(rove_select(cases, 3, 0), 2);
    std::thread setter([this] {
        EXPECT_EQ(rove_sleep(ROVE_MS), 0);
        EXPECT_EQ(rove_future_set(futures_[1], 0), 0);
    });
    cases[2] = rove_on_time(ROVE_FOREVER);
    EXPECT_EQ(rove_select(cases, 3, 0), 1);
    setter.join();
    EXPECT_EQ(rove_join(task), 5);
    EXPECT_EQ(rove_future_set(futures_[0], 3), 0);
    EXPECT_EQ(rove_select(cases, 1, 0), 0);
    EXPECT_EQ(cases[0].result, 3);
}

TEST_P(SelectTest, ManyTasksSelectOnTheSameFutures)
{
    InTask([this] {
        constexpr int kTasks = 100;
        std::vector<rove_task *> tasks;
        std::atomic<int> waiting{0};
        for (int i = 0; i < kTasks; i++) {
            tasks.push_back(Spawn([&, i] {
                rove_case cases[] = {rove_on_future(futures_[i % 2]),
                                     rove_on_future(futures_[2])};
                waiting++;
                return rove_select(cases, 2, 0);
            }));
        }
        EXPECT_TRUE(Eventually([&] { return waiting == kTasks; }));
        EXPECT_EQ(rove_future_set(futures_[1], 0), 0);
        for (int i = 1; i < kTasks; i += 2) {
            EXPECT_EQ(rove_join(tasks[i]), 0);
        }
        EXPECT_EQ(rove_future_set(futures_[2], 0), 0);
        for (int i = 0; i < kTasks; i += 2) {
            EXPECT_EQ(rove_join(tasks[i]), 1);
        }
    });
}

// A source that is ready once it was told so; for one waiter.
struct Told : rove_source {
    Told()
    {
        rove_source::ready = [](rove_source *self, int64_t *result) {
            Told *told = static_cast<Told *>(self);
            std::lock_guard<std::mutex> guard(told->lock);
            *result = 6;
            return told->is_told;
        };
        rove_source::arm = [](rove_source *self, rove_waker waker) {
            Told *told = static_cast<Told *>(self);
            std::lock_guard<std::mutex> guard(told->lock);
            told->armed = waker;
            if (told->is_told) {
                rove_wake(waker);
            }
            return 0;
        };
        rove_source::disarm = [](rove_source *, rove_waker) {};
    }

    void Tell()
    {
        std::lock_guard<std::mutex> guard(lock);
        is_told = true;
        rove_wake(armed);
    }

    std::mutex lock;
    bool is_told = false;
    rove_waker armed{{0, 0}};
};

enum Kind { kRecv, kSend, kTask, kFuture, kEvent, kFd, kTime, kSource, kAll };

// One object of every kind, none of them ready.
struct EveryKind {
    EveryKind()
    {
        EXPECT_EQ(pipe(ends), 0);
        task = Spawn([this] { return rove_future_wait(gate, nullptr); });
    }

    EveryKind(const EveryKind &) = delete;
    EveryKind &operator=(const EveryKind &) = delete;

    ~EveryKind()
    {
        (void)rove_future_set(gate, 0);
        EXPECT_EQ(rove_join(task), 0);
        rove_future_unref(gate);
        rove_future_unref(future);
        rove_chan_unref(to_us);
        rove_chan_unref(from_us);
        close(ends[0]);
        close(ends[1]);
    }

    // Makes one of them ready; the time comes by itself.
    void MakeReady(int kind)
    {
        const std::function<void()> ways[kAll] = {
            [&] {
                int item = 7;
                EXPECT_EQ(rove_chan_send(to_us, &item), 0);
            },
            [&] {
                int item = 0;
                EXPECT_EQ(rove_chan_recv(from_us, &item), 0);
                EXPECT_EQ(item, 4);
            },
            [&] { EXPECT_EQ(rove_future_set(gate, 0), 0); },
            [&] { EXPECT_EQ(rove_future_set(future, 3), 0); },
            [&] { rove_event_set(&event); },
            [&] { EXPECT_EQ(rove_write(ends[1], "x", 1), 1); },
            [] {},
            [&] { told.Tell(); }};
        ways[kind]();
    }

    // Which case wins, and its result.
    std::pair<int, int64_t> Select(rove_time when)
    {
        rove_case cases[kAll] = {
            rove_on_recv(to_us, &in), rove_on_send(from_us, &out),
            rove_on_task(task),       rove_on_future(future),
            rove_on_event(&event),    rove_on_fd(ends[0], POLLIN),
            rove_on_time(when),       rove_on_source(&told)};
        int winner = rove_select(cases, kAll, 0);
        return {winner, winner >= 0 ? cases[winner].result : -1};
    }

    int ends[2];
    rove_chan *to_us = rove_chan_new(sizeof(int), 0, nullptr);
    rove_chan *from_us = rove_chan_new(sizeof(int), 0, nullptr);
    rove_future *gate = rove_future_new();
    rove_future *future = rove_future_new();
    rove_event event = ROVE_EVENT_INIT;
    Told told;
    rove_task *task = nullptr;
    int in = 0;
    int out = 4;
};

// All kinds in one select. Each wins in turn, before the select waits or while
// it does, and the others are as they were.
TEST_P(SelectTest, OneSelectOfEveryKind)
{
    const int64_t results[kAll] = {0, 0, 0, 3, 0, POLLIN, 0, 6};
    InTask([&] {
        for (int round = 0; round < 2 * kAll; round++) {
            const int winner = round % kAll;
            EveryKind kinds;
            rove_task *other = Spawn([&] {
                kinds.MakeReady(winner);
                return 0;
            });
            if (round < kAll) {
                (void)rove_yield();
            }
            auto won = kinds.Select(winner == kTime ? rove_now() + 100 * ROVE_US
                                                    : ROVE_FOREVER);
            EXPECT_EQ(won.first, winner) << round;
            EXPECT_EQ(won.second, results[winner]) << round;
            EXPECT_EQ(rove_join(other), 0);
            EXPECT_EQ(kinds.in, winner == kRecv ? 7 : 0);
            EXPECT_EQ(rove_chan_try_send(kinds.to_us, &kinds.out), -EAGAIN);
            EXPECT_EQ(rove_chan_try_recv(kinds.from_us, &kinds.in), -EAGAIN);
        }
    });
}

} // namespace
