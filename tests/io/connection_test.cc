// At stake: what a handler is told while it is idle is true, and what it does
// with its connection concerns no other.
#include <atomic>
#include <cerrno>
#include <string>
#include <vector>

#include "tests/io/service.h"

#include "gtest/gtest.h"

namespace
{

// Waits for a byte, idle; what idle_end said.
int ReadIdle(rove_connection *connection, rove_time deadline)
{
    char byte;
    rove_connection_idle_begin(connection, deadline);
    ssize_t count = rove_read(rove_connection_fd(connection), &byte, 1);
    int status = rove_connection_idle_end(connection);
    EXPECT_EQ(count, status == 0 ? 1 : -ECANCELED);
    return status;
}

TEST(ConnectionTest, IdleWaitSaysWhatEndedIt)
{
    RunTasks(2, [] {
        std::atomic<int> step{0};
        Service service([&](rove_connection *connection) -> int64_t {
            EXPECT_EQ(ReadIdle(connection, ROVE_FOREVER), 0);
            EXPECT_EQ(ReadIdle(connection, rove_now() + ROVE_MS), -ETIMEDOUT);
            EXPECT_FALSE(rove_connection_is_draining(connection));
            step++;
            EXPECT_EQ(ReadIdle(connection, ROVE_FOREVER), -ESHUTDOWN);
            EXPECT_TRUE(rove_connection_is_draining(connection));
            EXPECT_EQ(ReadIdle(connection, ROVE_FOREVER), -ESHUTDOWN);
            char byte; // what is not idle goes on
            EXPECT_EQ(rove_read(rove_connection_fd(connection), &byte, 1), 1);
            step++;
            EXPECT_EQ(rove_read(rove_connection_fd(connection), &byte, 1),
                      -ECANCELED);
            EXPECT_EQ(ReadIdle(connection, ROVE_FOREVER), -ESHUTDOWN);
            return 0;
        });
        int client = service.Connect();
        EXPECT_EQ(rove_write(client, "x", 1), 1);
        EXPECT_TRUE(YieldUntil([&] { return step == 1; }));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_EQ(rove_write(client, "y", 1), 1);
        EXPECT_TRUE(YieldUntil([&] { return step == 2; }));
        rove_server_drain(service.server, rove_now());
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(service.Result(), -ETIMEDOUT);
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST(ConnectionTest, CancelledOneIsNotToldOfDraining)
{
    RunTasks(1, [] {
        Service service([&](rove_connection *connection) -> int64_t {
            EXPECT_EQ(ReadIdle(connection, ROVE_FOREVER), -ECANCELED);
            return 0;
        });
        int client = service.Connect();
        EXPECT_TRUE(service.AwaitCurrent(1));
        service.Cancel();
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
    });
}

// More than are told at once.
TEST(ConnectionTest, AllIdleOnesAreWoken)
{
    RunTasks(2, [] {
        Service service(Echo);
        std::vector<int> clients;
        for (int i = 0; i < 100; i++) {
            clients.push_back(service.Connect());
            EXPECT_TRUE(Ask(clients.back()));
        }
        rove_server_drain(service.server, ROVE_FOREVER);
        for (int client : clients) {
            EXPECT_TRUE(IsOver(client));
            EXPECT_EQ(rove_close(client), 0);
        }
        EXPECT_EQ(service.Result(), 0);
    });
}

TEST(ConnectionTest, DrainingCanBeSelected)
{
    RunTasks(1, [] {
        Service service([&](rove_connection *connection) -> int64_t {
            rove_server *server = rove_connection_server(connection);
            rove_case cases[] = {
                rove_on_event(rove_server_draining(server)),
                rove_on_fd(rove_connection_fd(connection), POLLIN),
            };
            EXPECT_EQ(rove_select(cases, 2, 0), 0);
            return 0;
        });
        int client = service.Connect();
        EXPECT_TRUE(service.AwaitCurrent(1));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST(ConnectionTest, FailureOfAHandlerConcernsItsConnectionOnly)
{
    RunTasks(1, [] {
        Service service([&](rove_connection *connection) -> int64_t {
            char byte = 0;
            int fd = rove_connection_fd(connection);
            EXPECT_EQ(rove_recv(fd, &byte, 1, MSG_PEEK), 1);
            return byte == 'f' ? -EPROTO : Echo(connection);
        });
        int good = service.Connect();
        int bad = service.Connect();
        EXPECT_TRUE(Ask(good));
        EXPECT_EQ(rove_write(bad, "f", 1), 1);
        EXPECT_TRUE(IsOver(bad));
        EXPECT_TRUE(Ask(good));
        EXPECT_TRUE(service.AwaitCurrent(1));
        EXPECT_EQ(service.Stats().failed, 1u);
        EXPECT_EQ(rove_close(good), 0);
        EXPECT_EQ(rove_close(bad), 0);
        EXPECT_TRUE(service.AwaitCurrent(0));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_EQ(service.Result(), 0);
    });
}

TEST(ConnectionTest, TakenDescriptorOutlivesTheHandler)
{
    RunTasks(1, [] {
        std::atomic<int> taken{-1};
        Service service([&](rove_connection *connection) -> int64_t {
            taken = rove_connection_take_fd(connection);
            return rove_connection_fd(connection) == -1 ? 0 : -EINVAL;
        });
        int client = service.Connect();
        EXPECT_TRUE(YieldUntil([&] { return taken >= 0; }));
        EXPECT_TRUE(service.AwaitCurrent(0));
        EXPECT_EQ(service.Stats().failed, 0u);
        EXPECT_EQ(rove_write(taken, "x", 1), 1);
        char byte;
        EXPECT_EQ(rove_read(client, &byte, 1), 1);
        EXPECT_EQ(rove_close(taken), 0);
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST(ConnectionDeathTest, IdleIsBegunAndEndedInTurn)
{
    const Handler wrong[] = {
        [](rove_connection *connection) -> int64_t {
            return rove_connection_idle_end(connection);
        },
        [](rove_connection *connection) -> int64_t {
            rove_connection_idle_begin(connection, ROVE_FOREVER);
            rove_connection_idle_begin(connection, ROVE_FOREVER);
            return 0;
        },
        [](rove_connection *connection) -> int64_t {
            rove_connection_idle_begin(connection, ROVE_FOREVER);
            return 0;
        },
    };
    for (const Handler &handler : wrong) {
        EXPECT_DEATH(RunTasks(1,
                              [&] {
                                  Service service(handler);
                                  EXPECT_TRUE(IsOver(service.Connect()));
                              }),
                     "idle");
    }
}

// Answers a line with itself, kept for writing; "end" ends it well, "fail" not.
int64_t EchoLine(rove_connection *connection)
{
    rove_stream *stream = rove_connection_stream(connection, nullptr);
    EXPECT_NE(stream, nullptr);
    EXPECT_EQ(rove_connection_stream(connection, nullptr), stream);
    const char *line;
    ssize_t size = rove_stream_read_until(stream, "\n", 1, 100, &line);
    std::string text(line, size > 0 ? static_cast<size_t>(size) : 0);
    EXPECT_EQ(rove_stream_write(stream, text.data(), text.size()), size);
    return text == "fail\n" ? -EPROTO : 0;
}

TEST(ConnectionTest, StreamOfAConnectionIsFlushedUnlessItsHandlerFails)
{
    RunTasks(2, [] {
        int fds = CountFds();
        {
            Service service(EchoLine);
            int client = service.Connect();
            EXPECT_EQ(rove_write(client, "word\n", 5), 5);
            char back[5];
            EXPECT_EQ(rove_read_exact(client, back, 5, nullptr), 5);
            EXPECT_TRUE(IsOver(client));
            EXPECT_EQ(rove_close(client), 0);
            EXPECT_TRUE(service.AwaitCurrent(0));
            EXPECT_EQ(service.Stats().failed, 0u);
            client = service.Connect();
            EXPECT_EQ(rove_write(client, "fail\n", 5), 5);
            EXPECT_TRUE(IsOver(client));
            EXPECT_EQ(rove_close(client), 0);
            EXPECT_TRUE(service.AwaitCurrent(0));
            EXPECT_EQ(service.Stats().failed, 1u);
        }
        EXPECT_EQ(CountFds(), fds);
    });
}

TEST(ConnectionTest, StreamThatCannotBeFlushedIsAFailure)
{
    RunTasks(1, [] {
        Service service([](rove_connection *connection) -> int64_t {
            rove_stream_options options;
            rove_stream_options_init(&options);
            options.size = 1;
            EXPECT_EQ(rove_connection_stream(connection, &options), nullptr);
            rove_stream *stream = rove_connection_stream(connection, nullptr);
            EXPECT_EQ(rove_stream_write(stream, "a", 1), 1);
            return rove_shutdown(rove_connection_fd(connection), SHUT_WR);
        });
        int client = service.Connect();
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_TRUE(service.AwaitCurrent(0));
        EXPECT_EQ(service.Stats().failed, 1u);
    });
}

} // namespace
