// At stake: what rove_poll reports is true when it returns, takes nothing away
// from others, and works on descriptors that come and go behind its back.
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

TEST(PollTest, EventsThatAreNoneAreRefused)
{
    RunTasks(1, [] {
        ForeignPair pair;
        EXPECT_EQ(rove_poll(pair.near, 0), -EINVAL);
        EXPECT_EQ(rove_poll(pair.near, POLLIN | POLLHUP), -EINVAL);
    });
}

TEST(PollTest, WhatIsReadyIsReportedAtOnce)
{
    auto use = [](int near, int far) {
        EXPECT_EQ(rove_poll(near, POLLOUT), POLLOUT);
        EXPECT_EQ(rove_poll(near, POLLIN | POLLOUT), POLLOUT);
        EXPECT_EQ(rove_write(far, "x", 1), 1);
        EXPECT_EQ(rove_poll(near, POLLIN), POLLIN);
        EXPECT_EQ(rove_poll(near, POLLIN | POLLOUT), POLLIN | POLLOUT);
    };
    RunTasks(1, [&] {
        TcpPair made;
        use(made.near, made.far);
        ForeignPair foreign;
        use(foreign.near, foreign.far);
    });
    ForeignPair foreign; // on a plain thread
    use(foreign.near, foreign.far);
}

TEST(PollTest, WaitsForEitherDirection)
{
    auto use = [](int near, int far) {
        std::string block(65536, 'f');
        while (send(near, block.data(), block.size(), MSG_DONTWAIT) > 0) {
        }
        Task for_reading(
            [&] { EXPECT_EQ(rove_poll(near, POLLIN | POLLOUT), POLLIN); });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        EXPECT_EQ(send(far, "x", 1, MSG_DONTWAIT), 1);
        for_reading.Join();
        char byte;
        EXPECT_EQ(rove_read(near, &byte, 1), 1);
        Task for_writing(
            [&] { EXPECT_EQ(rove_poll(near, POLLIN | POLLOUT), POLLOUT); });
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_WRITE));
        EXPECT_TRUE(YieldUntil([&] {
            while (recv(far, &block[0], block.size(), MSG_DONTWAIT) > 0) {
            }
            return !HasWaiters(near, RV_SIDE_WRITE);
        }));
        for_writing.Join();
    };
    RunTasks(2, [&] {
        TcpPair made;
        use(made.near, made.far);
        ForeignPair foreign;
        use(foreign.near, foreign.far);
    });
}

TEST(PollTest, EndsAreReportedUnasked)
{
    RunTasks(1, [] {
        auto pipe = std::make_unique<Pipe>();
        int out = dup(pipe->out);
        Task poller([&] { EXPECT_EQ(rove_poll(out, POLLIN), POLLHUP); });
        EXPECT_TRUE(AwaitWaiter(out, RV_SIDE_READ));
        pipe.reset();
        poller.Join();
        close(out);
        Pipe broken;
        close(broken.out);
        broken.out = open("/dev/null", O_RDONLY);
        EXPECT_TRUE(rove_poll(broken.in, POLLOUT) & POLLERR);
    });
}

TEST(PollTest, EverybodyWhoPollsIsTold)
{
    auto use = [](int near, int far) {
        std::vector<std::unique_ptr<Task>> pollers;
        for (int i = 0; i < 5; i++) {
            pollers.push_back(std::make_unique<Task>(
                [&] { EXPECT_EQ(rove_poll(near, POLLIN), POLLIN); }));
            for (int n = 0; n < 10; n++) {
                (void)rove_yield();
            }
        }
        EXPECT_TRUE(AwaitWaiter(near, RV_SIDE_READ));
        EXPECT_EQ(send(far, "x", 1, 0), 1);
        pollers.clear();
    };
    RunTasks(2, [&] {
        TcpPair made;
        use(made.near, made.far);
        ForeignPair foreign;
        use(foreign.near, foreign.far);
    });
}

TEST(PollTest, WhoPollsLeavesTheBytesToReaders)
{
    RunTasks(2, [] {
        TcpPair pair;
        Task poller([&] { EXPECT_EQ(rove_poll(pair.near, POLLIN), POLLIN); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        char byte;
        bool has_read = false;
        Task reader([&] {
            EXPECT_EQ(rove_poll(pair.near, POLLIN), POLLIN);
            poller.Join(); // before its byte is gone
            EXPECT_EQ(rove_read(pair.near, &byte, 1), 1);
            has_read = true;
        });
        EXPECT_EQ(rove_write(pair.far, "x", 1), 1);
        reader.Join();
        EXPECT_TRUE(has_read);
    });
}

TEST(PollTest, FilesThatCannotBePolledAreRefused)
{
    char path[] = "/tmp/rove_poll_XXXXXX";
    int file = mkstemp(path);
    unlink(path);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    RunTasks(1, [&] {
        for (int events : {POLLIN, POLLOUT, POLLIN | POLLOUT}) {
            EXPECT_EQ(rove_poll(file, events), -EPERM);
            EXPECT_EQ(rove_poll(null, events), -EPERM);
        }
    });
    close(file);
    close(null);
}

TEST(PollTest, DescriptorsMayBeClosedAndReusedByOthers)
{
    RunTasks(2, [] {
        int number = fcntl(0, F_DUPFD, 700);
        for (int round = 0; round < 200; round++) {
            ForeignPair pair(round % 2 == 0 ? SOCK_STREAM : SOCK_DGRAM);
            EXPECT_EQ(dup2(pair.near, number), number);
            Task poller([&] { EXPECT_EQ(rove_poll(number, POLLIN), POLLIN); });
            if (round % 3 == 0) {
                EXPECT_TRUE(AwaitWaiter(number, RV_SIDE_READ));
            }
            EXPECT_EQ(write(pair.far, "x", 1), 1);
            poller.Join();
        }
        close(number);
    });
}

TEST(PollTest, CancelledPollLeavesNothingBehind)
{
    RunTasks(2, [] {
        ForeignPair pair;
        Task poller(
            [&] { EXPECT_EQ(rove_poll(pair.near, POLLIN), -ECANCELED); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        poller.Cancel();
        poller.Join();
        EXPECT_FALSE(HasWaiters(pair.near, RV_SIDE_READ));
        EXPECT_EQ(write(pair.far, "x", 1), 1);
        EXPECT_EQ(rove_poll(pair.near, POLLIN), POLLIN);
    });
}

TEST(PollTest, OnAPlainThreadARegularFileIsReady)
{
    int file = memfd_create("file", MFD_CLOEXEC);

    EXPECT_EQ(rove_poll(file, POLLIN), POLLIN);
    EXPECT_EQ(rove_poll(file, POLLIN | POLLOUT), POLLIN | POLLOUT);
    close(file);
}

TEST(PollTest, PlainThreadPolls)
{
    ForeignPair pair;
    std::thread sender([&] {
        ASSERT_TRUE(
            YieldUntil([&] { return HasWaiters(pair.near, RV_SIDE_ALERT); }));
        EXPECT_EQ(write(pair.far, "x", 1), 1);
    });
    EXPECT_EQ(rove_poll(pair.near, POLLIN), POLLIN);
    sender.join();
}

} // namespace
