// At stake: a connection that rests is served, counted and ended like any
// other, and its handler is told why it is called.
extern "C" {
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <vector>

#include "tests/io/service.h"

#include "gtest/gtest.h"

namespace
{

// Answers one byte with itself, and rests until the next one comes. What ended
// the last rest is stored.
int64_t EchoOne(rove_connection *connection, std::atomic<int> *ended,
                rove_time deadline = ROVE_FOREVER)
{
    void *state;
    int rested = rove_connection_rested(connection, &state);
    EXPECT_TRUE(state == nullptr || state == connection);
    if (state != nullptr) {
        int fd = rove_connection_fd(connection);
        char byte;
        if (rested == 0 && rove_read(fd, &byte, 1) == 1) {
            EXPECT_EQ(rove_write(fd, &byte, 1), 1);
        } else {
            *ended = rested;
            return 0;
        }
    } else {
        EXPECT_EQ(rested, 0);
    }
    rove_connection_rest(connection, deadline, connection);
    return -EPROTO; // of no account
}

TEST(RestTest, RestingOneIsServedWithinTheLimit)
{
    for (rove_design design : {ROVE_STEALING, ROVE_SHARDED}) {
        RunTasks(
            2,
            [] {
                std::atomic<int> ended{1};
                int fds = CountFds();
                {
                    Service service(
                        [&](rove_connection *connection) {
                            return EchoOne(connection, &ended);
                        },
                        2, true);
                    int first = service.Connect();
                    int other = service.Connect();
                    for (int i = 0; i < 20; i++) {
                        EXPECT_TRUE(Ask(first));
                        EXPECT_TRUE(Ask(other));
                    }
                    int third = service.Connect();
                    EXPECT_EQ(rove_write(third, "a", 1), 1);
                    EXPECT_TRUE(Ask(first));
                    EXPECT_EQ(rove_close(first), 0);
                    char byte;
                    EXPECT_EQ(rove_read(third, &byte, 1), 1);
                    EXPECT_EQ(ended, 0);
                    EXPECT_EQ(rove_close(third), 0);
                    EXPECT_EQ(rove_close(other), 0);
                    EXPECT_TRUE(service.AwaitCurrent(0));
                    EXPECT_EQ(service.Stats().accepted, 3u);
                    EXPECT_EQ(service.Stats().failed, 0u);
                }
                EXPECT_EQ(CountFds(), fds);
            },
            design);
    }
}

TEST(RestTest, RestSaysWhatEndedIt)
{
    RunTasks(2, [] {
        std::atomic<int> ended{1};
        rove_time deadline = ROVE_FOREVER;
        Service service([&](rove_connection *connection) {
            return EchoOne(connection, &ended, deadline);
        });
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(service.Result(), 0);
        EXPECT_EQ(ended, -ESHUTDOWN);
        EXPECT_EQ(rove_close(client), 0);

        Service cancelled([&](rove_connection *connection) {
            return EchoOne(connection, &ended, deadline);
        });
        client = cancelled.Connect();
        EXPECT_TRUE(Ask(client));
        cancelled.Cancel();
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(cancelled.Result(), -ECANCELED);
        EXPECT_EQ(ended, -ECANCELED);
        EXPECT_EQ(rove_close(client), 0);

        deadline = rove_now(); // has passed: what has come counts before it
        Service late([&](rove_connection *connection) {
            return EchoOne(connection, &ended, deadline);
        });
        client = late.Connect();
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(ended, -ETIMEDOUT);
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_TRUE(late.AwaitCurrent(0));
        EXPECT_EQ(late.Stats().failed, 0u);
    });
}

TEST(RestTest, BytesThatHaveComeEndARestAtOnce)
{
    RunTasks(1, [] {
        std::atomic<int> ended{1};
        int calls = 0;
        Service service([&](rove_connection *connection) -> int64_t {
            if (calls++ == 0) { // both bytes are there when it rests
                EXPECT_GT(rove_poll(rove_connection_fd(connection), POLLIN), 0);
            }
            return EchoOne(connection, &ended, rove_now());
        });
        int client = service.Connect();
        EXPECT_EQ(rove_write(client, "ab", 2), 2);
        char bytes[2];
        EXPECT_EQ(rove_read_exact(client, bytes, 2, nullptr), 2);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(ended, -ETIMEDOUT);
        EXPECT_EQ(calls, 4);
        EXPECT_EQ(rove_close(client), 0);
    });
}

// Resting, about to, or just woken, when draining begins.
TEST(RestTest, DrainingMissesNoRest)
{
    RunTasks(2, [] {
        for (int round = 0; round < 30; round++) {
            std::atomic<int> ended{0};
            Service service(
                [&](rove_connection *connection) {
                    return rove_connection_is_draining(connection)
                               ? 0
                               : EchoOne(connection, &ended,
                                         rove_now() + 60 * ROVE_SEC);
                },
                0, round % 2 == 0);
            std::atomic<int> asked{0};
            Task asking([&] {
                int client = service.Connect();
                while (client >= 0 && Ask(client)) {
                    asked++;
                }
                EXPECT_TRUE(client < 0 || rove_close(client) == 0);
            });
            int idle = service.Connect();
            EXPECT_TRUE(Ask(idle));
            EXPECT_TRUE(YieldUntil([&] { return asked >= round % 7; }));
            rove_server_drain(service.server, ROVE_FOREVER);
            EXPECT_EQ(service.Result(), 0);
            EXPECT_TRUE(IsOver(idle));
            EXPECT_EQ(rove_close(idle), 0);
        }
    });
}

TEST(RestTest, WithoutMemoryItRestsOnItsStack)
{
    RunTasks(1, [] {
        std::atomic<int> ended{1};
        const char *fault = nullptr;
        Service service([&](rove_connection *connection) {
            int64_t result = EchoOne(connection, &ended);
            if (fault != nullptr) {
                rv_fault_arm(fault, 1, ENOMEM);
            }
            return result;
        });
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        for (const char *each : {"rv_mem_zalloc", "rv_mem_alloc"}) {
            fault = each;
            EXPECT_TRUE(Ask(client));
            EXPECT_TRUE(YieldUntil([&] { return rv_fault_calls(each) != 0; }));
            fault = nullptr;
            rv_fault_disarm();
            EXPECT_TRUE(Ask(client));
        }
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_TRUE(service.AwaitCurrent(0));
        EXPECT_EQ(ended, 0);
    });
}

// All stacks there are have been given to tasks that wait, and a connection
// wakes.
TEST(RestTest, OneThatHasNoStackToWakeWithEndsAlone)
{
    RunTasks(1, [] {
        int fds = CountFds();
        {
            std::atomic<int> ended{1};
            Service service(
                [&](rove_connection *connection) {
                    return EchoOne(connection, &ended);
                },
                2);
            int lost = service.Connect();
            EXPECT_TRUE(Ask(lost));
            rove_event over = ROVE_EVENT_INIT;
            std::vector<rove_task *> holders;
            rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
            size_t refused = 0;
            while (refused == 0 && holders.size() < 20000) {
                holders.push_back(rove_spawn(
                    [](void *event) -> int64_t {
                        return rove_event_wait(
                            static_cast<rove_event *>(event));
                    },
                    &over));
                rove_case ends[] = {rove_on_task(holders.back()),
                                    rove_on_time(rove_now() + ROVE_MS)};
                refused = rove_select(ends, 2, 0) == 0;
            }
            EXPECT_EQ(refused, 1u);
            EXPECT_EQ(rove_write(lost, "a", 1), 1);
            EXPECT_TRUE(IsOver(lost));
            rv_fault_disarm();
            rove_event_set(&over);
            (void)rove_gather(holders.data(), holders.size(), nullptr,
                              ROVE_COLLECT);
            EXPECT_EQ(ended, 1);
            int others[] = {service.Connect(), service.Connect()};
            for (int other : others) { // its place is free again
                EXPECT_TRUE(Ask(other));
            }
            EXPECT_EQ(ended, -ENOMEM);
            EXPECT_EQ(service.Stats().current, 2u);
            EXPECT_EQ(service.Stats().failed, 1u);
            for (int fd : {lost, others[0], others[1]}) {
                EXPECT_EQ(rove_close(fd), 0);
            }
        }
        EXPECT_EQ(CountFds(), fds);
    });
}

TEST(RestTest, StreamStaysAndIsFlushedBeforeARest)
{
    RunTasks(2, [] {
        std::atomic<int> ended{0};
        Service service([&](rove_connection *connection) -> int64_t {
            void *before;
            int rested = rove_connection_rested(connection, &before);
            rove_stream *stream = rove_connection_stream(connection, nullptr);
            EXPECT_TRUE(before == nullptr || before == stream);
            if (rested != 0) {
                ended = rested;
                return 0;
            }
            char byte;
            if (rove_stream_read(stream, &byte, 1) == 1) {
                EXPECT_EQ(rove_stream_write(stream, &byte, 1), 1);
                if (byte == 'x') {
                    int fd = rove_connection_fd(connection);
                    EXPECT_EQ(rove_shutdown(fd, SHUT_WR), 0);
                }
                rove_connection_rest(connection, ROVE_FOREVER, stream);
            }
            return 0;
        });
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        EXPECT_TRUE(Ask(client));
        EXPECT_EQ(rove_write(client, "x", 1), 1);
        EXPECT_TRUE(IsOver(client));
        EXPECT_TRUE(service.AwaitCurrent(0));
        EXPECT_EQ(ended, -EPIPE);
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST(RestDeathTest, ConnectionWithoutItsDescriptorDoesNotRest)
{
    EXPECT_DEATH(RunTasks(1,
                          [] {
                              Service service(
                                  [](rove_connection *connection) -> int64_t {
                                      (void)rove_connection_take_fd(connection);
                                      rove_connection_rest(
                                          connection, ROVE_FOREVER, nullptr);
                                      return 0;
                                  });
                              EXPECT_TRUE(IsOver(service.Connect()));
                          }),
                 "taken");
}

} // namespace
