// At stake: what was taken for writing arrives once and in order, in as few
// system calls as there are batches, and never takes more memory than agreed.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <string>

#include "tests/io/streams.h"

#include "gtest/gtest.h"

namespace
{

class StreamWriteTest : public ::testing::Test
{
  protected:
    ~StreamWriteTest() override
    {
        rv_fault_disarm();
    }
};

TEST_F(StreamWriteTest, OneSystemCallWritesWhatWasCollected)
{
    RunTasks(1, [] {
        StreamPair pair;
        rv_fault_arm("rv_fd_send", 1000000, EIO); // counts from here
        EXPECT_EQ(pair.Write("one "), 4);
        EXPECT_EQ(pair.Write("two "), 4);
        EXPECT_EQ(pair.Write("three"), 5);
        EXPECT_EQ(rv_fault_calls("rv_fd_send"), 0u);
        EXPECT_EQ(rove_stream_unwritten(pair.stream), 13u);
        EXPECT_EQ(rove_stream_flush(pair.stream), 0);
        EXPECT_EQ(rv_fault_calls("rv_fd_send"), 1u);
        EXPECT_EQ(rove_stream_unwritten(pair.stream), 0u);
        EXPECT_EQ(pair.stream->out.buffer.base, nullptr); // idle
        EXPECT_EQ(pair.Receive(13), "one two three");
    });
}

TEST_F(StreamWriteTest, LargeBlockGoesWithWhatWasCollectedWithoutCopying)
{
    RunTasks(1, [] {
        StreamPair pair(0, 16);
        std::string body(1000, 'b');
        EXPECT_EQ(pair.Write("head"), 4);
        rv_fault_arm("rv_fd_sendmsg", 1000000, EIO); // counts from here
        EXPECT_EQ(pair.Write(body), 1000);
        EXPECT_EQ(rv_fault_calls("rv_fd_sendmsg"), 1u);
        EXPECT_EQ(pair.stream->out.buffer.base, nullptr);
        EXPECT_EQ(pair.Receive(1004), "head" + body);
    });
}

// Small and large parts, empty ones, more than one send takes; with a kernel
// that takes all at once, or a byte at a time.
TEST_F(StreamWriteTest, PartsAreWrittenInOrderHoweverTheKernelTakesThem)
{
    RunTasks(1, [] {
        for (bool by_byte : {false, true}) {
            for (size_t room : {1, 5, 64, 4096}) {
                ForeignStreamPair pair(0, room);
                std::string blocks[40];
                struct iovec parts[40];
                std::string all = "first";
                for (size_t i = 0; i < 40; i++) {
                    blocks[i] = std::string(i % 7 * (i % 3), char('A' + i));
                    parts[i] = {&blocks[i][0], blocks[i].size()};
                    all += blocks[i];
                }
                if (by_byte) {
                    rv_fault_arm_every("rv_fd_sendmsg", 1, RV_FAULT_SHORT);
                }
                EXPECT_EQ(pair.Write("first"), 5);
                EXPECT_EQ(rove_stream_writev(pair.stream, parts, 40),
                          static_cast<ssize_t>(all.size() - 5));
                EXPECT_LE(rove_stream_unwritten(pair.stream), room);
                EXPECT_EQ(rove_stream_flush(pair.stream), 0);
                rv_fault_disarm();
                EXPECT_EQ(pair.Receive(all.size()), all);
            }
        }
    });
}

TEST_F(StreamWriteTest, NothingIsWrittenForNothing)
{
    RunTasks(1, [] {
        StreamPair pair;
        struct iovec empty[] = {{nullptr, 0}, {nullptr, 0}};
        EXPECT_EQ(rove_stream_write(pair.stream, nullptr, 0), 0);
        EXPECT_EQ(rove_stream_writev(pair.stream, empty, 2), 0);
        EXPECT_EQ(rove_stream_writev(pair.stream, nullptr, 0), 0);
        EXPECT_EQ(rove_stream_writev(pair.stream, nullptr, -1), -EINVAL);
        EXPECT_EQ(rove_stream_flush(pair.stream), 0);
        EXPECT_EQ(pair.stream->out.buffer.base, nullptr);
    });
}

TEST_F(StreamWriteTest, PeerThatDoesNotReadMakesTheWriterWaitInBoundedMemory)
{
    RunTasks(2, [] {
        ForeignStreamPair pair(0, 1000);
        pair.Fill();
        size_t taken = 0;
        Task writer([&] {
            const std::string block(300, 'w');
            while (pair.Write(block) == 300) {
                taken += 300;
            }
            EXPECT_EQ(pair.Write(block), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        writer.Cancel();
        writer.Join();
        EXPECT_EQ(taken, 900u);
        EXPECT_EQ(rove_stream_unwritten(pair.stream), 900u);
        EXPECT_EQ(rv_buffer_capacity(&pair.stream->out.buffer), 1000u);
    });
}

// The writer is cancelled, and is late, with the kernel's buffer full; then the
// peer reads.
TEST_F(StreamWriteTest, CancelledOrLateCallsLoseNoByte)
{
    RunTasks(2, [] {
        ForeignStreamPair pair(0, 8);
        std::string filled;
        EXPECT_EQ(pair.Write("<begin>"), 7);
        pair.Fill();
        Task cancelled([&] {
            EXPECT_EQ(pair.Write("not taken"), -ECANCELED);
            EXPECT_EQ(rove_stream_flush(pair.stream), -ECANCELED);
            EXPECT_EQ(rove_stream_shutdown(pair.stream), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        cancelled.Cancel();
        cancelled.Join();
        int status = 0;
        ROVE_TIMEOUT(ROVE_MS, &status)
        {
            EXPECT_EQ(rove_stream_flush(pair.stream), -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(rove_stream_unwritten(pair.stream), 7u);
        Task writer([&] {
            EXPECT_EQ(pair.Write("<end>"), 5);
            EXPECT_EQ(rove_stream_shutdown(pair.stream), 0);
        });
        char block[4096];
        ssize_t size;
        while ((size = rove_read(pair.far, block, sizeof(block))) > 0) {
            filled.append(block, static_cast<size_t>(size));
        }
        EXPECT_EQ(filled.substr(filled.find('<')), "<begin><end>");
    });
}

TEST_F(StreamWriteTest, CancelledTaskAddsNothing)
{
    RunTasks(1, [] {
        StreamPair pair;
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(pair.Write("a"), -ECANCELED);
        EXPECT_EQ(rove_stream_flush(pair.stream), -ECANCELED);
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        EXPECT_EQ(rove_stream_unwritten(pair.stream), 0u);
    });
}

TEST_F(StreamWriteTest, PartOfALargeBlockThatWasWrittenIsReported)
{
    RunTasks(2, [] {
        ForeignStreamPair pair(0, 4);
        const std::string block(4 << 20, 'l'); // more than the kernel takes
        ssize_t taken = 0;
        Task writer([&] { taken = pair.Write(block); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        writer.Cancel();
        writer.Join();
        EXPECT_GT(taken, 0);
        EXPECT_LT(taken, static_cast<ssize_t>(block.size()));
        Task sender([&] { EXPECT_EQ(rove_stream_shutdown(pair.stream), 0); });
        ssize_t total = 0;
        std::string some(65536, '\0');
        ssize_t size;
        while ((size = rove_read(pair.far, &some[0], some.size())) > 0) {
            total += size;
        }
        EXPECT_EQ(total, taken);
    });
}

TEST_F(StreamWriteTest, HalfCloseEndsThePeersReadingOnly)
{
    RunTasks(1, [] {
        StreamPair pair;
        char byte;
        EXPECT_EQ(pair.Write("last"), 4);
        EXPECT_EQ(rove_stream_shutdown(pair.stream), 0);
        EXPECT_EQ(pair.Receive(4), "last");
        EXPECT_EQ(rove_read(pair.far, &byte, 1), 0);
        pair.Send("answer");
        EXPECT_EQ(pair.ReadExact(6), "answer");
        EXPECT_EQ(pair.Write("x"), 1);
        EXPECT_EQ(rove_stream_flush(pair.stream), -EPIPE);
    });
}

TEST_F(StreamWriteTest, PeerThatHasGoneIsReported)
{
    RunTasks(1, [] {
        StreamPair pair(0, 4);
        EXPECT_EQ(pair.Write("abc"), 3);
        for (int error : {ECONNRESET, EPIPE}) {
            rv_fault_arm_every("rv_fd_sendmsg", 1, error);
            EXPECT_EQ(pair.Write("def"), -error);
            rv_fault_arm_every("rv_fd_send", 1, error);
            EXPECT_EQ(rove_stream_flush(pair.stream), -error);
        }
        rv_fault_disarm();
        EXPECT_EQ(rove_stream_flush(pair.stream), 0);
        EXPECT_EQ(pair.Receive(3), "abc");
    });
}

TEST_F(StreamWriteTest, ShortageOfMemoryTakesNothing)
{
    RunTasks(1, [] {
        StreamPair pair;
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(pair.Write("abc"), -ENOMEM);
        EXPECT_EQ(pair.Write("abc"), 3);
    });
}

TEST_F(StreamWriteTest, PipeTakesWhatAStreamWrites)
{
    RunTasks(1, [] {
        Pipe pipe;
        rove_stream_options options;
        rove_stream_options_init(&options);
        options.borrowed = 1;
        rove_stream *stream = rove_stream_new(pipe.in, &options);
        const std::string block(200000, 'p');
        Task reader([&] {
            std::string got(block.size(), '\0');
            EXPECT_EQ(rove_read_exact(pipe.out, &got[0], got.size(), nullptr),
                      static_cast<ssize_t>(block.size()));
            EXPECT_EQ(got, block);
        });
        EXPECT_EQ(rove_stream_write(stream, block.data(), block.size()),
                  static_cast<ssize_t>(block.size()));
        EXPECT_EQ(rove_stream_close(stream), 0);
    });
}

TEST(StreamWriteDeathTest, SecondWriterIsMisuse)
{
    EXPECT_DEATH(RunTasks(1,
                          [] {
                              ForeignStreamPair pair;
                              pair.Fill();
                              EXPECT_EQ(pair.Write("a"), 1);
                              Task writer([&] {
                                  EXPECT_EQ(rove_stream_flush(pair.stream), 0);
                              });
                              AwaitWaiter(pair.near, RV_SIDE_WRITE);
                              (void)pair.Write("b");
                          }),
                 "one task at a time writes a stream");
}

} // namespace
