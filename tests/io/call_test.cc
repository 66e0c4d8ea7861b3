// At stake: what every call has in common. It waits without keeping the worker,
// its turn reaches it, and cancelling and closing end it without an effect.
// Shown on sockets that rove made, on foreign ones, and from plain threads.
extern "C" {
#include "src/io/call.h"

#include "src/sched/current.h"
#include "src/sched/worker.h"
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <thread>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

class CallTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(CallTest, NumbersThatAreNoDescriptorsAreRefused)
{
    char byte = 0;
    EXPECT_EQ(rove_read(-1, &byte, 1), -EBADF);
    EXPECT_EQ(rove_write(-1, &byte, 1), -EBADF);
    EXPECT_EQ(rove_poll(-1, POLLIN), -EBADF);
    EXPECT_EQ(rove_accept(-1, nullptr, nullptr), -EBADF);
    EXPECT_EQ(rove_shutdown(-1, SHUT_RD), -EBADF);
    EXPECT_EQ(rove_close(-1), -EBADF);
    EXPECT_EQ(rove_read(RV_POLLABLE_MAX, &byte, 1), -EMFILE);
    EXPECT_EQ(rove_close(RV_POLLABLE_MAX), -EBADF);
}

TEST_F(CallTest, NumberThatIsNotOpenIsRefused)
{
    int fd = fcntl(0, F_DUPFD, 600); // beyond those that a runtime opens
    close(fd);
    char byte = 0;
    RunTasks(1, [&] {
        EXPECT_EQ(rove_read(fd, &byte, 1), -EBADF);
        EXPECT_EQ(rove_write(fd, &byte, 1), -EBADF);
        EXPECT_EQ(rove_recv(fd, &byte, 1, 0), -EBADF);
        EXPECT_EQ(rove_poll(fd, POLLIN), -EBADF);
        EXPECT_EQ(rove_accept(fd, nullptr, nullptr), -EBADF);
        EXPECT_EQ(rove_close(fd), -EBADF);
    });
}

TEST_F(CallTest, WaitingCallLetsOthersRun)
{
    RunTasks(1, [&] {
        TcpPair pair;
        char byte = 0;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), 1); });

        ASSERT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_EQ(rove_write(pair.far, "x", 1), 1);

        reader.Join();
        EXPECT_EQ(byte, 'x');
    });
}

// One worker, and a task whose descriptor is always ready.
TEST_F(CallTest, CallsThatNeedNotWaitLetOthersRun)
{
    RunTasks(1, [&] {
        TcpPair busy;
        TcpPair pair;
        bool is_done = false;
        int rounds = 0;
        Task hog([&] {
            char byte;
            for (; !is_done && rounds < 1000000; rounds++) {
                EXPECT_EQ(rove_write(busy.near, "x", 1), 1);
                EXPECT_EQ(rove_read(busy.far, &byte, 1), 1);
            }
        });
        Task ticking([&] { EXPECT_EQ(rove_sleep(ROVE_MS), 0); });
        char byte = 0;
        Task echo([&] {
            EXPECT_EQ(rove_read(pair.far, &byte, 1), 1);
            EXPECT_EQ(rove_write(pair.far, &byte, 1), 1);
        });
        EXPECT_EQ(rove_write(pair.near, "y", 1), 1);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
        ticking.Join();
        is_done = true;
        hog.Join();
        EXPECT_LT(rounds, 1000000);
    });
}

TEST_F(CallTest, CancelledCallHasNoEffect)
{
    RunTasks(1, [&] {
        TcpPair pair;
        char byte = 0;
        bool is_waiting = false;
        EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
        Task task([&] {
            is_waiting = true;
            EXPECT_EQ(rove_sleep(3600 * ROVE_SEC), -ECANCELED);
            // All of these could complete at once.
            EXPECT_EQ(rove_read(pair.near, &byte, 1), -ECANCELED);
            EXPECT_EQ(rove_recv(pair.near, &byte, 1, 0), -ECANCELED);
            EXPECT_EQ(rove_write(pair.near, "y", 1), -ECANCELED);
            EXPECT_EQ(rove_send(pair.near, "y", 1, 0), -ECANCELED);
            EXPECT_EQ(rove_poll(pair.near, POLLIN), -ECANCELED);
            size_t moved = 7;
            EXPECT_EQ(rove_read_exact(pair.near, &byte, 1, &moved), -ECANCELED);
            EXPECT_EQ(moved, 0u);
            EXPECT_EQ(rove_write_all(pair.near, "y", 1, &moved), -ECANCELED);
            EXPECT_EQ(rove_tcp_connect(nullptr, 1), -ECANCELED);
        });
        EXPECT_TRUE(YieldUntil([&] { return is_waiting; }));

        task.Cancel();
        task.Join();

        EXPECT_EQ(rove_read(pair.near, &byte, 1), 1); // still there
        EXPECT_EQ(byte, 'x');
        pair.CloseNear();
        EXPECT_EQ(rove_read(pair.far, &byte, 1), 0); // nothing was sent
    });
}

TEST_F(CallTest, CancellingEndsAWait)
{
    RunTasks(2, [&] {
        TcpPair pair;
        char byte = 0;
        Task reader(
            [&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -ECANCELED); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));

        reader.Cancel();
        reader.Join();

        EXPECT_FALSE(HasWaiters(pair.near, RV_SIDE_READ));
        EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
        EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
    });
}

TEST_F(CallTest, ClosingEndsTheWaitsOfBothDirections)
{
    RunTasks(2, [&] {
        TcpPair pair;
        pair.Fill();
        char byte = 0;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF); });
        Task writer([&] { EXPECT_EQ(rove_write(pair.near, "x", 1), -EBADF); });
        Task poller([&] { EXPECT_EQ(rove_poll(pair.near, POLLIN), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));

        pair.CloseNear();
    });
}

TEST_F(CallTest, ClosingAForeignDescriptorEndsItsWaits)
{
    RunTasks(2, [&] {
        ForeignPair pair;
        int copy = dup(pair.near);
        char byte = 0;
        Task reader([&] { EXPECT_EQ(rove_read(copy, &byte, 1), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(copy, RV_SIDE_READ));

        EXPECT_EQ(rove_close(copy), 0);
    });
}

TEST_F(CallTest, ReadersTakeTurns)
{
    RunTasks(2, [&] {
        constexpr int readers = 20;
        constexpr int rounds = 50;
        TcpPair pair;
        std::atomic<int> received{0};
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < readers; i++) {
            tasks.push_back(std::make_unique<Task>([&] {
                char byte;
                for (int n = 0; n < rounds; n++) {
                    EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
                    received++;
                }
            }));
        }
        // Few events, each for many readers: whoever reads passes the turn.
        std::string block(100, 'x');
        for (int sent = 0; sent < readers * rounds; sent += 100) {
            EXPECT_EQ(rove_write_all(pair.far, block.data(), 100, nullptr),
                      100);
        }
        for (auto &task : tasks) {
            task->Join();
        }
        EXPECT_EQ(received, readers * rounds);
    });
}

TEST_F(CallTest, WaitersGoInTheOrderTheyCame)
{
    RunTasks(1, [&] {
        TcpPair pair;
        std::vector<int> order;
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 5; i++) {
            tasks.push_back(std::make_unique<Task>([&, i] {
                char byte;
                EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
                order.push_back(i);
            }));
            // The next one is to come behind it.
            for (int n = 0; n < 10; n++) {
                (void)rove_yield();
            }
        }
        EXPECT_EQ(rove_write(pair.far, "abcde", 5), 5);
        tasks.clear();
        EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    });
}

TEST_F(CallTest, WhoIsCancelledBeforeItsTurnPassesIt)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte = 0;
        Task first(
            [&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -ECANCELED); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        Task second([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), 1); });
        for (int n = 0; n < 10; n++) {
            (void)rove_yield();
        }
        EXPECT_EQ(send(pair.far, "x", 1, 0), 1);
        struct pollfd readable = {pair.near, POLLIN, 0};
        EXPECT_EQ(poll(&readable, 1, -1), 1);

        first.Cancel(); // its wait is decided,
        rv_worker *worker = rv_current_worker();
        rv_poller_poll(&worker->poller, worker, 0); // the event finds it first
        first.Join();
        second.Join(); // there will be no other event

        EXPECT_EQ(byte, 'x');
    });
}

TEST_F(CallTest, CancelledReadersTakeNoTurnWithThem)
{
    RunTasks(2, [&] {
        for (int round = 0; round < 200; round++) {
            TcpPair pair;
            std::atomic<int> bytes{0};
            auto read_one = [&] {
                char byte;
                ssize_t n = rove_read(pair.near, &byte, 1);
                EXPECT_TRUE(n == 1 || n == -ECANCELED) << n;
                bytes += n == 1;
            };
            Task first(read_one);
            Task second(read_one);
            Task last(read_one);
            EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
            // The event and the cancellations race for the first two.
            Task sender([&] { EXPECT_EQ(rove_write(pair.far, "abc", 3), 3); });
            first.Cancel();
            second.Cancel();
            first.Join();
            second.Join();
            last.Join(); // never cancelled: must get its byte
            sender.Join();
            std::string rest(3, ' ');
            size_t left = 3 - static_cast<size_t>(bytes);
            EXPECT_EQ(rove_read_exact(pair.near, &rest[0], left, nullptr),
                      static_cast<ssize_t>(left));
        }
    });
}

TEST_F(CallTest, PlainThreadWaitsWithoutARuntime)
{
    TcpPair pair;
    char byte = 0;
    std::thread other([&] {
        ASSERT_TRUE(
            YieldUntil([&] { return HasWaiters(pair.near, RV_SIDE_ALERT); }));
        EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
    });
    EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    other.join();
}

TEST_F(CallTest, ClosingEndsTheWaitOfAPlainThread)
{
    TcpPair pair;
    std::thread reader([&] {
        char byte;
        EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF);
    });
    ASSERT_TRUE(
        YieldUntil([&] { return HasWaiters(pair.near, RV_SIDE_ALERT); }));
    pair.CloseNear();
    reader.join();
}

TEST_F(CallTest, ClosingEndsAPlainThreadsWaitForAPipe)
{
    Pipe pipe;
    int copy = dup(pipe.out);
    std::thread reader([&] {
        char byte;
        EXPECT_EQ(rove_read(copy, &byte, 1), -EBADF);
    });
    ASSERT_TRUE(YieldUntil([&] { return HasWaiters(copy, RV_SIDE_ALERT); }));
    EXPECT_EQ(rove_close(copy), 0);
    reader.join();
}

TEST_F(CallTest, PlainThreadAndTasksShareADescriptor)
{
    RunTasks(2, [&] {
        TcpPair pair;
        std::atomic<int> bytes{0};
        auto read_all = [&] {
            char byte;
            ssize_t n;
            while ((n = rove_read(pair.near, &byte, 1)) == 1) {
                bytes++;
            }
            EXPECT_EQ(n, 0);
        };
        std::thread thread(read_all);
        Task first(read_all);
        Task second(read_all);
        for (int i = 0; i < 300; i++) {
            EXPECT_EQ(rove_write(pair.far, "abc", 3), 3);
            (void)rove_yield();
        }
        EXPECT_EQ(rove_shutdown(pair.far, SHUT_WR), 0);
        first.Join();
        second.Join();
        thread.join();
        EXPECT_EQ(bytes, 900);
    });
}

TEST_F(CallTest, PlainThreadWithoutADoorbellIsTold)
{
    TcpPair pair;
    char byte;
    rv_fault_arm("rv_event_fd_open", 1, EMFILE);
    EXPECT_EQ(rove_read(pair.near, &byte, 1), -EMFILE);
}

TEST_F(CallTest, FullEpollIsReportedToTheCaller)
{
    RunTasks(1, [&] {
        TcpPair pair;
        char byte;
        rv_fault_arm("rv_epoll_add", 1, ENOSPC);
        EXPECT_EQ(rove_read(pair.far, &byte, 1), -ENOSPC);
        EXPECT_EQ(rove_write(pair.near, "x", 1), 1);
        EXPECT_EQ(rove_read(pair.far, &byte, 1), 1);
    });
}

TEST_F(CallTest, NoMemoryForANumberIsReported)
{
    RunTasks(1, [&] {
        int fd = fcntl(0, F_DUPFD, 900);
        char byte;
        rv_fault_arm("rv_mem_alloc_aligned", 1, ENOMEM);
        EXPECT_EQ(rove_read(fd, &byte, 1), -ENOMEM);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

TEST_F(CallTest, DescriptorOutlivesTheRuntimeItWasRegisteredWith)
{
    int listener = -1;
    RunTasks(2, [&] {
        listener = rove_tcp_listen(nullptr, 0, nullptr);
        Task accepter([&] {
            EXPECT_EQ(rove_accept(listener, nullptr, nullptr), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(listener, RV_SIDE_READ));
        accepter.Cancel();
    });
    for (int run = 0; run < 3; run++) {
        RunTasks(2, [&] {
            Task client([&] {
                int fd = rove_tcp_connect(
                    nullptr, static_cast<uint16_t>(rove_local_port(listener)));
                EXPECT_GE(fd, 0);
                EXPECT_EQ(rove_close(fd), 0);
            });
            int fd = rove_accept(listener, nullptr, nullptr);
            EXPECT_GE(fd, 0);
            EXPECT_EQ(rove_close(fd), 0);
        });
    }
    EXPECT_EQ(rove_close(listener), 0);
}

TEST_F(CallTest, DescriptorIsUsedFromTwoRuntimes)
{
    TcpPair pair;
    rove_options options;
    rove_options_init(&options);
    options.workers = 1;
    rove_runtime *first;
    rove_runtime *second;
    ASSERT_EQ(rove_runtime_new(&options, &first), 0);
    ASSERT_EQ(rove_runtime_new(&options, &second), 0);
    auto read_one = [](void *arg) -> int64_t {
        char byte;
        return rove_read(static_cast<TcpPair *>(arg)->near, &byte, 1);
    };
    rove_task *one = rove_runtime_spawn(first, read_one, &pair);
    ASSERT_TRUE(
        YieldUntil([&] { return HasWaiters(pair.near, RV_SIDE_READ); }));
    rove_task *two = rove_runtime_spawn(second, read_one, &pair);

    // The second task's wait is registered with the first runtime, which ends.
    EXPECT_EQ(rove_runtime_shutdown(first, ROVE_FOREVER), 0);
    rove_runtime_free(first);
    EXPECT_EQ(rove_join(one), -ECANCELED);
    EXPECT_EQ(rove_write(pair.far, "x", 1), 1);

    EXPECT_EQ(rove_join(two), 1);
    EXPECT_EQ(rove_runtime_shutdown(second, ROVE_FOREVER), 0);
    rove_runtime_free(second);
}

// Back-off, on a plain thread: each pause is twice the last, up to a limit.
TEST_F(CallTest, BackOffGrowsToItsLimit)
{
    TcpPair pair;
    rv_io_call call;
    ASSERT_EQ(rv_io_begin(&call, pair.near, 1u << RV_SIDE_READ), 0);
    rove_time span = 0;
    EXPECT_EQ(rv_io_back_off(&call, &span), 0);
    EXPECT_EQ(span, ROVE_MS);
    EXPECT_EQ(rv_io_back_off(&call, &span), 0);
    EXPECT_EQ(span, 2 * ROVE_MS);
    span = 80 * ROVE_MS;
    EXPECT_EQ(rv_io_back_off(&call, &span), 0);
    EXPECT_EQ(span, 100 * ROVE_MS);
    EXPECT_EQ(rv_io_back_off(&call, &span), 0);
    EXPECT_EQ(span, 100 * ROVE_MS);
    rv_io_end(&call, false);
}

TEST_F(CallTest, BackOffEndsWhenCancelledOrClosed)
{
    RunTasks(1, [&] {
        TcpPair pair;
        auto back_off = [&](int expected) {
            return [&pair, expected] {
                rv_io_call call;
                EXPECT_EQ(rv_io_begin(&call, pair.near, 1u << RV_SIDE_READ), 0);
                rove_time span = ROVE_FOREVER / 2 - 1;
                int result = 0;
                while (result == 0) {
                    result = rv_io_back_off(&call, &span);
                }
                EXPECT_EQ(result, expected);
                rv_io_end(&call, false);
            };
        };
        Task cancelled(back_off(-ECANCELED));
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT));
        cancelled.Cancel();
        cancelled.Join();
        Task closed(back_off(-EBADF));
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT));
        pair.CloseNear();
    });
}

} // namespace
