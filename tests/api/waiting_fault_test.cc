// At stake: whatever of a program's memory or stacks is refused, at whichever
// call: groups, gathers, selects, channels, locals, defers and coroutines say
// so in the call that needed it, nothing else fails, and nothing is left
// behind.
//
// Each fault has a process of its own, in which nothing is cached yet: the test
// forks before it has a thread.

#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "rove/channel.h"

#include "tests/support/children.h"
#include "tests/support/in_child.h"
#include "tests/support/with_runtime.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

const char *const kFunctions[] = {"rv_mem_alloc", "rv_mem_zalloc",
                                  "rv_mem_alloc_aligned", "rv_pages_reserve",
                                  "rv_pages_guard"};

struct Report {
    uint64_t calls;  // of the function that fails, in the first run
    uint64_t blocks; // left after both runs
};

// What a program does that needs memory or stacks while it waits. `Check`
// accepts the good result, and -ENOMEM once something may be refused.
class Scenario
{
  public:
    explicit Scenario(bool may_fail) : may_fail_(may_fail)
    {
    }

    void All()
    {
        Futures();
        Groups();
        Gather();
        Channels();
        Dropping();
        BroadcastAndWatch();
        DefersAndLocals();
        Coroutines();
        PlainThreads();
    }

  private:
    void Check(int64_t result, int64_t good, const char *what) const
    {
        EXPECT_TRUE(result == good || IsRefusal(result))
            << what << ": " << result;
    }

    bool IsRefusal(int64_t result) const
    {
        return may_fail_ && result == -ENOMEM;
    }

    // False: there is none, which is a refusal.
    bool Has(const void *object, const char *what) const
    {
        EXPECT_TRUE(object != nullptr || may_fail_) << what;
        return object != nullptr;
    }

    // Several wait for one future, by a call and by selects that end earlier.
    void Futures()
    {
        rove_future *future = rove_future_new();
        if (!Has(future, "future_new")) {
            return;
        }
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 12; i++) {
            tasks.push_back(Spawn([=]() -> int64_t {
                if (i % 2 == 0) {
                    return rove_future_wait(future, nullptr);
                }
                rove_case cases[] = {rove_on_future(future),
                                     rove_on_future(future),
                                     rove_on_time(rove_now() + ROVE_US)};
                int which = rove_select(cases, i % 4 == 1 ? 2 : 3, 0);
                return which < 0 ? which : 0;
            }));
        }
        // Twice in one select: a waiter too many for the future's own word.
        rove_case cases[] = {rove_on_future(future), rove_on_future(future),
                             rove_on_time(rove_now() + ROVE_MS)};
        Check(rove_select(cases, 3, 0), 2, "select");
        EXPECT_EQ(rove_future_set(future, 0), 0);
        for (rove_task *task : tasks) {
            Check(rove_join(task), 0, "wait for a future");
        }
        rove_future_unref(future);
    }

    void Groups()
    {
        for (unsigned flags : {0U, ROVE_COLLECT, ROVE_COLLECT | ROVE_DISCARD}) {
            std::atomic<int> ran{0};
            int spawned = 0;
            int64_t status = 0;
            ROVE_GROUP(group, flags, &status)
            {
                for (int i = 0; i < 6; i++) {
                    int error = SpawnChild(&group, [&] {
                        ran++;
                        EXPECT_TRUE(rove_yield() == 0 || may_fail_);
                        return 0;
                    });
                    EXPECT_TRUE(error == 0 || IsRefusal(error) ||
                                (may_fail_ && error == -ECANCELED))
                        << error;
                    spawned += error == 0;
                }
                int64_t result = 0;
                while (rove_group_next(&group, &result) == 1) {
                    Check(result, 0, "a child");
                }
            }
            Check(status, 0, "group_close");
            EXPECT_TRUE(status != 0 || ran == spawned);
            EXPECT_EQ(rove_yield(), 0);
        }
    }

    void Gather()
    {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 6; i++) {
            tasks.push_back(Spawn([i] { return rove_yield() + i; }));
        }
        int64_t results[6];
        int64_t first = rove_gather(tasks.data(), 6, results, ROVE_COLLECT);
        for (int i = 0; i < 6; i++) {
            if (tasks[static_cast<size_t>(i)] == nullptr) {
                EXPECT_TRUE(may_fail_);
                EXPECT_EQ(results[i], -ECANCELED);
            } else {
                Check(results[i], i, "gather");
            }
        }
        EXPECT_TRUE(first == 0 || may_fail_) << first;
    }

    // A sender for which there is no stack ends without having run: who
    // receives from it looks for its end too.
    void Channels()
    {
        for (size_t capacity : {size_t{0}, size_t{4}, size_t{ROVE_UNBOUNDED}}) {
            rove_chan *chan = rove_chan_new(64, capacity, nullptr);
            if (!Has(chan, "chan_new")) {
                continue;
            }
            rove_task *sender = Spawn([=]() -> int64_t {
                char item[64] = {};
                int64_t sent = 0;
                for (int i = 0; i < 50; i++) {
                    int status = rove_chan_send(chan, item);
                    Check(status, 0, "chan_send");
                    sent += status == 0;
                }
                return sent;
            });
            char item[64];
            int64_t received = 0;
            rove_case cases[] = {rove_on_recv(chan, item),
                                 rove_on_task(sender)};
            while (rove_select(cases, 2, ROVE_FIRST_LISTED) == 0) {
                received++;
            }
            while (rove_chan_try_recv(chan, item) == 0) {
                received++; // came between the look at the one and the other
            }
            int64_t sent = rove_join(sender);
            EXPECT_TRUE(sent == received || IsRefusal(sent)) << sent;
            rove_chan_unref(chan);
        }
    }

    // Items too large for the stack are dropped by way of the heap.
    void Dropping()
    {
        static int destroyed;
        destroyed = 0;
        rove_chan_options options;
        rove_chan_options_init(&options);
        options.overflow = ROVE_OVERFLOW_DROP_OLDEST;
        options.destroy = [](void *) { destroyed++; };
        rove_chan *chan = rove_chan_new(1000, 2, &options);
        if (!Has(chan, "chan_new")) {
            return;
        }
        std::vector<char> item(1000);
        int sent = 0;
        for (int i = 0; i < 5; i++) {
            int status = rove_chan_send(chan, item.data());
            Check(status, 0, "send to a dropping channel");
            sent += status == 0;
        }
        rove_chan_unref(chan);
        EXPECT_EQ(destroyed, sent);
    }

    void BroadcastAndWatch()
    {
        uint64_t item = 5;
        rove_broadcast *broadcast = rove_broadcast_new(8, 2);
        if (Has(broadcast, "broadcast_new")) {
            rove_subscriber *subscriber = rove_broadcast_subscribe(broadcast);
            EXPECT_EQ(rove_broadcast_send(broadcast, &item), 0);
            uint64_t got = 0;
            if (Has(subscriber, "subscribe")) {
                EXPECT_EQ(rove_subscriber_recv(subscriber, &got), 0);
                EXPECT_EQ(got, 5U);
            }
            rove_subscriber_free(subscriber);
            rove_broadcast_unref(broadcast);
        }
        rove_watch *watch = rove_watch_new(8, &item);
        if (Has(watch, "watch_new")) {
            uint64_t seen = 0;
            EXPECT_EQ(rove_watch_next(watch, &seen, &item), 0);
            rove_watch_unref(watch);
        }
    }

    void DefersAndLocals()
    {
        static int freed;
        static rove_local *const own =
            rove_local_new([](void *) { freed++; }, 0);
        static rove_local *const heir =
            rove_local_new(nullptr, ROVE_LOCAL_INHERIT);
        static int deferred;
        deferred = 0;
        freed = 0;
        int defers = 0;
        int sets = 0;
        auto body = [&]() -> int64_t {
            for (int i = 0; i < 20; i++) {
                int error = rove_defer(
                    [](void *) -> int64_t { return ++deferred; }, nullptr);
                Check(error, 0, "defer");
                defers += error == 0;
            }
            int error = rove_local_set(own, &sets);
            Check(error, 0, "local_set");
            sets += error == 0;
            bool is_heir = rove_local_set(heir, &defers) == 0;
            void *expected = is_heir ? &defers : nullptr;
            rove_task *child = Spawn([expected]() -> int64_t {
                return rove_local_get(heir) == expected;
            });
            Check(rove_join(child), 1, "a child that inherits");
            struct Seen {
                void *expected;
            } seen = {expected};
            int64_t is_seen = rove_offload(
                [](void *arg) -> int64_t {
                    return rove_local_get(heir) ==
                           static_cast<Seen *>(arg)->expected;
                },
                &seen);
            EXPECT_TRUE(is_seen == 1 || (may_fail_ && is_seen == -EAGAIN) ||
                        IsRefusal(is_seen))
                << is_seen;
            return 0;
        };
        Check(rove_join(Spawn(body)), 0, "a task with defers");
        EXPECT_EQ(deferred, defers);
        EXPECT_EQ(freed, sets);
    }

    void Coroutines()
    {
        for (int i = 0; i < 3; i++) {
            rove_coro *coro = rove_coro_new(
                [](rove_coro *self, void *) -> int64_t {
                    return rove_coro_yield(self, 4, nullptr);
                },
                nullptr);
            if (Has(coro, "coro_new")) {
                int64_t out = 0;
                EXPECT_EQ(rove_coro_send(coro, 0, &out), 1);
                EXPECT_EQ(out, 4);
                rove_coro_free(coro);
            }
        }
    }

    // A plain thread waits by a descriptor, which there may not be.
    void PlainThreads()
    {
        rove_event event = ROVE_EVENT_INIT;
        rove_mutex mutex = ROVE_MUTEX_INIT;
        std::atomic<int> left{3};
        EXPECT_EQ(rove_mutex_lock(&mutex), 0);
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; i++) {
            threads.emplace_back([&] {
                rove_case one = rove_on_event(&event);
                Check(rove_event_wait(&event), 0, "event_wait");
                Check(rove_select(&one, 1, 0), 0, "select");
                int error = rove_mutex_lock(&mutex);
                Check(error, 0, "mutex_lock");
                if (error == 0) {
                    rove_mutex_unlock(&mutex);
                }
                left--;
            });
        }
        (void)rove_sleep(100 * ROVE_US);
        rove_event_set(&event);
        rove_mutex_unlock(&mutex);
        EXPECT_TRUE(Eventually([&] { return left == 0; }));
        for (std::thread &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(rove_mutex_try_lock(&mutex), 0);
        rove_mutex_unlock(&mutex);
    }

    bool may_fail_;
};

class WaitingFaultTest : public ::testing::TestWithParam<Setup>
{
  protected:
    void SetUp() override
    {
        options_ = OptionsFor(GetParam());
        ASSERT_EQ(CountThreads(), 1) << "a fork would lose them";
    }

    // The scenario with the fault, and once more without.
    Report Work(const char *function, uint64_t n, bool every)
    {
        return InChild<Report>([&](Report *report) {
            std::thread([] {}).join(); // TSan's own thread comes with it
            int fds = CountFds();
            int threads = CountThreads();
            Body faulty = [&] {
                (every ? rv_fault_arm_every : rv_fault_arm)(function, n,
                                                            ENOMEM);
                Scenario(n != UINT64_MAX).All();
                report->calls = rv_fault_calls(function);
                rv_fault_disarm();
                return 0;
            };
            Body good = [] {
                Scenario(false).All();
                return 0;
            };
            EXPECT_EQ(rove_run(&options_, CallBody, &faulty), 0);
            EXPECT_EQ(rove_run(&options_, CallBody, &good), 0);
            report->blocks = rv_fault_live_blocks();
            EXPECT_EQ(CountFds(), fds);
            EXPECT_TRUE(ThreadsComeDownTo(threads));
        });
    }

    // All n, until the function is not called so often.
    void FailEach(const char *function, bool every)
    {
        for (uint64_t n = 1; n < 500 && !HasFailure(); n++) {
            SCOPED_TRACE(std::string(function) + ' ' + std::to_string(n));
            Report report = Work(function, n, every);
            EXPECT_EQ(report.blocks, blocks_);
            if (report.calls < n) {
                return;
            }
        }
        EXPECT_TRUE(HasFailure()) << function << " is called too often";
    }

    void FailAll(bool every)
    {
        blocks_ = Work("rv_mem_alloc", UINT64_MAX, false).blocks;
        for (const char *function : kFunctions) {
            FailEach(function, every);
        }
    }

    rove_options options_;
    uint64_t blocks_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Workers, WaitingFaultTest,
                         ::testing::Values(Setup{1, ROVE_STEALING},
                                           Setup{2, ROVE_STEALING},
                                           Setup{8, ROVE_STEALING}),
                         NameOf);

TEST_P(WaitingFaultTest, EachRefusalIsToldWhereItMatters)
{
    FailAll(false);
}

TEST_P(WaitingFaultTest, AShortageThatStaysIsToldEachTime)
{
    FailAll(true);
}

} // namespace
