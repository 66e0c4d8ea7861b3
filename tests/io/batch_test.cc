// At stake: a batch waits for one message and no more, counts what was moved,
// and loses nothing that it could not.
#include <cerrno>
#include <string>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

// Room for so many messages of up to 100 bytes, or messages from texts.
struct Batch {
    explicit Batch(size_t count)
        : texts(count, std::string(100, ' ')), parts(count), messages(count)
    {
        Arm();
    }

    explicit Batch(std::vector<std::string> from)
        : texts(std::move(from)), parts(texts.size()), messages(texts.size())
    {
        Arm();
    }

    void Arm()
    {
        for (size_t i = 0; i < texts.size(); i++) {
            parts[i] = {&texts[i][0], texts[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }

    int Send(int fd)
    {
        return rove_sendmmsg(fd, messages.data(),
                             static_cast<unsigned>(messages.size()), 0);
    }

    int Receive(int fd)
    {
        return rove_recvmmsg(fd, messages.data(),
                             static_cast<unsigned>(messages.size()), 0);
    }

    std::string Text(size_t i) const
    {
        return texts[i].substr(0, messages[i].msg_len);
    }

    std::vector<std::string> texts;
    std::vector<struct iovec> parts;
    std::vector<struct mmsghdr> messages;
};

struct UdpPair {
    UdpPair() : server(rove_udp_bind(nullptr, 0, nullptr))
    {
        client = rove_udp_connect(
            nullptr, static_cast<uint16_t>(rove_local_port(server)));
        EXPECT_GE(client, 0);
    }

    ~UdpPair()
    {
        EXPECT_EQ(rove_close(server), 0);
        EXPECT_EQ(rove_close(client), 0);
    }

    int server;
    int client;
};

TEST(BatchTest, WhatIsThereIsTakenAtOnce)
{
    RunTasks(1, [] {
        UdpPair pair;
        Batch out({"a", "", "ccc"});
        EXPECT_EQ(out.Send(pair.client), 3);
        EXPECT_EQ(out.messages[2].msg_len, 3u);
        Batch in(8);
        EXPECT_EQ(in.Receive(pair.server), 3);
        EXPECT_EQ(in.Text(0), "a");
        EXPECT_EQ(in.Text(1), "");
        EXPECT_EQ(in.Text(2), "ccc");
    });
}

TEST(BatchTest, OneMessageIsWaitedFor)
{
    RunTasks(1, [] {
        UdpPair pair;
        Batch in(8);
        Task reader([&] { EXPECT_EQ(in.Receive(pair.server), 1); });
        EXPECT_TRUE(AwaitWaiter(pair.server, RV_SIDE_READ));
        EXPECT_EQ(rove_send(pair.client, "x", 1, 0), 1);
        reader.Join();
        EXPECT_EQ(in.Text(0), "x");
    });
}

TEST(BatchTest, ReaderThatWasGivenOneTurnLeavesTheRestToTheNext)
{
    RunTasks(1, [] {
        UdpPair pair;
        Batch first(1);
        Batch second(1);
        Task a([&] { EXPECT_EQ(first.Receive(pair.server), 1); });
        EXPECT_TRUE(AwaitWaiter(pair.server, RV_SIDE_READ));
        Task b([&] { EXPECT_EQ(second.Receive(pair.server), 1); });
        EXPECT_EQ(rove_yield(), 0);
        Batch out({"1", "2"});
        EXPECT_EQ(out.Send(pair.client), 2);
        a.Join();
        b.Join();
        EXPECT_EQ(first.Text(0) + second.Text(0), "12");
    });
}

// A Unix queue takes few datagrams: the batch ends there, and goes on when the
// other end reads.
TEST(BatchTest, FullQueueCutsTheBatchShort)
{
    RunTasks(1, [] {
        int fds[2];
        EXPECT_EQ(rove_unix_pair(SOCK_DGRAM, fds), 0);
        std::vector<std::string> texts;
        for (int i = 0; i < 1000; i++) {
            texts.push_back(std::to_string(i));
        }
        Batch out(texts);
        int sent = out.Send(fds[0]);
        EXPECT_GT(sent, 0);
        EXPECT_LT(sent, 1000);
        Task writer([&] {
            while (sent < 1000) {
                int more = rove_sendmmsg(
                    fds[0], &out.messages[static_cast<size_t>(sent)],
                    static_cast<unsigned>(1000 - sent), 0);
                EXPECT_GT(more, 0);
                sent += more > 0 ? more : 1000;
            }
        });
        EXPECT_TRUE(AwaitWaiter(fds[0], RV_SIDE_WRITE));
        Batch in(64);
        for (int got = 0, expected = 0; got < 1000;) {
            int count = in.Receive(fds[1]);
            EXPECT_GT(count, 0);
            for (int i = 0; i < count; i++) {
                EXPECT_EQ(in.Text(static_cast<size_t>(i)),
                          std::to_string(expected++));
            }
            got += count > 0 ? count : 1000;
        }
        writer.Join();
        EXPECT_EQ(rove_close(fds[0]), 0);
        EXPECT_EQ(rove_close(fds[1]), 0);
    });
}

TEST(BatchTest, CancelledBatchMovesNothing)
{
    RunTasks(1, [] {
        UdpPair pair;
        Batch in(2);
        Task reader([&] {
            EXPECT_EQ(in.Receive(pair.server), -ECANCELED);
            EXPECT_EQ(in.Send(pair.client), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.server, RV_SIDE_READ));
        reader.Cancel();
        reader.Join();
        char byte;
        Task other([&] { EXPECT_EQ(rove_recv(pair.server, &byte, 1, 0), 1); });
        EXPECT_EQ(rove_send(pair.client, "x", 1, 0), 1);
    });
}

TEST(BatchTest, EmptyBatchesAndErrorsReturnAtOnce)
{
    RunTasks(1, [] {
        UdpPair pair;
        Batch one(1);
        EXPECT_EQ(rove_sendmmsg(pair.client, one.messages.data(), 0, 0), 0);
        EXPECT_EQ(rove_recvmmsg(pair.server, one.messages.data(), 0, 0), 0);
        Pipe pipe;
        EXPECT_EQ(one.Receive(pipe.out), -ENOTSOCK);
        EXPECT_EQ(one.Send(-1), -EBADF);
    });
}

} // namespace
