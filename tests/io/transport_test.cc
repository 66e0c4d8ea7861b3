// At stake: a stream on a transport behaves as one on a descriptor, with a
// transport that suspends by itself and with one that says when it must wait.
#include <cerrno>
#include <poll.h>
#include <string>

#include "tests/io/streams.h"

#include "gtest/gtest.h"

namespace
{

// Hands out and takes one byte at a time, and each time first says that it must
// wait.
struct Halting {
    std::string input;
    std::string output;
    std::string log; // r, w: must wait; R, W: has waited; f s c
    bool may_read = false;
    bool may_write = false;
    int wait_error = 0;
    rove_stream *stream = nullptr;
    bool held_buffer = false; // while it waited to read
};

Halting &Of(void *self)
{
    return *static_cast<Halting *>(self);
}

const rove_transport kHalting = {
    [](void *self, void *buffer, size_t size) -> ssize_t {
        Halting &h = Of(self);
        EXPECT_GE(size, 1u);
        if (!h.may_read) {
            h.log += 'r';
            return -EAGAIN;
        }
        h.may_read = false;
        if (h.input.empty()) {
            return 0;
        }
        *static_cast<char *>(buffer) = h.input[0];
        h.input.erase(0, 1);
        return 1;
    },
    [](void *self, const struct iovec *parts, int count) -> ssize_t {
        Halting &h = Of(self);
        EXPECT_GE(count, 1);
        EXPECT_GE(parts[0].iov_len, 1u);
        if (!h.may_write) {
            h.log += 'w';
            return -EAGAIN;
        }
        h.may_write = false;
        h.output += *static_cast<char *>(parts[0].iov_base);
        return 1;
    },
    [](void *self, int event) -> int {
        Halting &h = Of(self);
        if (h.wait_error != 0) {
            return h.wait_error;
        }
        h.log += event == POLLIN ? 'R' : 'W';
        (event == POLLIN ? h.may_read : h.may_write) = true;
        h.held_buffer |= event == POLLIN && h.stream->in.buffer.base != nullptr;
        return 0;
    },
    [](void *self) -> int {
        Of(self).log += 'f';
        return 0;
    },
    [](void *self) -> int {
        Of(self).log += 's';
        return 0;
    },
    [](void *self) -> int {
        Of(self).log += 'c';
        return -EIO;
    },
};

TEST(TransportTest, StreamWaitsWhenItsTransportSaysSo)
{
    RunTasks(1, [] {
        Halting h;
        h.input = "ab\n";
        h.stream = rove_stream_new_on(&kHalting, &h, nullptr);
        EXPECT_EQ(rove_stream_fd(h.stream), -1);
        char bytes[4];
        const char *data = nullptr;
        EXPECT_EQ(rove_stream_read(h.stream, bytes, 4), 1);
        EXPECT_FALSE(h.held_buffer);
        EXPECT_EQ(rove_stream_read_until(h.stream, "\n", 1, 9, &data), 2);
        EXPECT_EQ(rove_stream_write(h.stream, "xy", 2), 2);
        EXPECT_EQ(h.log, "rRrRrR");
        h.log = "";
        EXPECT_EQ(rove_stream_shutdown(h.stream), 0);
        EXPECT_EQ(h.output, "xy");
        EXPECT_EQ(h.log, "wWwWfs");
        EXPECT_EQ(rove_stream_read(h.stream, bytes, 4), 0);
        h.log = "";
        EXPECT_EQ(rove_stream_close(h.stream), -EIO);
        EXPECT_EQ(h.log, "fc");
    });
}

TEST(TransportTest, WaitThatFailsLosesNothing)
{
    RunTasks(1, [] {
        Halting h;
        h.input = "a";
        h.stream = rove_stream_new_on(&kHalting, &h, nullptr);
        char byte;
        h.wait_error = -ECANCELED;
        EXPECT_EQ(rove_stream_read(h.stream, &byte, 1), -ECANCELED);
        EXPECT_EQ(rove_stream_write(h.stream, "x", 1), 1);
        EXPECT_EQ(rove_stream_flush(h.stream), -ECANCELED);
        h.wait_error = 0;
        EXPECT_EQ(rove_stream_read(h.stream, &byte, 1), 1);
        EXPECT_EQ(rove_stream_flush(h.stream), 0);
        EXPECT_EQ(h.output, "x");
        EXPECT_EQ(rove_stream_close(h.stream), -EIO);
    });
}

// A stream on a stream: calls that suspend within.
const rove_transport kInner = {
    [](void *self, void *buffer, size_t size) {
        return rove_stream_read(static_cast<rove_stream *>(self), buffer, size);
    },
    [](void *self, const struct iovec *parts, int count) {
        return rove_stream_writev(static_cast<rove_stream *>(self), parts,
                                  count);
    },
    nullptr,
    [](void *self) {
        return rove_stream_flush(static_cast<rove_stream *>(self));
    },
    nullptr,
    nullptr,
};

TEST(TransportTest, StreamRunsOnAnotherStream)
{
    RunTasks(2, [] {
        StreamPair pair(4, 4);
        rove_stream *outer = rove_stream_new_on(&kInner, pair.stream, nullptr);
        const char *line = nullptr;
        Task reader([&] {
            EXPECT_EQ(rove_stream_read_until(outer, "\n", 1, 99, &line), 11);
        });
        EXPECT_TRUE(AwaitWaiter(pair.near, RV_SIDE_READ));
        pair.Send("0123456789\n");
        reader.Join();
        EXPECT_EQ(rove_stream_write(outer, "answer", 6), 6);
        EXPECT_EQ(rove_stream_flush(outer), 0);
        EXPECT_EQ(pair.Receive(6), "answer");
        EXPECT_EQ(rove_stream_shutdown(outer), -EOPNOTSUPP);
        EXPECT_EQ(rove_stream_close(outer), 0);
    });
}

TEST(TransportDeathTest, TransportThatDoesNotReadIsMisuse)
{
    rove_transport none = {};
    EXPECT_DEATH(rove_stream_free(rove_stream_new_on(&none, nullptr, nullptr)),
                 "a transport reads and writes");
}

} // namespace
