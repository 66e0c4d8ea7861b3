// At stake: the first runtime of a process, which makes what all later ones
// share, whatever the system refuses at whichever call: in its start, or while
// its tasks run. It says so in each call that needs what was refused, leaves
// nothing behind, and the next runtime works.
//
// Each fault has a process of its own: the test forks before it has a thread.

#include <cerrno>
#include <cstring>
#include <functional>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "tests/support/in_child.h"
#include "tests/support/with_runtime.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

struct Fault {
    const char *function;
    int error;
};

const Fault kFaults[] = {
    {"rv_pages_reserve", ENOMEM},     {"rv_pages_guard", ENOMEM},
    {"rv_mem_alloc", ENOMEM},         {"rv_mem_zalloc", ENOMEM},
    {"rv_mem_alloc_aligned", ENOMEM}, {"rv_thread_start", EAGAIN},
    {"rv_epoll_open", EMFILE},        {"rv_event_fd_open", ENFILE},
    {"rv_timer_fd_open", EMFILE},     {"rv_epoll_add", ENOMEM},
};

// What a child tells its parent.
struct Report {
    int64_t result;  // of the run with the fault
    uint64_t calls;  // of the function, in that run
    uint64_t blocks; // left when the runs are over
};

// What a task does that needs something of the system. A call may fail with the
// error of the fault, and with no other.
class Scenario
{
  public:
    explicit Scenario(Fault fault) : fault_(-fault.error)
    {
    }

    int64_t Run(const rove_options &options)
    {
        Body main = [this] {
            Tasks();
            Stacks();
            Jobs();
            Descriptors();
            return 0;
        };
        return rove_run(&options, CallBody, &main);
    }

  private:
    void Check(int64_t result, int64_t good, const char *what) const
    {
        EXPECT_TRUE(result == good || (fault_ != 0 && result == fault_))
            << what << ": " << result;
    }

    static int64_t Five(void *)
    {
        return rove_yield() + 5;
    }

    static int64_t CountCall(void *calls)
    {
        (*static_cast<std::atomic<int> *>(calls))++;
        return 0;
    }

    void Tasks() const
    {
        Check(rove_join(rove_spawn(Five, nullptr)), 5, "spawn");
        Check(rove_join(rove_spawn_copy(Five, "x", 1)), 5, "spawn_copy");
        Check(rove_join(rove_spawn_at(0, Five, nullptr)), 5, "spawn_at");
        rove_task_options options;
        rove_task_options_init(&options);
        options.name = "named";
        options.stack_size = 1; // of another class
        Check(rove_join(rove_spawn_with(&options, Five, nullptr)), 5,
              "spawn_with");
        Check(rove_go(Five, nullptr), 0, "go");
        Check(rove_parallel_for(
                  0, 64, 1,
                  [](int64_t, int64_t, void *) { (void)rove_yield(); },
                  nullptr),
              0, "parallel_for");
    }

    // Tasks that hold their stacks, and share a future.
    void Stacks() const
    {
        rove_future *future = rove_future_new();
        if (future == nullptr) {
            EXPECT_EQ(fault_, -ENOMEM);
            return;
        }
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 20; i++) {
            tasks.push_back(rove_spawn(
                [](void *arg) -> int64_t {
                    return rove_future_wait(static_cast<rove_future *>(arg),
                                            nullptr);
                },
                future));
        }
        for (int i = 0; i < 20; i++) {
            (void)rove_yield();
        }
        std::atomic<int> calls{0};
        int error = rove_future_on_done(future, CountCall, &calls);
        Check(error, 0, "on_done");
        EXPECT_EQ(rove_future_set(future, 0), 0);
        for (rove_task *task : tasks) {
            Check(rove_join(task), 0, "future_wait");
        }
        const int expected = error == 0 ? 1 : 0;
        EXPECT_TRUE(Eventually([&] { return calls == expected; }));
        rove_future_unref(future);
    }

    // Without a pool thread: -EAGAIN, whatever it was that it lacked.
    void Jobs() const
    {
        auto check = [this](int64_t result, const char *what) {
            if (fault_ == 0 || result != -EAGAIN) {
                Check(result, 6, what);
            }
        };
        rove_fn *job = [](void *) -> int64_t { return 6; };
        check(rove_offload(job, nullptr), "offload");
        check(rove_join(rove_offload_spawn(job, nullptr)), "offload_spawn");
        int destroyed = 0;
        check(rove_offload_owned(
                  job, &destroyed,
                  [](void *count) { (*static_cast<int *>(count))++; }),
              "offload_owned");
        EXPECT_EQ(destroyed, 1);
    }

    void Descriptors() const
    {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        Check(listener < 0 ? listener : 0, 0, "tcp_listen");
        if (listener < 0) {
            return;
        }
        int near = rove_tcp_connect(
            nullptr, static_cast<uint16_t>(rove_local_port(listener)));
        Check(near < 0 ? near : 0, 0, "tcp_connect");
        int far = near < 0 ? near : rove_accept(listener, nullptr, nullptr);
        Check(far < 0 ? far : 0, 0, "accept");
        if (far >= 0) {
            Exchange(near, far);
            EXPECT_EQ(rove_close(far), 0);
        }
        if (near >= 0) {
            EXPECT_EQ(rove_close(near), 0);
        }
        EXPECT_EQ(rove_close(listener), 0);
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        Exchange(fds[0], fds[1]);
        close(fds[0]);
        close(fds[1]);
    }

    // A read that has to wait, and after it the byte.
    void Exchange(int near, int far) const
    {
        char byte = 0;
        rove_task *reader =
            Spawn([=, &byte] { return rove_read(near, &byte, 1); });
        (void)rove_yield();
        Check(rove_write(far, "x", 1), 1, "write");
        Check(rove_join(reader), 1, "read");
    }

    int64_t fault_;
};

class FirstFaultTest : public ::testing::TestWithParam<Setup>
{
  public:
    void SetUp() override
    {
        options_ = OptionsFor(GetParam());
        ASSERT_EQ(CountThreads(), 1) << "a fork would lose them";
    }

    bool HasWatch() const
    {
        return GetParam().design == ROVE_STEALING && GetParam().workers > 1;
    }

    bool Applies(const Fault &fault) const
    {
        return HasWatch() || strcmp(fault.function, "rv_timer_fd_open") != 0;
    }

    // A start with the fault, and one without; what both leave.
    Report Start(const Fault &fault, uint64_t n, bool every)
    {
        return InChild<Report>([&](Report *report) {
            int fds = CountFds();
            int threads = CountThreads();
            rove_runtime *rt = nullptr;
            Arm(fault, n, every);
            report->result = rove_runtime_new(&options_, &rt);
            report->calls = rv_fault_calls(fault.function);
            rv_fault_disarm();
            if (report->result == 0) {
                EXPECT_EQ(rove_runtime_shutdown(rt, ROVE_FOREVER), 0);
                rove_runtime_free(rt);
            } else {
                EXPECT_EQ(rt, nullptr);
            }
            EXPECT_EQ(rv_fault_live_blocks(), 0U);
            ExpectCensus(fds, threads);
            EXPECT_EQ(Scenario({"", 0}).Run(options_), 0);
            report->blocks = rv_fault_live_blocks();
            ExpectCensus(fds, threads);
        });
    }

    // The scenario with the fault in the running runtime, then once without.
    Report Work(const Fault &fault, uint64_t n, bool every)
    {
        return InChild<Report>([&](Report *report) {
            int fds = CountFds();
            int threads = CountThreads();
            Arm(fault, n, every);
            report->result = Scenario(fault).Run(options_);
            report->calls = rv_fault_calls(fault.function);
            rv_fault_disarm();
            ExpectCensus(fds, threads);
            EXPECT_EQ(Scenario({"", 0}).Run(options_), 0);
            report->blocks = rv_fault_live_blocks();
            ExpectCensus(fds, threads);
        });
    }

    using Trial = Report (FirstFaultTest::*)(const Fault &, uint64_t, bool);

    // All n, until the function is not called so often. As many blocks stay for
    // the process as after runs without a fault.
    void FailEach(const Fault &fault, bool every, Trial trial)
    {
        if (HasFailure()) {
            return; // children would inherit it
        }
        const uint64_t blocks = (this->*trial)(fault, UINT64_MAX, false).blocks;
        for (uint64_t n = 1; n < 500; n++) {
            SCOPED_TRACE(std::string(fault.function) + ' ' + std::to_string(n));
            Report report = (this->*trial)(fault, n, every);
            EXPECT_EQ(report.blocks, blocks);
            if (report.calls < n) {
                EXPECT_EQ(report.result, 0);
                EXPECT_GT(n, 1U) << "never called";
                return;
            }
            EXPECT_TRUE(report.result == 0 || report.result == -fault.error)
                << report.result;
            if (HasFailure()) {
                return;
            }
        }
        ADD_FAILURE() << fault.function << " is called too often";
    }

    rove_options options_;

  private:
    static void Arm(const Fault &fault, uint64_t n, bool every)
    {
        (every ? rv_fault_arm_every : rv_fault_arm)(fault.function, n,
                                                    fault.error);
    }

    static void ExpectCensus(int fds, int threads)
    {
        EXPECT_EQ(CountFds(), fds);
        EXPECT_TRUE(ThreadsComeDownTo(threads));
    }
};

INSTANTIATE_TEST_SUITE_P(Designs, FirstFaultTest,
                         ::testing::Values(Setup{2, ROVE_STEALING},
                                           Setup{2, ROVE_SHARDED},
                                           Setup{1, ROVE_SINGLE}),
                         NameOf);

TEST_P(FirstFaultTest, TheStartFailsCleanlyAtEachCall)
{
    for (const Fault &fault : kFaults) {
        if (Applies(fault) && strcmp(fault.function, "rv_mem_alloc") != 0) {
            FailEach(fault, false, &FirstFaultTest::Start);
            FailEach(fault, true, &FirstFaultTest::Start);
        }
    }
}

TEST_P(FirstFaultTest, TasksHearOfEachRefusal)
{
    for (const Fault &fault : kFaults) {
        if (Applies(fault)) {
            FailEach(fault, false, &FirstFaultTest::Work);
        }
    }
}

// From one call on the system refuses for good.
TEST_P(FirstFaultTest, TasksHearOfShortagesThatStay)
{
    for (const Fault &fault : kFaults) {
        if (Applies(fault)) {
            FailEach(fault, true, &FirstFaultTest::Work);
        }
    }
}

// With no memory to start with nothing can start; the address space of a first
// runtime may be a smaller one.
TEST_P(FirstFaultTest, NoPagesAtAllIsNoMemory)
{
    for (const char *function : {"rv_pages_reserve", "rv_pages_guard"}) {
        EXPECT_EQ(Start({function, ENOMEM}, 1, true).result, -ENOMEM);
    }
    EXPECT_EQ(Start({"rv_pages_reserve", ENOMEM}, 1, false).result, 0);
    EXPECT_EQ(Start({"rv_pages_guard", ENOMEM}, 1, false).result, -ENOMEM);
}

} // namespace
