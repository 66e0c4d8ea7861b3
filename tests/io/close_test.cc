// At stake: a number is released once, when nobody is on it any more, and what
// was in flight for it reaches nobody who gets it next.
extern "C" {
#include "src/platform/fd_io.h"
#include "src/sched/poll_wait.h"
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

class CloseTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

bool IsOpen(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

TEST_F(CloseTest, ClosesOnce)
{
    RunTasks(1, [] {
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_FALSE(IsOpen(fd));
        EXPECT_EQ(rove_close(fd), -EBADF);
    });
}

TEST_F(CloseTest, InterruptedCloseIsNotRepeated)
{
    RunTasks(1, [] {
        TcpPair pair;
        rv_fault_arm("rv_fd_close", 1, EIO);
        int fd = pair.near;
        pair.near = -1;
        EXPECT_EQ(rove_close(fd), -EIO); // told, and closed all the same
        EXPECT_EQ(rv_fault_calls("rv_fd_close"), 1u);
        EXPECT_FALSE(IsOpen(fd));
        char byte;
        EXPECT_EQ(rove_read(fd, &byte, 1), -EBADF);
    });
}

TEST_F(CloseTest, CallsInFlightAreWaitedFor)
{
    RunTasks(2, [] {
        constexpr int callers = 8;
        for (int round = 0; round < 50; round++) {
            TcpPair pair;
            pair.Fill();
            std::atomic<int> in_flight{0};
            std::atomic<int> ended{0};
            std::vector<std::unique_ptr<Task>> tasks;
            for (int i = 0; i < callers; i++) {
                tasks.push_back(std::make_unique<Task>([&, i] {
                    char byte = 'x';
                    in_flight++;
                    ssize_t n;
                    do {
                        n = i % 2 == 0 ? rove_read(pair.near, &byte, 1)
                                       : rove_write(pair.near, &byte, 1);
                    } while (n > 0);
                    EXPECT_EQ(n, -EBADF);
                    ended++;
                }));
            }
            EXPECT_TRUE(YieldUntil([&] { return in_flight == callers; }));
            // A number released too early would be this socket's: a call would
            // then fail in another way, or move a byte.
            Task closer([&] { EXPECT_EQ(rove_close(pair.near), 0); });
            closer.Join();
            EXPECT_TRUE(YieldUntil([&] { return ended == callers; }));
            pair.near = -1;
        }
    });
}

// A call that takes its time, played by hand: the number must stay while it is
// on its way. To be run while somebody closes.
void CloseMustWait(const TcpPair &pair)
{
    rv_pollable *file;
    EXPECT_EQ(rv_pollable_of(pair.near, &file), 0);
    EXPECT_TRUE(YieldUntil([&] { return rv_pollable_is_closing(file); }));
    for (int i = 0; i < 100; i++) {
        (void)rove_yield();
        EXPECT_TRUE(IsOpen(pair.near));
    }
    char byte;
    EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF);
    EXPECT_EQ(rove_close(pair.near), -EBADF);
    rv_pollable_leave(file);
}

TEST_F(CloseTest, NumberIsNotReleasedWhileACallIsInFlight)
{
    RunTasks(2, [] {
        TcpPair pair;
        rv_pollable *file;
        EXPECT_EQ(rv_pollable_of(pair.near, &file), 0);
        rv_pollable_enter(file);
        Task closer([&] { EXPECT_EQ(rove_close(pair.near), 0); });
        CloseMustWait(pair);
        closer.Join();
        EXPECT_FALSE(IsOpen(pair.near));
        pair.near = -1;
    });
}

TEST_F(CloseTest, PlainThreadDoesNotReleaseANumberEither)
{
    TcpPair pair;
    rv_pollable *file;
    ASSERT_EQ(rv_pollable_of(pair.near, &file), 0);
    rv_pollable_enter(file);
    std::thread closer([&] { EXPECT_EQ(rove_close(pair.near), 0); });
    CloseMustWait(pair);
    closer.join();
    EXPECT_FALSE(IsOpen(pair.near));
    pair.near = -1;
}

TEST_F(CloseTest, ClosingIsNotStoppedByCancellation)
{
    RunTasks(1, [] {
        TcpPair pair;
        int fd = pair.near;
        pair.near = -1;
        Task closer([&] {
            EXPECT_EQ(rove_sleep(3600 * ROVE_SEC), -ECANCELED);
            EXPECT_EQ(rove_close(fd), 0);
        });
        (void)rove_yield();
        closer.Cancel();
        closer.Join();
        EXPECT_FALSE(IsOpen(fd));
    });
}

TEST_F(CloseTest, TwoClosersOneCloses)
{
    RunTasks(2, [] {
        for (int round = 0; round < 200; round++) {
            int fd = fcntl(0, F_DUPFD, 700);
            std::atomic<int> closed{0};
            auto close_it = [&] {
                int error = rove_close(fd);
                EXPECT_TRUE(error == 0 || error == -EBADF) << error;
                closed += error == 0;
            };
            Task first(close_it);
            Task second(close_it);
            first.Join();
            second.Join();
            EXPECT_EQ(closed, 1);
        }
    });
}

TEST_F(CloseTest, PlainThreadClosesWhatATaskWaitsFor)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        std::thread closer([&] { EXPECT_EQ(rove_close(pair.near), 0); });
        reader.Join();
        closer.join();
        pair.near = -1;
    });
}

TEST_F(CloseTest, DuplicateOfAClosedDescriptorIsSilent)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        int copy = dup(pair.near);
        pair.CloseNear();
        reader.Join();
        uint64_t stale = rv_poll_wait_stale_events();

        for (int i = 0; i < 20; i++) {
            EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
        }
        EXPECT_EQ(rove_sleep(ROVE_MS), 0); // in epoll

        EXPECT_EQ(rv_poll_wait_stale_events(), stale);
        close(copy);
    });
}

// A child process holds a copy of everything until it ends.
TEST_F(CloseTest, ChildProcessDoesNotDisturbItsParent)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        Task reader([&] { EXPECT_EQ(rove_read(pair.near, &byte, 1), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        Pipe leash;
        pid_t child = fork();
        if (child == 0) {
            close(leash.in);
            char end;
            _exit(static_cast<int>(read(leash.out, &end, 1)));
        }
        uint64_t stale = rv_poll_wait_stale_events();
        pair.CloseNear();
        reader.Join();
        for (int i = 0; i < 20; i++) {
            ssize_t n = rove_write(pair.far, "x", 1);
            EXPECT_TRUE(n == 1 || n == -EPIPE || n == -ECONNRESET) << n;
        }
        EXPECT_EQ(rove_sleep(ROVE_MS), 0); // in epoll
        EXPECT_EQ(rv_poll_wait_stale_events(), stale);
        // What the parent opens now works with the numbers it had before.
        TcpPair next;
        EXPECT_EQ(rove_write(next.far, "y", 1), 1);
        EXPECT_EQ(rove_read(next.near, &byte, 1), 1);
        EXPECT_EQ(byte, 'y');
        close(leash.in);
        leash.in = -1;
        int status = -1;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    });
}

// The same numbers over and over, while events of their last lives are still
// on their way and readers are closed under: nobody is woken for another, no
// byte goes astray.
TEST_F(CloseTest, ReusedNumbersStartAfresh)
{
    RunTasks(8, [] {
        std::vector<std::unique_ptr<Task>> tasks;
        for (int t = 0; t < 8; t++) {
            tasks.push_back(std::make_unique<Task>([t] {
                for (int round = 0; round < 60; round++) {
                    TcpPair pair;
                    char byte = 0;
                    char sent = static_cast<char>(t * 16 + round % 16);
                    Task echo([&] {
                        char got = 0;
                        EXPECT_EQ(rove_read(pair.far, &got, 1), 1);
                        EXPECT_EQ(rove_write(pair.far, &got, 1), 1);
                        EXPECT_EQ(rove_read(pair.far, &got, 1), -EBADF);
                    });
                    EXPECT_EQ(rove_write(pair.near, &sent, 1), 1);
                    EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
                    EXPECT_EQ(byte, sent);
                    EXPECT_TRUE(AwaitWaiter(pair.far, RV_SIDE_READ));
                    if (round % 2 == 0) {
                        // Its event and its closing race for the reader.
                        EXPECT_EQ(rove_shutdown(pair.far, SHUT_WR), 0);
                    }
                    EXPECT_EQ(rove_close(pair.far), 0);
                    echo.Join();
                    pair.far = -1;
                    EXPECT_EQ(rove_read(pair.near, &byte, 1), 0);
                }
            }));
        }
    });
}

} // namespace
