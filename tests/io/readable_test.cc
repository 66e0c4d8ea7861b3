// At stake: a connection without a stack is as alive as one with a waiting
// task. Its task starts when there is something, whenever it came and however
// it shows, and at every other end of the wait, so that what it owns is
// released; and nobody else's turn is lost with it.
extern "C" {
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <thread>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

using Handler = std::function<int64_t()>;

int64_t CallHandler(void *handler)
{
    return (*static_cast<Handler *>(handler))();
}

// A task that starts when the descriptor is readable. By default it reads one
// byte, and its result is the byte or why there is none.
class Idle
{
  public:
    explicit Idle(int fd, Handler handler = nullptr)
        : handler_(std::move(handler))
    {
        if (handler_ == nullptr) {
            handler_ = [fd]() -> int64_t {
                char byte = 0;
                ssize_t n = rove_read(fd, &byte, 1);
                return n == 1 ? byte : n;
            };
        }
        task_ = rove_on_readable(fd, CallHandler, &handler_);
        EXPECT_NE(task_, nullptr);
    }

    Idle(const Idle &) = delete;
    Idle &operator=(const Idle &) = delete;

    ~Idle()
    {
        if (task_ != nullptr) {
            (void)rove_join(task_);
        }
    }

    int64_t Join()
    {
        return rove_join(std::exchange(task_, nullptr));
    }

    void Cancel()
    {
        rove_cancel(task_);
    }

  private:
    Handler handler_;
    rove_task *task_;
};

struct Shape {
    unsigned workers;
    rove_design design;
};

class ReadableTest : public ::testing::TestWithParam<Shape>
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    static void Run(const std::function<void()> &body)
    {
        RunTasks(GetParam().workers, body, GetParam().design);
    }
};

std::string NameOf(const ::testing::TestParamInfo<Shape> &info)
{
    static const char *const names[] = {"Stealing", "Sharded", "Single"};
    return names[info.param.design];
}

INSTANTIATE_TEST_SUITE_P(Designs, ReadableTest,
                         ::testing::Values(Shape{1, ROVE_SINGLE},
                                           Shape{2, ROVE_STEALING},
                                           Shape{2, ROVE_SHARDED}),
                         NameOf);

// Whether nobody's task has begun though others have run for a while.
bool StaysIdle(const std::atomic<int> &begun)
{
    for (int i = 0; i < 200; i++) {
        (void)rove_yield();
    }
    return begun == 0;
}

TEST_P(ReadableTest, StartsWhenBytesArriveAndNotBefore)
{
    Run([] {
        TcpPair pair;
        std::atomic<int> begun{0};
        Idle idle(pair.near, [&] {
            begun++;
            char byte = 0;
            return rove_read(pair.near, &byte, 1) == 1 ? byte : -1;
        });
        EXPECT_TRUE(StaysIdle(begun));
        EXPECT_EQ(rove_write(pair.far, "a", 1), 1);
        EXPECT_EQ(idle.Join(), 'a');
    });
}

// The edge has gone by, while nobody waited for it.
TEST_P(ReadableTest, BytesThatCameBeforeStartItAtOnce)
{
    Run([] {
        TcpPair pair;
        EXPECT_EQ(rove_write(pair.far, "a", 1), 1);
        EXPECT_EQ(Idle(pair.near).Join(), 'a'); // registered by now, or not

        Idle registered(pair.near);
        EXPECT_EQ(rove_write(pair.far, "bc", 2), 2);
        EXPECT_EQ(registered.Join(), 'b');
        EXPECT_EQ(Idle(pair.near).Join(), 'c'); // no event tells of this one

        char buffer[16]; // a short count: the side is known to be empty
        EXPECT_EQ(rove_write(pair.far, "d", 1), 1);
        EXPECT_EQ(rove_read(pair.near, buffer, sizeof buffer), 1);
        Idle drained(pair.near);
        EXPECT_EQ(rove_write(pair.far, "e", 1), 1);
        EXPECT_EQ(drained.Join(), 'e');
    });
}

TEST_P(ReadableTest, TheEndOfTheStreamStartsIt)
{
    Run([] {
        TcpPair pair;
        Idle before(pair.near);
        pair.CloseFar();
        EXPECT_EQ(before.Join(), 0);
        EXPECT_EQ(Idle(pair.near).Join(), 0);
    });
}

TEST_P(ReadableTest, ForeignDescriptorsStartItToo)
{
    Run([] {
        Pipe ends;
        for (char byte = 'a'; byte < 'e'; byte++) {
            Idle idle(ends.out);
            EXPECT_EQ(write(ends.in, &byte, 1), 1);
            EXPECT_EQ(idle.Join(), byte);
        }
        EXPECT_EQ(write(ends.in, "z", 1), 1);
        EXPECT_EQ(Idle(ends.out).Join(), 'z');
    });
}

TEST_P(ReadableTest, WhatCannotBeWaitedForStartsAtOnce)
{
    Run([] {
        int closed = fcntl(0, F_DUPFD, 600);
        close(closed);
        EXPECT_EQ(Idle(closed).Join(), -EBADF);
        EXPECT_EQ(Idle(-1).Join(), -EBADF);
        EXPECT_EQ(Idle(RV_POLLABLE_MAX).Join(), -EMFILE);
        int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        EXPECT_EQ(Idle(file).Join(), 0x7f);
        close(file);
        int fresh = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
        rv_fault_arm("rv_epoll_add", 1, ENOSPC);
        EXPECT_EQ(Idle(fresh, [] { return 5; }).Join(), 5);
        EXPECT_EQ(rove_close(fresh), 0);
    });
}

TEST_P(ReadableTest, ACancelledOneStartsAndLeavesNothingBehind)
{
    Run([] {
        TcpPair pair;
        Idle idle(pair.near);
        EXPECT_TRUE(HasWaiters(pair.near, RV_SIDE_READ));
        idle.Cancel();
        EXPECT_EQ(idle.Join(), -ECANCELED);
        EXPECT_FALSE(HasWaiters(pair.near, RV_SIDE_READ));
        EXPECT_EQ(rove_write(pair.far, "a", 1), 1);
        EXPECT_EQ(Idle(pair.near).Join(), 'a');
    });
}

TEST_P(ReadableTest, TheEndOfTheRuntimeStartsAll)
{
    constexpr int count = 20;
    std::atomic<int> released{0};
    Handler handler = [&]() -> int64_t {
        EXPECT_EQ(rove_sleep(ROVE_SEC), -ECANCELED);
        return ++released;
    };
    int fds[count];
    Run([&] {
        for (int &fd : fds) {
            fd = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
            rove_detach(rove_on_readable(fd, CallHandler, &handler));
        }
        EXPECT_EQ(released, 0);
    });
    EXPECT_EQ(released, count);
    for (int fd : fds) {
        EXPECT_EQ(rove_close(fd), 0);
    }
}

TEST_P(ReadableTest, ClosingStartsIt)
{
    Run([] {
        TcpPair pair;
        Idle by_task(pair.near);
        pair.CloseNear();
        EXPECT_EQ(by_task.Join(), -EBADF);
        TcpPair other;
        Idle by_thread(other.near);
        std::thread closer([&] { other.CloseNear(); });
        EXPECT_EQ(by_thread.Join(), -EBADF);
        closer.join();
    });
}

// The number is not another connection's before the task has begun.
TEST_P(ReadableTest, ClosingWaitsUntilItHasBegun)
{
    Run([] {
        TcpPair pair;
        int fd = pair.near;
        std::atomic<int> begun{0};
        Idle idle(fd, [&] { return ++begun; });
        pair.CloseNear();
        // With more than one worker it may have let go, and not gone on yet.
        EXPECT_TRUE(YieldUntil([&] { return begun == 1; }));
        EXPECT_FALSE(HasWaiters(fd, RV_SIDE_READ));
    });
}

// Three wait, one event comes; who has the turn first does not want the byte.
TEST_P(ReadableTest, TheTurnIsPassedOn)
{
    Run([] {
        TcpPair pair;
        Idle first(pair.near, [] { return 1; });
        Idle second(pair.near, [] { return 2; });
        char byte = 0;
        std::atomic<bool> begun{false};
        Task reader([&] {
            begun = true;
            EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
        });
        EXPECT_TRUE(YieldUntil([&] { return begun.load(); }));
        EXPECT_EQ(rove_write(pair.far, "a", 1), 1);
        EXPECT_EQ(first.Join(), 1);
        EXPECT_EQ(second.Join(), 2);
        reader.Join();
        EXPECT_EQ(byte, 'a');
    });
}

TEST_P(ReadableTest, ItStartsOnItsHomeWhereTasksStay)
{
    if (GetParam().design != ROVE_SHARDED) {
        GTEST_SKIP() << "tasks may move";
    }
    Run([] {
        TcpPair pair;
        for (int32_t worker = 0; worker < 2; worker++) {
            Handler at_home = [&]() -> int64_t {
                char byte = 0;
                EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
                return rove_worker_index();
            };
            Handler spawner = [&]() -> int64_t {
                Idle idle(pair.near, at_home);
                EXPECT_EQ(rove_write(pair.far, "a", 1), 1);
                return idle.Join();
            };
            rove_task_options options;
            rove_task_options_init(&options);
            options.worker = worker;
            EXPECT_EQ(
                rove_join(rove_spawn_with(&options, CallHandler, &spawner)),
                worker);
        }
    });
}

TEST_P(ReadableTest, APoolThreadMayAskForIt)
{
    Run([] {
        TcpPair pair;
        Handler job = [&] {
            Idle idle(pair.near);
            EXPECT_EQ(send(pair.far, "a", 1, 0), 1);
            return idle.Join();
        };
        EXPECT_EQ(rove_offload(CallHandler, &job), 'a');
    });
}

TEST_P(ReadableTest, WhatIsRefusedIsInNoCall)
{
    int fd = rove_socket(AF_UNIX, SOCK_DGRAM, 0);
    Handler never = [] { return 0; };
    EXPECT_EQ(rove_on_readable(fd, CallHandler, &never), nullptr);
    EXPECT_EQ(rove_join(nullptr), -EPERM);
    Run([&] {
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_on_readable(fd, CallHandler, &never), nullptr);
        rv_fault_disarm();
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

} // namespace
