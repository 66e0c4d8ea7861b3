// At stake: starting and stopping runtimes, with work in flight, several at
// once, from the wrong place, with absurd options.

#include "rove/runtime.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/with_runtime.h"

namespace
{

class RuntimeTest : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, RuntimeTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(RuntimeTest, RunReturnsWhatTheMainTaskReturns)
{
    for (int64_t value : {INT64_C(0), INT64_C(-5), INT64_MAX}) {
        Body main = [value] { return value; };
        EXPECT_EQ(rove_run(&options_, CallBody, &main), value);
    }
}

TEST_P(RuntimeTest, TasksSeeTheirRuntime)
{
    Runtime runtime(options_);
    EXPECT_EQ(rove_runtime_workers(runtime.get()), Workers());
    EXPECT_EQ(rove_runtime_current(), nullptr);
    rove_task *task = SpawnIn(runtime.get(), [&] {
        EXPECT_EQ(rove_runtime_current(), runtime.get());
        return 0;
    });
    EXPECT_EQ(rove_join(task), 0);
}

TEST_P(RuntimeTest, SpawnFromOutsideRunsEverywhere)
{
    Runtime runtime(options_);
    std::vector<rove_task *> tasks;
    std::atomic<int> sum{0};
    for (int i = 0; i < 500; i++) {
        tasks.push_back(SpawnIn(runtime.get(), [&sum, i] {
            sum += i;
            return rove_yield();
        }));
    }
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
    EXPECT_EQ(sum, 500 * 499 / 2);
}

TEST_P(RuntimeTest, RunFromATaskIsADeadlock)
{
    InTask([this] {
        Body body = [] { return 0; };
        EXPECT_EQ(rove_run(&options_, CallBody, &body), -EDEADLK);
    });
}

TEST_P(RuntimeTest, ShutdownFromATaskIsADeadlock)
{
    rove_runtime *rt = nullptr;
    ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
    rove_task *task =
        SpawnIn(rt, [rt] { return rove_runtime_shutdown(rt, ROVE_FOREVER); });
    EXPECT_EQ(rove_join(task), -EDEADLK);
    rove_task *pool = SpawnIn(rt, [rt] {
        return rove_offload(
            [](void *arg) -> int64_t {
                return rove_runtime_shutdown(static_cast<rove_runtime *>(arg),
                                             ROVE_FOREVER);
            },
            rt);
    });
    EXPECT_EQ(rove_join(pool), -EDEADLK);
    EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
    EXPECT_EQ(rove_runtime_shutdown(rt, 0), 0);
    rove_runtime_free(rt);
    rove_runtime_free(nullptr);
}

TEST_P(RuntimeTest, HandlesOutliveTheirRuntime)
{
    rove_task *ended;
    rove_task *cancelled;
    {
        Runtime runtime(options_);
        ended = SpawnIn(runtime.get(), [] { return 21; });
        cancelled =
            SpawnIn(runtime.get(), [] { return rove_sleep(3600 * ROVE_SEC); });
    }
    EXPECT_EQ(rove_task_wait(ended), 0);
    rove_cancel(ended);
    EXPECT_EQ(rove_join(ended), 21);
    EXPECT_EQ(rove_join(cancelled), -ECANCELED);
}

TEST_P(RuntimeTest, ShutdownOfAnIdleRuntimeReturns)
{
    for (int i = 0; i < 50; i++) {
        Runtime runtime(options_);
        if (i % 2 == 0) {
            (void)rove_sleep(i * 10 * ROVE_US);
        }
    }
}

struct Lines {
    std::vector<std::string> lines;

    static void Add(void *context, const char *line)
    {
        static_cast<Lines *>(context)->lines.emplace_back(line);
    }
};

TEST_P(RuntimeTest, ShutdownReportsWhatIsLeftAtTheDeadline)
{
    Lines sink;
    options_.report = Lines::Add;
    options_.report_context = &sink;
    rove_runtime *rt = nullptr;
    ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
    std::atomic<bool> started{false};
    std::atomic<bool> stop{false};
    rove_task *stubborn = SpawnIn(rt, [&] {
        started = true;
        while (!stop) {
            std::this_thread::yield();
        }
        return 4;
    });
    EXPECT_TRUE(Eventually([&] { return started.load(); }));
    EXPECT_EQ(rove_runtime_shutdown(rt, 0), -ETIMEDOUT);
    EXPECT_EQ(rove_runtime_shutdown(rt, rove_now() + 2 * ROVE_MS), -ETIMEDOUT);
    ASSERT_EQ(sink.lines.size(), 2U);
    EXPECT_EQ(sink.lines[0],
              "rove: shutdown: 1 tasks have not ended at the deadline");
    stop = true;
    EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
    rove_runtime_free(rt);
    EXPECT_EQ(rove_join(stubborn), 4);
    EXPECT_EQ(sink.lines.size(), 2U);
}

// What is reported as left is left: shutdown is asked over and over while
// timers fire, descriptors become ready and tasks end.
TEST_P(RuntimeTest, NoShutdownReportsTasksThatHaveEnded)
{
    const int cycles = kUnderSanitizer ? 10 : 60;
    for (int i = 0; i < cycles; i++) {
        Lines sink;
        options_.report = Lines::Add;
        options_.report_context = &sink;
        int fds[2];
        ASSERT_EQ(pipe(fds), 0);
        rove_runtime *rt = nullptr;
        ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
        for (int k = 0; k < 10; k++) {
            rove_detach(SpawnIn(rt, [k, out = fds[0]] {
                char byte;
                return k % 2 == 0 ? rove_sleep(k * 100 * ROVE_US)
                                  : rove_read(out, &byte, 1);
            }));
        }
        size_t refused = 0;
        while (rove_runtime_shutdown(rt, 0) != 0) {
            refused++;
        }
        rove_runtime_free(rt);
        EXPECT_EQ(sink.lines.size(), refused);
        for (const std::string &line : sink.lines) {
            EXPECT_EQ(line.find(" 0 tasks"), std::string::npos) << line;
        }
        close(fds[0]);
        close(fds[1]);
    }
}

uint64_t ParksOnceAllSleep(rove_runtime *rt)
{
    rove_stats stats;
    stats.size = sizeof stats;
    EXPECT_TRUE(Eventually([&] {
        return rove_stats_get(rt, &stats) == 0 &&
               stats.workers_asleep == stats.workers;
    }));
    return stats.parks;
}

// A runtime that cannot end yet waits for that in its sleep, and leaves no
// thread when it has ended.
TEST_P(RuntimeTest, WhoWaitsForTheEndSleepsAndIsJoined)
{
    const int threads = CountThreads();
    rove_runtime *rt = nullptr;
    ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
    std::atomic<bool> running{false};
    rove_future *gate = rove_future_new();
    rove_task *task = SpawnIn(rt, [&] {
        Body job = [&] {
            running = true;
            return rove_future_wait(gate, nullptr); // a plain thread's wait
        };
        return rove_offload(CallBody, &job);
    });
    EXPECT_TRUE(Eventually([&] { return running.load(); }));
    EXPECT_EQ(rove_runtime_shutdown(rt, 0), -ETIMEDOUT);
    bool quiet = false;
    for (int i = 0; i < 200 && !quiet; i++) {
        uint64_t parks = ParksOnceAllSleep(rt);
        (void)rove_sleep(50 * ROVE_MS);
        quiet = ParksOnceAllSleep(rt) == parks;
    }
    EXPECT_TRUE(quiet);
    EXPECT_EQ(rove_future_set(gate, 0), 0);
    EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
    EXPECT_TRUE(ThreadsComeDownTo(threads));
    rove_runtime_free(rt);
    EXPECT_EQ(rove_join(task), 0);
    rove_future_unref(gate);
}

TEST_P(RuntimeTest, SpawnWhileStoppingIsRefused)
{
    rove_runtime *rt = nullptr;
    ASSERT_EQ(rove_runtime_new(&options_, &rt), 0);
    std::atomic<bool> draining{false};
    std::atomic<bool> stop{false};
    Body never = [] {
        ADD_FAILURE();
        return 0;
    };
    rove_task *task = SpawnIn(rt, [&] {
        EXPECT_EQ(rove_sleep(3600 * ROVE_SEC), -ECANCELED);
        EXPECT_EQ(rove_spawn(CallBody, &never), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
        EXPECT_EQ(rove_go(CallBody, &never), -ESHUTDOWN);
        EXPECT_EQ(rove_spawn_copy(CallBody, "", 1), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
        EXPECT_EQ(rove_spawn_at(0, CallBody, &never), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
        rove_task_options options;
        rove_task_options_init(&options);
        options.name = "never";
        EXPECT_EQ(rove_spawn_with(&options, CallBody, &never), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
        draining = true;
        while (!stop) {
            std::this_thread::yield();
        }
        return 0;
    });
    EXPECT_EQ(rove_runtime_shutdown(rt, 0), -ETIMEDOUT);
    EXPECT_TRUE(Eventually([&] { return draining.load(); }));
    EXPECT_EQ(rove_runtime_spawn(rt, CallBody, &never), nullptr);
    EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
    stop = true;
    EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
    EXPECT_EQ(rove_runtime_spawn(rt, CallBody, &never), nullptr);
    EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
    rove_stats stats;
    stats.size = sizeof stats;
    EXPECT_LT(rove_stats_get(rt, &stats), 0);
    rove_runtime_free(rt);
    EXPECT_EQ(rove_join(task), 0);
}

TEST_P(RuntimeTest, SeveralRuntimesLiveAtOnceAndAgain)
{
    for (int round = 0; round < 3; round++) {
        Runtime a(options_);
        Runtime b(options_);
        Runtime c(options_);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 90; i++) {
            rove_runtime *rt = (i % 3 == 0 ? a : i % 3 == 1 ? b : c).get();
            tasks.push_back(SpawnIn(rt, [rt] {
                (void)rove_yield();
                return rove_runtime_current() == rt;
            }));
        }
        /* A task of one runtime joins a task of another. */
        rove_task *joiner = SpawnIn(a.get(), [&] {
            int64_t sum = 0;
            for (rove_task *task : tasks) {
                sum += rove_join(task);
            }
            return sum + rove_join(SpawnIn(b.get(), [] { return 1000; }));
        });
        EXPECT_EQ(rove_join(joiner), 1090);
    }
}

TEST_P(RuntimeTest, StatsCountExactly)
{
    Runtime runtime(options_);
    std::vector<rove_task *> tasks;
    for (int i = 0; i < 10; i++) {
        tasks.push_back(SpawnIn(runtime.get(), [] {
            for (int k = 0; k < 10; k++) {
                EXPECT_EQ(rove_join(Spawn([] { return rove_yield(); })), 0);
            }
            return 0;
        }));
    }
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
    rove_stats stats;
    stats.size = sizeof stats;
    ASSERT_EQ(rove_stats_get(runtime.get(), &stats), 0);
    EXPECT_EQ(stats.workers, Workers());
    EXPECT_EQ(stats.tasks_spawned, 110U);
    EXPECT_EQ(stats.tasks_ended, 110U);
    EXPECT_LE(stats.workers_asleep, Workers());
    stats.size = 8;
    EXPECT_EQ(rove_stats_get(runtime.get(), &stats), -EINVAL);
}

TEST_P(RuntimeTest, AbsurdOptionsAreRefusedByName)
{
    const struct {
        const char *word;
        void (*spoil)(rove_options *);
    } cases[] = {
        {"size", [](rove_options *o) { o->size = 0; }},
        {"size", [](rove_options *o) { o->size++; }},
        {"workers", [](rove_options *o) { o->workers = 257; }},
        {"workers", [](rove_options *o) { o->workers = UINT32_MAX; }},
        {"design",
         [](rove_options *o) { o->design = static_cast<rove_design>(3); }},
        {"one worker",
         [](rove_options *o) {
             o->design = ROVE_SINGLE;
             o->workers = 2;
         }},
        {"stack_size", [](rove_options *o) { o->stack_size = 262145; }},
        {"stack_size", [](rove_options *o) { o->stack_size = SIZE_MAX; }},
        {"tasks_max", [](rove_options *o) { o->tasks_max = UINT64_MAX; }},
        {"offload_threads_max",
         [](rove_options *o) { o->offload_threads_max = 4097; }},
        {"offload_keep_alive",
         [](rove_options *o) { o->offload_keep_alive = -1; }},
    };
    Body main = [] { return 0; };
    for (const auto &each : cases) {
        Lines sink;
        rove_options options = options_;
        options.report = Lines::Add;
        options.report_context = &sink;
        each.spoil(&options);
        rove_runtime *rt = nullptr;
        EXPECT_EQ(rove_runtime_new(&options, &rt), -EINVAL) << each.word;
        EXPECT_EQ(rt, nullptr);
        EXPECT_EQ(rove_run(&options, CallBody, &main), -EINVAL);
        ASSERT_EQ(sink.lines.size(), 2U) << each.word;
        EXPECT_NE(sink.lines[0].find(each.word), std::string::npos)
            << sink.lines[0];
    }
}

TEST_P(RuntimeTest, SmallestAndLargestOptionsWork)
{
    Body main = [] { return rove_join(Spawn([] { return rove_yield(); })); };
    rove_options options = options_;
    options.stack_size = 1;
    options.tasks_max = 3;
    options.name = "";
    options.seed = UINT64_MAX;
    EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
    options = options_;
    options.tasks_max = INT64_MAX;
    options.offload_threads_max = 4096;
    options.offload_keep_alive = INT64_MAX;
    options.offload_queue_max = UINT64_MAX;
    options.name = "a name that is longer than a thread's may be";
    EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
}

TEST(RuntimeDefaultsTest, DefaultsStartARuntime)
{
    Body main = [] {
        EXPECT_GE(rove_runtime_workers(rove_runtime_current()), 1U);
        return 6;
    };
    EXPECT_EQ(rove_run(nullptr, CallBody, &main), 6);
}

TEST(RuntimeDefaultsTest, TheLargestNumberOfWorkersStarts)
{
    rove_options options =
        OptionsFor({kUnderSanitizer ? 32U : 256U, ROVE_STEALING});
    Body main = [] {
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 1000; i++) {
            tasks.push_back(Spawn([] { return rove_yield(); }));
        }
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
        return 0;
    };
    EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
}

// Tasks arrive while the workers start; the end comes at any moment.
TEST_P(RuntimeTest, StartAndStopWithWorkInFlight)
{
    const int cycles = kUnderSanitizer ? 20 : 100;
    std::atomic<int> ran{0};
    int spawned = 0;
    for (int i = 0; i < cycles; i++) {
        Runtime runtime(options_);
        for (int k = 0; k < 20; k++) {
            rove_task *task = SpawnIn(runtime.get(), [&ran, k] {
                (void)(k % 2 == 0 ? rove_yield() : rove_sleep(ROVE_SEC));
                return ran++;
            });
            spawned += task != nullptr;
            rove_detach(task);
        }
    }
    EXPECT_EQ(ran, spawned);
    EXPECT_EQ(spawned, 20 * cycles);
}

// Threads that set futures leave the scheduler before it is freed (VISIT).
TEST_P(RuntimeTest, WakesFromOutsideWhileTheRuntimeStops)
{
    const int cycles = kUnderSanitizer ? 50 : 300;
    for (int i = 0; i < cycles; i++) {
        rove_future *future = rove_future_new();
        std::thread setter;
        {
            Runtime runtime(options_);
            rove_future *theirs = rove_future_ref(future);
            rove_task *task = SpawnIn(runtime.get(), [theirs] {
                int error = rove_future_wait(theirs, nullptr);
                rove_future_unref(theirs);
                return error;
            });
            setter = std::thread([future, i] {
                for (int k = 0; k < i % 50; k++) {
                    (void)rove_yield();
                }
                EXPECT_EQ(rove_future_set(future, 1), 0);
                rove_future_unref(future);
            });
            rove_detach(task);
        }
        setter.join();
    }
}

TEST(RuntimeDeathTest, FreeingARunningRuntimeIsMisuse)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            rove_runtime *rt = nullptr;
            EXPECT_EQ(rove_runtime_new(nullptr, &rt), 0);
            rove_runtime_free(rt);
        },
        "freed after a shutdown that returned 0");
    EXPECT_DEATH(EXPECT_EQ(rove_runtime_shutdown(nullptr, 0), 0),
                 "rove_runtime_shutdown: there is no runtime");
}

} // namespace
