// A stream on one end of a connection, and the bare other end.
#ifndef TESTS_IO_STREAMS_H
#define TESTS_IO_STREAMS_H

extern "C" {
#include "src/io/stream.h"
}

#include <string>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

template <class Ends> struct StreamOn : Ends {
    using Ends::far;
    using Ends::near;

    explicit StreamOn(size_t read_size = 0, size_t write_size = 0)
    {
        rove_stream_options options;
        rove_stream_options_init(&options);
        options.borrowed = 1;
        options.read_size = read_size;
        options.write_size = write_size;
        stream = rove_stream_new(near, &options);
        EXPECT_NE(stream, nullptr);
    }

    ~StreamOn()
    {
        rove_stream_free(stream);
    }

    // From the far end, all of it.
    void Send(const std::string &bytes) const
    {
        EXPECT_EQ(rove_write_all(far, bytes.data(), bytes.size(), nullptr),
                  static_cast<ssize_t>(bytes.size()));
    }

    // At the far end, so many bytes.
    std::string Receive(size_t size) const
    {
        std::string bytes(size, '\0');
        ssize_t count = rove_read_exact(far, &bytes[0], size, nullptr);
        bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
        return bytes;
    }

    ssize_t Write(const std::string &bytes) const
    {
        return rove_stream_write(stream, bytes.data(), bytes.size());
    }

    std::string ReadExact(size_t size) const
    {
        std::string bytes(size, '\0');
        ssize_t count =
            rove_stream_read_exact(stream, &bytes[0], size, nullptr);
        bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
        return bytes;
    }

    // A line without its end, or the error's name in digits.
    std::string ReadLine(size_t limit = 100) const
    {
        const char *line = nullptr;
        ssize_t size = rove_stream_read_until(stream, "\r\n", 2, limit, &line);
        return size >= 2 ? std::string(line, static_cast<size_t>(size - 2))
                         : std::to_string(size);
    }

    std::string Buffered() const
    {
        const char *data = nullptr;
        size_t size = rove_stream_buffered(stream, &data);
        return std::string(data, size);
    }

    // After a peek has let them in.
    void AwaitBuffered(size_t size) const
    {
        const char *data = nullptr;
        EXPECT_EQ(rove_stream_peek(stream, size, &data),
                  static_cast<ssize_t>(size));
    }

    rove_stream *stream;
};

using StreamPair = StreamOn<TcpPair>;

// Where a count that a twin makes short tells nothing: of a TCP socket that
// rove made it says that the kernel has no more.
using ForeignStreamPair = StreamOn<ForeignPair>;

#endif
