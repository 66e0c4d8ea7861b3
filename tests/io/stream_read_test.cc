// At stake: a reader gets every byte once and in order, however the bytes come
// in and whatever cuts its calls short; limits hold; what waits holds nothing.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <functional>
#include <string>

#include "tests/io/streams.h"

#include "gtest/gtest.h"

namespace
{

class StreamReadTest : public ::testing::Test
{
  protected:
    ~StreamReadTest() override
    {
        rv_fault_disarm();
    }
};

TEST_F(StreamReadTest, OneSystemCallReadsPipelinedRequests)
{
    RunTasks(1, [] {
        StreamPair pair;
        pair.Send("one\r\ntwo\r\nthree\r\n");
        pair.AwaitBuffered(17);
        rv_fault_arm("rv_fd_recv", 1000000, EIO); // counts from here
        EXPECT_EQ(pair.ReadLine(), "one");
        EXPECT_EQ(pair.ReadLine(), "two");
        EXPECT_EQ(pair.ReadLine(), "three");
        EXPECT_EQ(rv_fault_calls("rv_fd_recv"), 0u);
        EXPECT_EQ(pair.Buffered(), "");
    });
}

// Each call that moves bytes, with messages that come one byte at a time.
TEST_F(StreamReadTest, EveryCallTakesBytesThatComeOneByOne)
{
    RunTasks(1, [] {
        ForeignStreamPair pair(4);
        pair.Send("line\r\nexact!peekedrest");
        EXPECT_EQ(rove_shutdown(pair.far, SHUT_WR), 0);
        rv_fault_arm_every("rv_fd_recv", 1, RV_FAULT_SHORT);
        EXPECT_EQ(pair.ReadLine(), "line");
        EXPECT_EQ(pair.ReadExact(6), "exact!");
        pair.AwaitBuffered(6);
        EXPECT_EQ(pair.Buffered(), "peeked");
        rove_stream_consume(pair.stream, 6);
        std::string rest;
        char byte[3];
        ssize_t size;
        while ((size = rove_stream_read(pair.stream, byte, sizeof(byte))) > 0) {
            rest.append(byte, static_cast<size_t>(size));
        }
        EXPECT_EQ(size, 0);
        EXPECT_EQ(rest, "rest");
    });
}

// The same bytes in two pieces, cut at every place.
TEST_F(StreamReadTest, LinesAreFoundWhereverTheyAreCut)
{
    RunTasks(1, [] {
        const std::string text = "\r\na\r\r\nbc\r\n\r\n";
        StreamPair pair(2);
        for (size_t cut = 0; cut <= text.size(); cut++) {
            bool is_done = false;
            Task reader([&] {
                EXPECT_EQ(pair.ReadLine(), "");
                EXPECT_EQ(pair.ReadLine(), "a\r");
                EXPECT_EQ(pair.ReadLine(), "bc");
                EXPECT_EQ(pair.ReadLine(), "");
                is_done = true;
            });
            pair.Send(text.substr(0, cut));
            EXPECT_TRUE(YieldUntil([&] {
                return is_done || HasWaiters(pair.near, RV_SIDE_READ);
            }));
            pair.Send(text.substr(cut));
        }
    });
}

TEST_F(StreamReadTest, DelimiterMayBeAnyBytes)
{
    RunTasks(1, [] {
        StreamPair pair(3);
        const char *data = nullptr;
        pair.Send(std::string("\0\0\1\0\0\0\1", 7));
        EXPECT_EQ(rove_stream_read_until(pair.stream, "\0\0\0\1", 4, 7, &data),
                  7);
        EXPECT_EQ(data[2], '\1');
    });
}

TEST_F(StreamReadTest, LineOverTheLimitStaysWhereItIs)
{
    RunTasks(1, [] {
        StreamPair pair(4);
        pair.Send("12345678\r\n");
        EXPECT_EQ(pair.ReadLine(9), std::to_string(-EMSGSIZE));
        EXPECT_EQ(pair.ReadLine(4), std::to_string(-EMSGSIZE));
        EXPECT_EQ(pair.ReadLine(10), "12345678");
    });
}

TEST_F(StreamReadTest, EndlessLineIsRefusedWithBoundedMemory)
{
    RunTasks(1, [] {
        StreamPair pair(16);
        pair.Send(std::string(10000, 'x'));
        EXPECT_EQ(pair.ReadLine(100), std::to_string(-EMSGSIZE));
        EXPECT_LE(rv_buffer_capacity(&pair.stream->in.buffer), 200u);
    });
}

TEST_F(StreamReadTest, EndBehindHalfALineIsNoLine)
{
    RunTasks(1, [] {
        StreamPair pair;
        pair.Send("whole\r\nhalf\r");
        pair.CloseFar();
        EXPECT_EQ(pair.ReadLine(), "whole");
        EXPECT_EQ(pair.ReadLine(), std::to_string(-ENODATA));
        EXPECT_EQ(pair.ReadExact(5), "half\r");
        EXPECT_EQ(pair.ReadLine(), "0");
        const char *data = nullptr;
        EXPECT_EQ(rove_stream_peek(pair.stream, 1, &data), 0);
    });
}

TEST_F(StreamReadTest, PeekReturnsLessAtTheEndOnly)
{
    RunTasks(1, [] {
        StreamPair pair(4);
        pair.Send("0123456789");
        pair.CloseFar();
        const char *data = nullptr;
        EXPECT_GE(rove_stream_peek(pair.stream, 6, &data), 6);
        EXPECT_EQ(std::string(data, 6), "012345");
        EXPECT_EQ(rove_stream_peek(pair.stream, 11, &data), 10);
        EXPECT_EQ(std::string(data, 10), "0123456789");
    });
}

TEST_F(StreamReadTest, LargeReadGoesStraightToTheCallersMemory)
{
    RunTasks(1, [] {
        StreamPair pair(64);
        const std::string text(5000, 't');
        pair.Send("ab");
        pair.AwaitBuffered(2);
        pair.Send(text);
        EXPECT_EQ(pair.ReadExact(5002), "ab" + text);
        EXPECT_LE(rv_buffer_capacity(&pair.stream->in.buffer), 64u);
    });
}

// Calls that wait in vain, by what ends them; then the bytes come all the same.
TEST_F(StreamReadTest, CancelledOrLateCallsLoseNoByte)
{
    RunTasks(2, [] {
        StreamPair pair(4);
        char bytes[16];
        const char *data = nullptr;
        size_t moved = 0;
        const std::function<void()> calls[] = {
            [&] {
                EXPECT_EQ(
                    rove_stream_read_until(pair.stream, "\n", 1, 99, &data),
                    -ECANCELED);
            },
            [&] {
                EXPECT_EQ(rove_stream_peek(pair.stream, 9, &data), -ECANCELED);
            },
        };
        pair.Send("abcdef");
        pair.AwaitBuffered(6);
        for (const auto &call : calls) {
            Task cancelled(call);
            EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
            cancelled.Cancel();
            cancelled.Join();
            int status = 0;
            ROVE_TIMEOUT(ROVE_MS, &status)
            {
                call();
            }
            EXPECT_EQ(status, -ETIMEDOUT);
        }
        EXPECT_EQ(pair.Buffered(), "abcdef");
        Task exact([&] {
            EXPECT_EQ(rove_stream_read_exact(pair.stream, bytes, 9, &moved), 6);
            EXPECT_EQ(rove_stream_read(pair.stream, bytes, 9), -ECANCELED);
            EXPECT_EQ(rove_stream_read_exact(pair.stream, bytes, 9, nullptr),
                      -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        exact.Cancel();
        exact.Join();
        EXPECT_EQ(std::string(bytes, moved), "abcdef");
        pair.Send("ghi");
        EXPECT_EQ(pair.ReadExact(3), "ghi");
    });
}

TEST_F(StreamReadTest, CancelledTaskTakesNoBufferedByte)
{
    RunTasks(1, [] {
        StreamPair pair;
        char byte;
        const char *data = nullptr;
        pair.Send("a\r\n");
        pair.AwaitBuffered(3);
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(rove_stream_read(pair.stream, &byte, 1), -ECANCELED);
        EXPECT_EQ(rove_stream_read_exact(pair.stream, &byte, 1, nullptr),
                  -ECANCELED);
        EXPECT_EQ(rove_stream_peek(pair.stream, 1, &data), -ECANCELED);
        EXPECT_EQ(pair.ReadLine(), std::to_string(-ECANCELED));
        EXPECT_EQ(rove_scope_close(&scope), -ECANCELED);
        EXPECT_EQ(pair.ReadLine(), "a");
    });
}

TEST_F(StreamReadTest, WaitingWithoutBytesHoldsNoBuffer)
{
    RunTasks(1, [] {
        StreamPair pair;
        EXPECT_EQ(pair.stream->in.buffer.base, nullptr);
        for (int round = 0; round < 3; round++) {
            Task reader([&] { EXPECT_EQ(pair.ReadLine(), "request"); });
            EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
            EXPECT_EQ(pair.stream->in.buffer.base, nullptr);
            pair.Send("request\r\n");
        }
    });
}

TEST_F(StreamReadTest, ResetInTheMiddleLeavesWhatHasComeAndIsReported)
{
    RunTasks(1, [] {
        StreamPair pair(4);
        char bytes[9];
        const char *data = nullptr;
        pair.Send("abcd");
        pair.AwaitBuffered(4);
        rv_fault_arm("rv_fd_recv", 1, ECONNRESET);
        EXPECT_EQ(rove_stream_peek(pair.stream, 9, &data), -ECONNRESET);
        EXPECT_EQ(pair.Buffered(), "abcd");
        rv_fault_arm("rv_fd_recv", 1, ECONNRESET);
        EXPECT_EQ(rove_stream_read_exact(pair.stream, bytes, 9, nullptr), 4);
        rv_fault_disarm();
        pair.CloseFar(); // the kernel tells of a reset once
        EXPECT_EQ(rove_stream_read_exact(pair.stream, bytes, 9, nullptr),
                  -ECONNRESET);
        EXPECT_EQ(rove_stream_read(pair.stream, bytes, 9), 0);
    });
}

TEST_F(StreamReadTest, ShortageOfMemoryLosesNoByte)
{
    RunTasks(1, [] {
        StreamPair pair(4);
        const char *data = nullptr;
        pair.Send("abcdefgh");
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_stream_peek(pair.stream, 1, &data), -ENOMEM);
        pair.AwaitBuffered(4);
        rv_fault_arm("rv_mem_alloc", 1, ENOMEM);
        EXPECT_EQ(rove_stream_peek(pair.stream, 8, &data), -ENOMEM);
        EXPECT_EQ(pair.ReadExact(8), "abcdefgh");
    });
}

TEST_F(StreamReadTest, NothingIsReadForNothing)
{
    RunTasks(1, [] {
        StreamPair pair;
        EXPECT_EQ(rove_stream_read(pair.stream, nullptr, 0), 0);
        EXPECT_EQ(rove_stream_read_exact(pair.stream, nullptr, 0, nullptr), 0);
        rove_stream_consume(pair.stream, 0);
        EXPECT_EQ(rove_stream_buffered(pair.stream, nullptr), 0U);
    });
}

TEST_F(StreamReadTest, PlainThreadReads)
{
    StreamPair pair;
    pair.Send("hello\r\n");
    EXPECT_EQ(pair.ReadLine(), "hello");
}

TEST(StreamReadDeathTest, MoreThanThereIsIsNotConsumed)
{
    StreamPair pair;
    EXPECT_DEATH(rove_stream_consume(pair.stream, 1), "more is consumed");
}

TEST(StreamReadDeathTest, SecondReaderIsMisuse)
{
    EXPECT_DEATH(RunTasks(1,
                          [] {
                              StreamPair pair;
                              Task reader([&] { (void)pair.ReadLine(); });
                              AwaitWaiter(pair.near, RV_SIDE_READ);
                              (void)pair.ReadLine();
                          }),
                 "one task at a time reads a stream");
}

} // namespace
