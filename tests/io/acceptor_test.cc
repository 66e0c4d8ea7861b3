// At stake: the limit holds and holds nobody up for longer than it must; what
// cannot be served is given back, and a listener that fails says so.
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

class AcceptorTest : public ::testing::Test
{
  protected:
    ~AcceptorTest() override
    {
        rv_fault_disarm();
    }
};

TEST_F(AcceptorTest, NoMoreThanTheLimitAreServedAtOnce)
{
    RunTasks(2, [] {
        std::atomic<int> served{0};
        std::atomic<int> most{0};
        Service service(
            [&](rove_connection *connection) {
                int now = ++served;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                int64_t result = Echo(connection);
                served--;
                return result;
            },
            2, true);
        std::vector<int> clients;
        for (int i = 0; i < 8; i++) {
            clients.push_back(service.Connect());
        }
        EXPECT_TRUE(YieldUntil(
            [&] { return served == 2 && service.Stats().limited > 0; }));
        // Two are served, one a listener waits, the rest was not accepted.
        EXPECT_LE(service.Stats().current, 4u);
        for (int client : clients) {
            EXPECT_EQ(rove_shutdown(client, SHUT_WR), 0);
        }
        for (int client : clients) {
            EXPECT_TRUE(IsOver(client));
            EXPECT_EQ(rove_close(client), 0);
        }
        EXPECT_TRUE(service.AwaitCurrent(0));
        EXPECT_EQ(service.Stats().accepted, 8u);
        EXPECT_EQ(service.Stats().refused, 0u);
        EXPECT_EQ(most, 2);
    });
}

TEST_F(AcceptorTest, DrainingRefusesWhatWaitsForTheLimit)
{
    RunTasks(1, [] {
        Service service(Echo, 1);
        int first = service.Connect();
        EXPECT_TRUE(Ask(first));
        int second = service.Connect();
        EXPECT_TRUE(YieldUntil([&] { return service.Stats().limited == 1; }));
        rove_server_drain(service.server, ROVE_FOREVER);
        EXPECT_TRUE(IsOver(second));
        EXPECT_TRUE(IsOver(first));
        EXPECT_EQ(service.Result(), 0);
        EXPECT_EQ(service.Stats().refused, 1u);
        EXPECT_EQ(service.Stats().current, 0u);
        EXPECT_EQ(rove_close(first), 0);
        EXPECT_EQ(rove_close(second), 0);
    });
}

TEST_F(AcceptorTest, ConnectionThatCannotBeServedIsRefusedAlone)
{
    RunTasks(1, [] {
        Service service(Echo, 1); // its place is given back
        EXPECT_TRUE(YieldUntil([&] {
            return HasWaiters(service.server->acceptors->listener,
                              RV_SIDE_READ);
        }));
        rv_fault_arm("rv_mem_zalloc", 1, ENOMEM);
        int refused = service.Connect();
        EXPECT_TRUE(IsOver(refused));
        EXPECT_EQ(rove_close(refused), 0);
        EXPECT_EQ(service.Stats().refused, 1u);
        int served = service.Connect();
        EXPECT_TRUE(Ask(served));
        EXPECT_EQ(rove_close(served), 0);
    });
}

TEST_F(AcceptorTest, NumberThatIsNotServedIsRefusedAlone)
{
    RunTasks(1, [] {
        Service service(Echo);
        int refused;
        {
            NumbersTaken taken;
            taken.GiveOneBack();
            rv_fault_arm("rv_pollable_open", 1, EMFILE);
            refused = service.Connect();
            EXPECT_TRUE(IsOver(refused));
        }
        EXPECT_EQ(service.Stats().refused, 1u);
        int served = service.Connect();
        EXPECT_TRUE(Ask(served));
        EXPECT_EQ(rove_close(refused), 0);
        EXPECT_EQ(rove_close(served), 0);
    });
}

int64_t FillTheRuntime(void *)
{
    static constexpr int kClients = 30;
    Service service(Echo);
    EXPECT_TRUE(service.AwaitCurrent(0));
    int served = service.Connect();
    EXPECT_TRUE(Ask(served));
    rove_event is_over = ROVE_EVENT_INIT;
    std::vector<rove_task *> tasks;
    auto wait = [](void *event) -> int64_t {
        return rove_event_wait(static_cast<rove_event *>(event));
    };
    for (rove_task *task; (task = rove_spawn(wait, &is_over)) != nullptr;) {
        tasks.push_back(task);
    }
    EXPECT_EQ(rove_join(nullptr), -EAGAIN);
    std::vector<int> clients;
    for (int i = 0; i < kClients; i++) {
        clients.push_back(service.Connect());
    }
    EXPECT_TRUE(IsOver(clients.front()));
    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(rove_yield(), 0);
    }
    EXPECT_LT(service.Stats().refused, static_cast<uint64_t>(kClients));
    EXPECT_TRUE(Ask(served));
    rove_event_set(&is_over);
    for (rove_task *task : tasks) {
        EXPECT_EQ(rove_join(task), 0);
    }
    clients.push_back(service.Connect()); // behind those left to the kernel
    EXPECT_TRUE(Ask(clients.back()));
    rove_server_stats stats = service.Stats();
    EXPECT_EQ(stats.current + stats.refused, 1u + clients.size());
    for (int client : clients) {
        EXPECT_EQ(rove_close(client), 0);
    }
    EXPECT_EQ(rove_close(served), 0);
    EXPECT_TRUE(service.AwaitCurrent(0));
    return 0;
}

TEST_F(AcceptorTest, TooManyTasksRefuseSomeAndLeaveTheOthersToTheKernel)
{
    rove_options options;
    rove_options_init(&options);
    options.workers = 1;
    options.tasks_max = 100;
    options.stack_size = 256 * 1024;
    int fds = CountFds();
    EXPECT_EQ(rove_run(&options, FillTheRuntime, nullptr), 0);
    EXPECT_EQ(CountFds(), fds);
}

TEST_F(AcceptorTest, ConnectionWithoutAStackIsRefusedAlone)
{
    RunTasks(1, [] {
        int fds = CountFds();
        {
            Service service(Echo);
            std::vector<int> clients;
            rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
            while (service.Stats().refused == 0 && clients.size() < 100) {
                clients.push_back(service.Connect());
                EXPECT_TRUE(YieldUntil([&] {
                    return service.Stats().accepted == clients.size();
                }));
            }
            rv_fault_disarm();
            EXPECT_EQ(service.Stats().refused, 1u);
            EXPECT_EQ(service.Stats().current, clients.size() - 1);
            for (int client : clients) {
                EXPECT_EQ(rove_close(client), 0);
            }
            int served = service.Connect();
            EXPECT_TRUE(Ask(served));
            EXPECT_EQ(rove_close(served), 0);
        }
        EXPECT_EQ(CountFds(), fds);
    });
}

TEST_F(AcceptorTest, ShortageOfDescriptorsEndsNothing)
{
    RunTasks(1, [] {
        Service service(Echo);
        rv_fault_arm("rv_fd_accept", 1, EMFILE);
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        EXPECT_GE(rv_fault_calls("rv_fd_accept"), 2u);
        EXPECT_EQ(rove_close(client), 0);
    });
}

TEST_F(AcceptorTest, ListenerThatFailsIsReportedWhenItsConnectionsHaveEnded)
{
    RunTasks(1, [] {
        Service service(Echo);
        int client = service.Connect();
        EXPECT_TRUE(Ask(client));
        rv_fault_arm("rv_fd_accept", 1, EINVAL);
        int late = service.Connect();
        EXPECT_TRUE(IsOver(late));
        rv_fault_disarm();
        EXPECT_TRUE(Ask(client));
        EXPECT_EQ(rove_close(client), 0);
        EXPECT_EQ(rove_close(late), 0);
        EXPECT_EQ(service.Result(), -EINVAL);
    });
}

} // namespace
