// At stake: what a stream owns is given back once, whatever happens before; and
// reading and writing go on side by side.
extern "C" {
#include "tests/support/fault.h"
}

#include <cerrno>
#include <string>

#include "tests/io/streams.h"

#include "gtest/gtest.h"

namespace
{

class StreamTest : public ::testing::Test
{
  protected:
    ~StreamTest() override
    {
        rv_fault_disarm();
    }
};

TEST_F(StreamTest, CloseWritesWhatIsKeptAndClosesTheDescriptor)
{
    RunTasks(1, [] {
        TcpPair pair;
        char bytes[8];
        rove_stream *stream = rove_stream_new(pair.near, nullptr);
        EXPECT_EQ(rove_stream_fd(stream), pair.near);
        EXPECT_EQ(rove_stream_write(stream, "bye", 3), 3);
        EXPECT_EQ(rove_stream_close(stream), 0);
        pair.near = -1;
        EXPECT_EQ(rove_read_exact(pair.far, bytes, 8, nullptr), 3);
    });
}

TEST_F(StreamTest, FreeDropsWhatIsKeptAndClosesTheDescriptor)
{
    RunTasks(1, [] {
        TcpPair pair;
        char byte;
        rove_stream *stream = rove_stream_new(pair.near, nullptr);
        EXPECT_EQ(rove_stream_write(stream, "dropped", 7), 7);
        rove_stream_free(stream);
        pair.near = -1;
        EXPECT_EQ(rove_read(pair.far, &byte, 1), 0);
        rove_stream_free(nullptr);
    });
}

TEST_F(StreamTest, BorrowedDescriptorStaysOpen)
{
    RunTasks(1, [] {
        StreamPair pair;
        EXPECT_EQ(pair.Write("x"), 1);
        EXPECT_EQ(rove_stream_close(pair.stream), 0);
        pair.stream = nullptr;
        EXPECT_EQ(rove_write(pair.near, "y", 1), 1);
        EXPECT_EQ(pair.Receive(2), "xy");
    });
}

TEST_F(StreamTest, CancelledCloseClosesAndSaysWhatWasLost)
{
    RunTasks(2, [] {
        ForeignPair pair;
        pair.Fill();
        rove_stream *full = rove_stream_new(pair.near, nullptr);
        EXPECT_EQ(rove_stream_write(full, "lost", 4), 4);
        Task closer([&] { EXPECT_EQ(rove_stream_close(full), -ECANCELED); });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_WRITE));
        closer.Cancel();
        closer.Join();
        EXPECT_EQ(rove_write(pair.near, "x", 1), -EBADF);
        pair.near = -1;
        rove_stream *empty = rove_stream_new(pair.far, nullptr);
        rove_scope scope;
        rove_scope_open(&scope, ROVE_FOREVER);
        rove_scope_cancel(&scope);
        EXPECT_EQ(rove_stream_close(empty), 0);
        (void)rove_scope_close(&scope);
        pair.far = -1;
    });
}

TEST_F(StreamTest, ReaderAndWriterWorkSideBySide)
{
    RunTasks(2, [] {
        constexpr size_t size = 1 << 20;
        StreamPair pair(512, 512);
        Task echo([&] {
            rove_stream_options options;
            rove_stream_options_init(&options);
            options.borrowed = 1;
            rove_stream *far = rove_stream_new(pair.far, &options);
            char block[700];
            ssize_t count;
            while ((count = rove_stream_read(far, block, sizeof(block))) > 0) {
                EXPECT_EQ(
                    rove_stream_write(far, block, static_cast<size_t>(count)),
                    count);
            }
            EXPECT_EQ(rove_stream_shutdown(far), 0);
            rove_stream_free(far);
        });
        Task writer([&] {
            for (size_t i = 0; i < size; i += 256) {
                std::string block(256, static_cast<char>(i >> 8));
                EXPECT_EQ(pair.Write(block), 256);
            }
            EXPECT_EQ(rove_stream_shutdown(pair.stream), 0);
        });
        size_t wrong = 0;
        for (size_t i = 0; i < size; i += 256) {
            wrong += pair.ReadExact(256) !=
                     std::string(256, static_cast<char>(i >> 8));
        }
        EXPECT_EQ(wrong, 0u);
        EXPECT_EQ(pair.ReadExact(1), "");
    });
}

TEST_F(StreamTest, BadOptionsAndNoMemoryMakeNoStream)
{
    rove_stream_options options;
    rove_stream_options_init(&options);
    options.borrowed = 2;
    EXPECT_EQ(rove_stream_new(0, &options), nullptr);
    rove_stream_options_init(&options);
    options.size = 4;
    EXPECT_EQ(rove_stream_new(0, &options), nullptr);
    rove_stream_options_init(&options);
    options.read_size = SIZE_MAX;
    EXPECT_EQ(rove_stream_new(0, &options), nullptr);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_stream_new(0, nullptr), nullptr);
}

TEST(StreamDeathTest, StreamInUseIsNotFreed)
{
    EXPECT_DEATH(RunTasks(1,
                          [] {
                              StreamPair pair;
                              Task reader([&] { (void)pair.ReadLine(); });
                              AwaitWaiter(pair.near, RV_SIDE_READ);
                              rove_stream_free(pair.stream);
                          }),
                 "some task still reads or writes the stream");
}

} // namespace
