// At stake: a descriptor in a select: it tells of what there is, keeps no turn
// from others, lets a closer go on, and leaves its queues when it has lost.

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

// Selects on one descriptor; the case's result.
int64_t SelectOn(int fd, int events)
{
    rove_case one = rove_on_fd(fd, events);
    EXPECT_EQ(rove_select(&one, 1, 0), 0);
    return one.result;
}

// Runs `use` on descriptors made by rove, and on others.
template <typename Use> void OnBothKinds(unsigned workers, Use use)
{
    RunTasks(workers, [&] {
        TcpPair made;
        use(made.near, made.far);
        ForeignPair foreign;
        use(foreign.near, foreign.far);
    });
}

TEST(FdCaseTest, WhatIsReadyIsReportedAtOnce)
{
    OnBothKinds(1, [](int near, int far) {
        EXPECT_EQ(SelectOn(near, POLLOUT), POLLOUT);
        EXPECT_EQ(SelectOn(near, POLLIN | POLLOUT), POLLOUT);
        rove_case nothing = rove_on_fd(near, POLLIN);
        EXPECT_EQ(rove_select(&nothing, 1, ROVE_TRY), -EAGAIN);
        EXPECT_EQ(rove_write(far, "x", 1), 1);
        EXPECT_EQ(SelectOn(near, POLLIN), POLLIN);
        EXPECT_EQ(SelectOn(near, POLLIN | POLLOUT), POLLIN | POLLOUT);
    });
}

TEST(FdCaseTest, BothDirectionsAreWaitedForAtOnce)
{
    OnBothKinds(2, [](int near, int far) {
        std::string block(65536, 'f');
        while (send(near, block.data(), block.size(), MSG_DONTWAIT) > 0) {
        }
        Task for_reading(
            [&] { EXPECT_EQ(SelectOn(near, POLLIN | POLLOUT), POLLIN); });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        EXPECT_EQ(send(far, "x", 1, MSG_DONTWAIT), 1);
        for_reading.Join();
        char byte;
        EXPECT_EQ(rove_read(near, &byte, 1), 1);
        Task for_writing([&] {
            rove_case cases[] = {rove_on_fd(near, POLLIN),
                                 rove_on_fd(near, POLLOUT)};
            EXPECT_EQ(rove_select(cases, 2, 0), 1);
            EXPECT_EQ(cases[1].result, POLLOUT);
        });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_WRITE));
        EXPECT_TRUE(YieldUntil([&] {
            while (recv(far, &block[0], block.size(), MSG_DONTWAIT) > 0) {
            }
            return !HasWaiters(near, RV_SIDE_WRITE);
        }));
        for_writing.Join();
        EXPECT_FALSE(HasWaiters(near, RV_SIDE_READ));
    });
}

TEST(FdCaseTest, UrgentDataIsWaitedFor)
{
    RunTasks(2, [] {
        TcpPair pair;
        Task urgent([&] { EXPECT_EQ(SelectOn(pair.near, POLLPRI), POLLPRI); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_ALERT));
        EXPECT_EQ(rove_send(pair.far, "!", 1, MSG_OOB), 1);
        urgent.Join();
    });
}

TEST(FdCaseTest, EndsAreReportedUnasked)
{
    RunTasks(1, [] {
        auto pipe = std::make_unique<Pipe>();
        int out = dup(pipe->out);
        Task poller([&] { EXPECT_EQ(SelectOn(out, POLLIN), POLLHUP); });
        EXPECT_TRUE(AwaitWaiter(out, RV_SIDE_READ));
        pipe.reset();
        poller.Join();
        close(out);
    });
}

// The reader queued first or last; the byte is the reader's, and the select
// goes on waiting or was told in time.
TEST(FdCaseTest, ATurnIsPassedToTheReaderBehind)
{
    OnBothKinds(2, [](int near, int far) {
        for (int round = 0; round < 200; round++) {
            rove_future *stop = rove_future_new();
            Task selector([&] {
                rove_case cases[] = {rove_on_fd(near, POLLIN),
                                     rove_on_fd(near, POLLIN | POLLPRI),
                                     rove_on_future(stop)};
                EXPECT_GE(rove_select(cases, 3, 0), 0);
            });
            if (round % 2 == 0) {
                EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
            }
            Task reader([&] {
                char byte;
                EXPECT_EQ(rove_read(near, &byte, 1), 1);
            });
            EXPECT_EQ(rove_write(far, "x", 1), 1);
            reader.Join();
            EXPECT_EQ(rove_future_set(stop, 0), 0);
            selector.Join();
            rove_future_unref(stop);
            EXPECT_FALSE(HasWaiters(near, RV_SIDE_READ));
        }
    });
}

TEST(FdCaseTest, ALostCaseLeavesTheQueues)
{
    OnBothKinds(2, [](int near, int far) {
        for (int round = 0; round < 100; round++) {
            rove_case cases[] = {rove_on_fd(near, POLLIN | POLLPRI),
                                 rove_on_time(rove_now() + 50 * ROVE_US)};
            EXPECT_EQ(rove_select(cases, 2, 0), 1);
            EXPECT_FALSE(HasWaiters(near, RV_SIDE_READ));
            EXPECT_FALSE(HasWaiters(near, RV_SIDE_ALERT));
        }
        EXPECT_EQ(rove_write(far, "x", 1), 1);
        EXPECT_EQ(SelectOn(near, POLLIN), POLLIN);
    });
}

TEST(FdCaseTest, CancelledSelectLeavesNothingBehind)
{
    OnBothKinds(2, [](int near, int) {
        Task selector([&] {
            rove_case one = rove_on_fd(near, POLLIN);
            EXPECT_EQ(rove_select(&one, 1, 0), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        selector.Cancel();
        selector.Join();
        EXPECT_FALSE(HasWaiters(near, RV_SIDE_READ));
    });
}

// Even when the number is in use again at once.
TEST(FdCaseTest, ClosingEndsTheWait)
{
    for (unsigned workers : {1U, 2U}) {
        RunTasks(workers, [] {
            ForeignPair other;
            for (int round = 0; round < 100; round++) {
                TcpPair pair;
                int number = pair.near;
                Task selector([number] {
                    rove_case cases[] = {rove_on_time(ROVE_FOREVER),
                                         rove_on_fd(number, POLLIN)};
                    EXPECT_EQ(rove_select(cases, 2, 0), 1);
                    EXPECT_EQ(cases[1].result, -EBADF);
                });
                if (round % 4 != 0) {
                    EXPECT_TRUE(AwaitWaiter(number, RV_SIDE_READ));
                }
                pair.CloseNear();
                if (round % 4 != 0) {
                    EXPECT_EQ(dup2(other.near, number), number);
                    selector.Join();
                    close(number);
                }
            }
        });
    }
}

TEST(FdCaseTest, WhatCannotBeWaitedForIsReadyWithTheReason)
{
    int file = memfd_create("file", MFD_CLOEXEC);
    RunTasks(1, [&] {
        EXPECT_EQ(SelectOn(file, POLLIN), -EPERM);
        EXPECT_EQ(SelectOn(-1, POLLIN), -EBADF);
        EXPECT_EQ(SelectOn(987654, POLLIN), -EBADF);
        ForeignPair pair;
        EXPECT_EQ(SelectOn(pair.near, 0), -EINVAL);
        EXPECT_EQ(SelectOn(pair.near, POLLIN | POLLHUP), -EINVAL);
    });
    close(file);
}

TEST(FdCaseTest, OnAPlainThreadItIsNotWaitedFor)
{
    ForeignPair pair;
    rove_case cases[] = {rove_on_fd(pair.near, POLLOUT),
                         rove_on_time(ROVE_FOREVER)};
    EXPECT_EQ(rove_select(cases, 2, 0), -EPERM);
    EXPECT_EQ(rove_select(cases, 2, ROVE_TRY), -EAGAIN);
    cases[1] = rove_on_time(0);
    EXPECT_EQ(rove_select(cases, 2, 0), 1);
}

// A case may serve one select after another.
TEST(FdCaseTest, ACaseIsUsedAgain)
{
    RunTasks(2, [] {
        TcpPair pair;
        rove_case cases[] = {rove_on_fd(pair.near, POLLIN),
                             rove_on_time(ROVE_FOREVER)};
        for (int round = 0; round < 200; round++) {
            Task sender([&] { EXPECT_EQ(rove_write(pair.far, "x", 1), 1); });
            EXPECT_EQ(rove_select(cases, 2, 0), 0);
            EXPECT_EQ(cases[0].result, POLLIN);
            char byte;
            EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
        }
    });
}

} // namespace
