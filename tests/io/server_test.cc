// At stake: a server that is told to end does, when it was told to: idle
// connections at once, busy ones when they are done, the rest at the deadline;
// nothing is left behind.
extern "C" {
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "tests/io/service.h"

#include "gtest/gtest.h"

namespace
{

class ServerTest : public ::testing::Test
{
  protected:
    ~ServerTest() override
    {
        rv_fault_disarm();
    }
};

TEST_F(ServerTest, ServesConnectionsSideBySide)
{
    RunTasks(2, [] {
        int fds = CountFds();
        {
            Service service(Echo);
            std::vector<int> clients;
            for (int i = 0; i < 5; i++) {
                clients.push_back(service.Connect());
            }
            for (int round = 0; round < 3; round++) {
                for (int client : clients) {
                    EXPECT_TRUE(Ask(client));
                }
            }
            EXPECT_EQ(service.Stats().current, 5u);
            for (int client : clients) {
                EXPECT_EQ(rove_close(client), 0);
            }
            EXPECT_TRUE(service.AwaitCurrent(0));
            EXPECT_EQ(service.Stats().accepted, 5u);
            EXPECT_EQ(service.Stats().failed, 0u);
        }
        EXPECT_EQ(CountFds(), fds);
    });
}

TEST_F(ServerTest, EachWorkerListensAtTheSamePort)
{
    for (rove_design design : {ROVE_STEALING, ROVE_SHARDED}) {
        RunTasks(
            2,
            [] {
                Service service(Echo, 0, true);
                EXPECT_EQ(service.server->count, 2u);
                for (int i = 0; i < 20; i++) {
                    int client = service.Connect();
                    EXPECT_TRUE(Ask(client));
                    EXPECT_EQ(rove_close(client), 0);
                }
                EXPECT_TRUE(service.AwaitCurrent(0));
                EXPECT_EQ(service.Stats().accepted, 20u);
            },
            design);
    }
}

TEST_F(ServerTest, UnixSocketHasOneListener)
{
    RunTasks(2, [] {
        rove_server *server = rove_server_new(
            nullptr,
            [](rove_connection *connection, void *) {
                return Echo(connection);
            },
            nullptr);
        EXPECT_EQ(rove_server_listen(server, "unix:@rove_server_test", nullptr),
                  0);
        EXPECT_EQ(server->count, 1u);
        Task running([&] { EXPECT_EQ(rove_server_run(server), 0); });
        int client = rove_unix_connect("@rove_server_test");
        EXPECT_TRUE(Ask(client));
        EXPECT_EQ(rove_close(client), 0);
        rove_server_drain(server, ROVE_FOREVER);
        running.Join();
        rove_server_free(server);
    });
}

TEST_F(ServerTest, DrainingEndsIdleConnectionsAndAwaitsBusyOnes)
{
    RunTasks(2, [] {
        rove_event is_done = ROVE_EVENT_INIT;
        std::atomic<bool> is_busy{false};
        Service service([&](rove_connection *connection) -> int64_t {
            char byte;
            if (rove_read(rove_connection_fd(connection), &byte, 1) == 1 &&
                byte == 'b') {
                is_busy = true;
                EXPECT_EQ(rove_event_wait(&is_done), 0);
                EXPECT_TRUE(rove_connection_is_draining(connection));
                return rove_write(rove_connection_fd(connection), "b", 1);
            }
            return Echo(connection);
        });
        int idle = service.Connect();
        int busy = service.Connect();
        EXPECT_EQ(rove_write(idle, "-", 1), 1);
        EXPECT_TRUE(Ask(idle));
        EXPECT_EQ(rove_write(busy, "b", 1), 1);
        EXPECT_TRUE(YieldUntil([&] { return is_busy.load(); }));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_TRUE(IsOver(idle));
        EXPECT_TRUE(service.AwaitCurrent(1));
        EXPECT_TRUE(YieldUntil([&] {
            int late = service.Connect();
            return late == -ECONNREFUSED || rove_close(late) != 0;
        }));
        rove_event_set(&is_done);
        char byte = 0;
        EXPECT_EQ(rove_read(busy, &byte, 1), 1);
        EXPECT_TRUE(IsOver(busy));
        EXPECT_EQ(service.Result(), 0);
        EXPECT_EQ(rove_close(idle), 0);
        EXPECT_EQ(rove_close(busy), 0);
    });
}

// Reads without being idle, until it is cancelled.
int64_t Stubborn(rove_connection *connection)
{
    char byte;
    return rove_read(rove_connection_fd(connection), &byte, 1);
}

TEST_F(ServerTest, DeadlineOfDrainingCancelsTheRest)
{
    RunTasks(2, [] {
        Service service(Stubborn);
        int client = service.Connect();
        EXPECT_TRUE(service.AwaitCurrent(1));
        rove_server_drain(service.server, ROVE_FOREVER);
        rove_server_drain(service.server, rove_now() + ROVE_MS);
        rove_server_drain(service.server, ROVE_FOREVER); // is no earlier one
        EXPECT_EQ(service.Result(), -ETIMEDOUT);
        EXPECT_EQ(service.Stats().current, 0u);
        EXPECT_EQ(service.Stats().failed, 0u);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST_F(ServerTest, DeadlineThatCutsNobodyIsNone)
{
    RunTasks(2, [] {
        Service service(Echo);
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_TRUE(service.AwaitCurrent(0));
        rove_server_drain(service.server, rove_now());
        EXPECT_EQ(service.Result(), 0);
    });
}

TEST_F(ServerTest, CancelledServerCancelsItsConnections)
{
    RunTasks(2, [] {
        Service service(Stubborn, 0, true);
        int client = service.Connect();
        EXPECT_TRUE(service.AwaitCurrent(1));
        service.Cancel();
        EXPECT_EQ(service.Result(), -ECANCELED);
        EXPECT_EQ(service.Stats().current, 0u);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST_F(ServerTest, WhoDrainsIsWaitedFor)
{
    RunTasks(1, [] {
        Service service(Echo);
        EXPECT_TRUE(service.AwaitCurrent(0));
        rv_acceptor *acceptor = service.server->acceptors;
        rv_lock_acquire(&acceptor->lock); // keeps it at its work
        std::thread drainer(
            [&] { rove_server_drain(service.server, ROVE_FOREVER); });
        EXPECT_TRUE(YieldUntil([&] { return acceptor->result == 0; }));
        for (int i = 0; i < 100; i++) {
            EXPECT_EQ(rove_yield(), 0);
        }
        EXPECT_TRUE(service.server->is_running);
        rv_lock_release(&acceptor->lock);
        EXPECT_EQ(service.Result(), 0);
        EXPECT_FALSE(service.server->is_running);
        drainer.join();
    });
}

TEST_F(ServerTest, DrainedBeforeItRunsItAcceptsNothing)
{
    RunTasks(1, [] {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        rove_server *server = rove_server_new(
            nullptr, [](rove_connection *, void *) -> int64_t { return 0; },
            nullptr);
        EXPECT_EQ(rove_server_add(server, listener), 0);
        int client = rove_tcp_connect(
            nullptr, static_cast<uint16_t>(rove_local_port(listener)));
        rove_server_drain(server, ROVE_FOREVER);
        EXPECT_EQ(rove_server_run(server), 0);
        rove_server_stats stats = {};
        EXPECT_EQ(rove_server_get_stats(server, &stats), -EINVAL);
        stats.size = sizeof stats;
        EXPECT_EQ(rove_server_get_stats(server, &stats), 0);
        EXPECT_EQ(stats.accepted, 0u);
        EXPECT_TRUE(IsOver(client));
        EXPECT_EQ(rove_close(client), 0);
        rove_server_free(server);
    });
}

TEST_F(ServerTest, ServerThatNeverRanClosesItsListeners)
{
    RunTasks(2, [] {
        int fds = CountFds();
        rove_server *server = rove_server_new(
            nullptr, [](rove_connection *, void *) -> int64_t { return 0; },
            nullptr);
        EXPECT_GT(rove_server_listen(server, "127.0.0.1:0", nullptr), 0);
        EXPECT_GT(CountFds(), fds);
        rove_server_free(server);
        EXPECT_EQ(CountFds(), fds);
        rove_server_free(nullptr);
    });
}

TEST_F(ServerTest, ListeningAddsAllOrNothing)
{
    RunTasks(2, [] {
        int fds = CountFds();
        rove_server *server = rove_server_new(
            nullptr, [](rove_connection *, void *) -> int64_t { return 0; },
            nullptr);
        EXPECT_EQ(rove_server_listen(server, "nowhere", nullptr), -EINVAL);
        rv_fault_arm("rv_fd_listen", 2, EADDRINUSE);
        EXPECT_EQ(rove_server_listen(server, "127.0.0.1:0", nullptr),
                  -EADDRINUSE);
        rv_fault_arm("rv_mem_zalloc", 2, ENOMEM);
        EXPECT_EQ(rove_server_listen(server, "127.0.0.1:0", nullptr), -ENOMEM);
        rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
        EXPECT_EQ(rove_server_add(server, 0), -ENOMEM);
        EXPECT_EQ(rove_server_add(server, RV_POLLABLE_MAX), -EMFILE);
        EXPECT_EQ(server->count, 0u);
        EXPECT_EQ(CountFds(), fds);
        rove_server_free(server);
    });
}

TEST_F(ServerTest, ServerThatCannotStartSaysWhy)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = 2;
    options.tasks_max = 2;
    options.stack_size = 256 * 1024;
    int64_t result = rove_run(
        &options,
        [](void *) -> int64_t {
            rove_server *server = rove_server_new(
                nullptr, [](rove_connection *, void *) -> int64_t { return 0; },
                nullptr);
            EXPECT_GT(rove_server_listen(server, "127.0.0.1:0", nullptr), 0);
            rv_fault_arm("rv_mem_alloc", 1, ENOMEM); // and tries again
            EXPECT_EQ(rove_server_run(server), -ENOMEM);
            // The second accepting task would be the third of all.
            EXPECT_EQ(rove_server_run(server), -EAGAIN);
            rove_server_free(server);
            return 0;
        },
        nullptr);
    EXPECT_EQ(result, 0);
}

TEST_F(ServerTest, BadOptionsAndNoMemoryMakeNoServer)
{
    rove_server_options options;
    rove_server_options_init(&options);
    options.size = 4;
    auto handler = [](rove_connection *, void *) -> int64_t { return 0; };
    EXPECT_EQ(rove_server_new(&options, handler, nullptr), nullptr);
    rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
    EXPECT_EQ(rove_server_new(nullptr, handler, nullptr), nullptr);
}

// Connections that are idle, about to be, or just were, when draining begins.
TEST_F(ServerTest, DrainingMissesNoConnection)
{
    RunTasks(2, [] {
        for (int round = 0; round < 30; round++) {
            Service service(Echo, 0, round % 2 == 0);
            Task clients[] = {
                Task([&] {
                    int client = service.Connect();
                    while (client >= 0 && Ask(client)) {
                    }
                    EXPECT_TRUE(client < 0 || rove_close(client) == 0);
                }),
                Task([&] {
                    for (int client; (client = service.Connect()) >= 0;) {
                        (void)Ask(client);
                        EXPECT_EQ(rove_close(client), 0);
                    }
                }),
            };
            EXPECT_TRUE(YieldUntil([&] {
                return service.Stats().accepted >=
                       static_cast<uint64_t>(round % 7);
            }));
            rove_server_drain(service.server, ROVE_FOREVER);
            EXPECT_EQ(service.Result(), 0);
        }
    });
}

TEST(ServerDeathTest, ServerWithoutListenersDoesNotRun)
{
    rove_server *server = rove_server_new(
        nullptr, [](rove_connection *, void *) -> int64_t { return 0; },
        nullptr);
    EXPECT_DEATH(EXPECT_EQ(rove_server_run(server), 0), "has no listener");
    rove_server_free(server);
}

} // namespace
