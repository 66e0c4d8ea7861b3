// A server that runs in a task of its own, with its handler as a lambda.
#ifndef TESTS_IO_SERVICE_H
#define TESTS_IO_SERVICE_H

extern "C" {
#include "src/io/server.h"
}

#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

using Handler = std::function<int64_t(rove_connection *)>;

// Answers each byte with itself, idle in between.
inline int64_t Echo(rove_connection *connection)
{
    int fd = rove_connection_fd(connection);
    char byte;
    ssize_t count;
    int status;
    do {
        rove_connection_idle_begin(connection, ROVE_FOREVER);
        count = rove_read(fd, &byte, 1);
        status = rove_connection_idle_end(connection);
        if (count == 1 && rove_write(fd, &byte, 1) != 1) {
            return -EPIPE;
        }
    } while (count == 1 && !rove_connection_is_draining(connection));
    EXPECT_EQ(status, count == -ECANCELED ? -ESHUTDOWN : 0);
    return 0;
}

class Service
{
  public:
    explicit Service(Handler handler, uint32_t connections_max = 0,
                     bool on_each_worker = false)
        : handler_(std::move(handler))
    {
        rove_server_options options;
        rove_server_options_init(&options);
        options.connections_max = connections_max;
        server = rove_server_new(
            &options,
            [](rove_connection *connection, void *arg) {
                return static_cast<Service *>(arg)->handler_(connection);
            },
            this);
        EXPECT_NE(server, nullptr);
        if (on_each_worker) {
            port_ = rove_server_listen(server, "127.0.0.1:0", nullptr);
        } else {
            int listener = rove_tcp_listen(nullptr, 0, nullptr);
            port_ = rove_local_port(listener);
            EXPECT_EQ(rove_server_add(server, listener), 0);
        }
        EXPECT_GT(port_, 0);
        running_ = std::make_unique<Task>(
            [this] { result_ = rove_server_run(server); });
    }

    Service(const Service &) = delete;
    Service &operator=(const Service &) = delete;

    ~Service()
    {
        rove_server_drain(server, ROVE_FOREVER);
        running_->Join();
        rove_server_free(server);
    }

    int Connect() const
    {
        return rove_tcp_connect(nullptr, static_cast<uint16_t>(port_));
    }

    void Cancel()
    {
        running_->Cancel();
    }

    // What rove_server_run() returned.
    int Result()
    {
        running_->Join();
        return result_;
    }

    rove_server_stats Stats() const
    {
        rove_server_stats stats = {};
        stats.size = sizeof stats;
        EXPECT_EQ(rove_server_get_stats(server, &stats), 0);
        return stats;
    }

    // So many connections have been accepted and have not ended.
    bool AwaitCurrent(uint64_t count) const
    {
        return YieldUntil([&] { return Stats().current == count; });
    }

    rove_server *server;

  private:
    Handler handler_;
    int port_;
    int result_ = 1;
    std::unique_ptr<Task> running_;
};

// Sends a byte, and whether it came back.
inline bool Ask(int client)
{
    char byte = 'a';
    return rove_write(client, &byte, 1) == 1 &&
           rove_read(client, &byte, 1) == 1 && byte == 'a';
}

// Whether the other end closes without another byte.
inline bool IsOver(int client)
{
    char byte;
    ssize_t count = rove_read(client, &byte, 1);
    return count == 0 || count == -ECONNRESET;
}

#endif
