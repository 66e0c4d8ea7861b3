// At stake: whatever the system refuses at whichever call, a runtime that
// cannot start says so, leaves nothing behind, and the next one starts; one
// that runs goes on.

#include <cerrno>
#include <vector>

#include "tests/support/with_runtime.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

class StartFaultTest : public WithRuntime
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
        WithRuntime::TearDown();
    }

    // Lets the nth call fail, for all n until a start does not come that far.
    void FailEach(const char *function, int fault, int expected)
    {
        for (uint64_t n = 1; n < 200; n++) {
            int fds = CountFds();
            int threads = CountThreads();
            uint64_t blocks = rv_fault_live_blocks();
            rove_runtime *rt = nullptr;
            rv_fault_arm(function, n, fault);
            int error = rove_runtime_new(&options_, &rt);
            uint64_t calls = rv_fault_calls(function);
            rv_fault_disarm();
            if (error == 0) {
                EXPECT_LT(calls, n) << function << ' ' << n;
                EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
                rove_runtime_free(rt);
                EXPECT_GT(n, 1U) << function << " is never called";
                return;
            }
            EXPECT_EQ(error, expected) << function << ' ' << n;
            EXPECT_EQ(rt, nullptr);
            EXPECT_EQ(CountFds(), fds) << function << ' ' << n;
            EXPECT_TRUE(ThreadsComeDownTo(threads)) << function << ' ' << n;
            EXPECT_EQ(rv_fault_live_blocks(), blocks) << function << ' ' << n;
        }
        ADD_FAILURE() << function << " is called too often";
    }

    void ExpectThatItRuns()
    {
        Body main = [] { return rove_join(Spawn([] { return 3; })); };
        EXPECT_EQ(rove_run(&options_, CallBody, &main), 3);
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, StartFaultTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(StartFaultTest, NoMemory)
{
    FailEach("rv_mem_zalloc", ENOMEM, -ENOMEM);
    FailEach("rv_mem_alloc_aligned", ENOMEM, -ENOMEM);
    ExpectThatItRuns();
}

TEST_P(StartFaultTest, NoDescriptors)
{
    FailEach("rv_epoll_open", EMFILE, -EMFILE);
    FailEach("rv_event_fd_open", ENFILE, -ENFILE);
    FailEach("rv_epoll_add", ENOMEM, -ENOMEM);
    if (Steals()) {
        FailEach("rv_timer_fd_open", EMFILE, -EMFILE);
    }
    ExpectThatItRuns();
}

TEST_P(StartFaultTest, NoThreads)
{
    FailEach("rv_thread_start", EAGAIN, -EAGAIN);
    ExpectThatItRuns();
}

TEST_P(StartFaultTest, FaultsReachTheCallerOfRun)
{
    Body main = [] {
        ADD_FAILURE();
        return 0;
    };
    rv_fault_arm("rv_thread_start", 1, EAGAIN);
    EXPECT_EQ(rove_run(&options_, CallBody, &main), -EAGAIN);
    rv_fault_arm("rv_epoll_open", 1, EMFILE);
    EXPECT_EQ(rove_run(&options_, CallBody, &main), -EMFILE);
}

TEST_P(StartFaultTest, NoMemoryForArgumentsAndNames)
{
    Body never = [] {
        ADD_FAILURE();
        return 0;
    };
    InTask([&] {
        rv_fault_arm_every("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_spawn_copy(CallBody, "x", 1), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        EXPECT_EQ(rove_spawn_at(0, CallBody, &never), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        rove_task_options options;
        rove_task_options_init(&options);
        options.name = "never";
        rv_fault_arm_every("rv_mem_zalloc", 1, ENOMEM);
        EXPECT_EQ(rove_spawn_with(&options, CallBody, &never), nullptr);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        rove_task_set_name(nullptr, "stays unnamed");
        char name[32] = "x";
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "");
        EXPECT_EQ(rove_join(Spawn([] { return rove_yield(); })), 0);
        rv_fault_disarm();
    });
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_future_new(), nullptr);
}

int64_t WaitFor(void *future)
{
    return rove_future_wait(static_cast<rove_future *>(future), nullptr);
}

uint64_t TasksEnded()
{
    rove_stats stats = {};
    stats.size = sizeof stats;
    EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
    return stats.tasks_ended;
}

int64_t YieldTwice(void *)
{
    return rove_yield() + rove_yield();
}

// Few stacks, many tasks that hold theirs: the rest never start, and their
// joiners hear of it. Nothing hangs.
TEST_P(StartFaultTest, TasksThatNeverGetAStackEndWithNoMemory)
{
    int started = 0;
    int refused = 0;
    options_.stack_size = 16 * 1024;
    Body main = [&] {
        rv_fault_arm_every("rv_pages_guard", 20, ENOMEM);
        std::vector<rove_task *> tasks;
        rove_future *future = rove_future_new();
        for (int i = 0; i < 600; i++) {
            tasks.push_back(rove_spawn(WaitFor, future));
        }
        // While this task sleeps nothing that has started can run.
        uint64_t ended = TasksEnded();
        for (int i = 0; i < 5000 && TasksEnded() == ended; i++) {
            (void)rove_sleep(ROVE_MS);
        }
        (void)rove_future_set(future, 1);
        for (rove_task *task : tasks) {
            int64_t result = rove_join(task);
            started += result == 0;
            refused += result == -ENOMEM;
        }
        rove_future_unref(future);
        rv_fault_disarm();
        return rove_join(rove_spawn(YieldTwice, nullptr));
    };
    EXPECT_EQ(rove_run(&options_, CallBody, &main), 0);
    EXPECT_EQ(started + refused, 600);
    EXPECT_GE(started, 1);
    EXPECT_GE(refused, 1);
}

// With something to run there is a stack again soon, so all of them start.
TEST_P(StartFaultTest, UnstartedTasksWaitForAStack)
{
    if (Workers() > 1) {
        GTEST_SKIP() << "each worker decides for itself that nothing can run";
    }
    options_.stack_size = 200 * 1024;
    Body main = [&] {
        int64_t failures = 0;
        rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 600; i++) {
            tasks.push_back(rove_spawn(YieldTwice, nullptr));
        }
        for (int i = 0; i < 3000; i++) {
            (void)rove_yield();
        }
        for (rove_task *task : tasks) {
            failures += rove_join(task) != 0;
        }
        return failures;
    };
    EXPECT_EQ(rove_run(&options_, CallBody, &main), 0);
}

} // namespace
