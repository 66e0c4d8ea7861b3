// At stake: a listener goes on listening whatever happens to single connections
// and however short of descriptors the process is, and costs nothing meanwhile.
extern "C" {
#include "tests/support/fault.h"
}

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

class AcceptTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

struct Listener {
    Listener()
    {
        fd = rove_tcp_listen(nullptr, 0, nullptr);
        EXPECT_GE(fd, 0);
        port = static_cast<uint16_t>(rove_local_port(fd));
    }

    ~Listener()
    {
        if (fd >= 0) {
            EXPECT_EQ(rove_close(fd), 0);
        }
    }

    int Connect() const
    {
        return rove_tcp_connect(nullptr, port);
    }

    int fd;
    uint16_t port;
};

void Close(int fd)
{
    EXPECT_GE(fd, 0);
    EXPECT_EQ(rove_close(fd), 0);
}

TEST_F(AcceptTest, AcceptedConnectionIsNonblockingAndCloseOnExec)
{
    RunTasks(1, [] {
        Listener listener;
        int client = listener.Connect();
        struct sockaddr_in from = {};
        socklen_t length = sizeof(from);
        int fd = rove_accept(listener.fd, reinterpret_cast<sockaddr *>(&from),
                             &length);
        EXPECT_EQ(ntohs(from.sin_port), rove_local_port(client));
        EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
        EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        Close(fd);
        Close(client);
    });
}

TEST_F(AcceptTest, AcceptersShareTheConnections)
{
    RunTasks(2, [] {
        constexpr int accepters = 4;
        constexpr int connections = 200;
        Listener listener;
        std::atomic<int> accepted{0};
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < accepters; i++) {
            tasks.push_back(std::make_unique<Task>([&] {
                int fd;
                while ((fd = rove_accept(listener.fd, nullptr, nullptr)) >= 0) {
                    accepted++;
                    Close(fd);
                }
                EXPECT_EQ(fd, -EBADF);
            }));
        }
        for (int i = 0; i < connections; i++) {
            Close(listener.Connect());
        }
        EXPECT_TRUE(YieldUntil([&] { return accepted == connections; }));
        EXPECT_EQ(rove_close(listener.fd), 0);
        listener.fd = -1;
    });
}

TEST_F(AcceptTest, AbortedConnectionsAreSkipped)
{
    const int errors[] = {ECONNABORTED, EPROTO,    ENOPROTOOPT,  ENETDOWN,
                          ENETUNREACH,  EHOSTDOWN, EHOSTUNREACH, ENONET};
    RunTasks(1, [&] {
        Listener listener;
        for (int error : errors) {
            int client = listener.Connect();
            rv_fault_arm("rv_fd_accept", 1, error);
            Close(rove_accept(listener.fd, nullptr, nullptr));
            EXPECT_EQ(rv_fault_calls("rv_fd_accept"), 2u);
            Close(client);
        }
    });
}

TEST_F(AcceptTest, EndlessAbortsDoNotSpin)
{
    RunTasks(1, [] {
        Listener listener;
        int client = listener.Connect();
        rv_fault_arm_every("rv_fd_accept", 1, ECONNABORTED);
        Task accepter([&] {
            EXPECT_EQ(rove_accept(listener.fd, nullptr, nullptr), -ECANCELED);
        });
        EXPECT_TRUE(AwaitWaiter(listener.fd, RV_SIDE_ALERT)); // backs off
        EXPECT_LE(rv_fault_calls("rv_fd_accept"), 17u);
        accepter.Cancel();
        accepter.Join();
        Close(client);
    });
}

TEST_F(AcceptTest, ShortagesAreWaitedOut)
{
    RunTasks(1, [] {
        Listener listener;
        for (int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
            int client = listener.Connect();
            rv_fault_arm("rv_fd_accept", 1, error);
            Close(rove_accept(listener.fd, nullptr, nullptr));
            Close(client);
        }
    });
}

int64_t AcceptTwice(void *)
{
    Listener listener;
    for (int i = 0; i < 2; i++) {
        int client = listener.Connect();
        rv_fault_arm("rv_fd_accept", 1, EMFILE);
        Close(rove_accept(listener.fd, nullptr, nullptr));
        Close(client);
    }
    return 0;
}

TEST_F(AcceptTest, ShortageIsReportedOnce)
{
    std::vector<std::string> lines;
    rove_options options;
    rove_options_init(&options);
    options.workers = 1;
    options.stack_size = 256 * 1024;
    options.report = [](void *to, const char *line) {
        static_cast<std::vector<std::string> *>(to)->push_back(line);
    };
    options.report_context = &lines;
    EXPECT_EQ(rove_run(&options, AcceptTwice, nullptr), 0);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("waits: EMFILE"), std::string::npos) << lines[0];
}

// The real thing: no descriptor to be had for 200 ms, with connections waiting.
TEST_F(AcceptTest, OutOfDescriptorsBacksOffAndRecovers)
{
    struct rlimit before;
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    RunTasks(1, [&] {
        constexpr int connections = 10;
        Listener listener;
        std::vector<int> clients;
        for (int i = 0; i < connections; i++) {
            clients.push_back(listener.Connect());
        }
        int next = fcntl(0, F_DUPFD, 0);
        close(next);
        struct rlimit tight = before;
        tight.rlim_cur = static_cast<rlim_t>(next);
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
        (void)rv_fault_calls("rv_fd_accept");
        rv_fault_arm("rv_fd_accept", 1000000, EIO); // counts from here
        int accepted = 0;
        Task accepter([&] {
            for (; accepted < connections; accepted++) {
                int fd = rove_accept(listener.fd, nullptr, nullptr);
                Close(fd);
            }
        });
        EXPECT_EQ(rove_sleep(200 * ROVE_MS), 0);
        EXPECT_EQ(accepted, 0);
        // 1, 2, 4 … 64 ms: eight tries in that time; far fewer than a spin's.
        EXPECT_LE(rv_fault_calls("rv_fd_accept"), 12u);
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
        accepter.Join();
        EXPECT_EQ(accepted, connections);
        for (int client : clients) {
            Close(client);
        }
    });
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(AcceptTest, NumberThatIsNotServedIsClosedAndReported)
{
    RunTasks(1, [] {
        Listener listener;
        int client = listener.Connect();
        {
            NumbersTaken taken;
            rv_fault_arm("rv_pollable_open", 1, EMFILE);
            EXPECT_EQ(rove_accept(listener.fd, nullptr, nullptr), -EMFILE);
        }
        char byte;
        EXPECT_EQ(rove_read(client, &byte, 1), 0);
        Close(client);
        client = listener.Connect();
        Close(rove_accept(listener.fd, nullptr, nullptr));
        Close(client);
    });
}

TEST_F(AcceptTest, BackingOffEndsWithTheListener)
{
    RunTasks(1, [] {
        Listener listener;
        int client = listener.Connect();
        rv_fault_arm_every("rv_fd_accept", 1, EMFILE);
        Task accepter([&] {
            EXPECT_EQ(rove_accept(listener.fd, nullptr, nullptr), -EBADF);
        });
        EXPECT_TRUE(AwaitWaiter(listener.fd, RV_SIDE_ALERT));
        EXPECT_EQ(rove_close(listener.fd), 0);
        listener.fd = -1;
        accepter.Join();
        Close(client);
    });
}

TEST_F(AcceptTest, OtherErrorsAreReported)
{
    RunTasks(1, [] {
        Listener listener;
        int client = listener.Connect();
        EXPECT_EQ(rove_accept(client, nullptr, nullptr), -EINVAL);
        Pipe pipe;
        EXPECT_EQ(rove_accept(pipe.out, nullptr, nullptr), -ENOTSOCK);
        Close(client);
    });
}

TEST_F(AcceptTest, BlockingListenerOfOthersIsWaitedForWithoutBlocking)
{
    RunTasks(1, [] {
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(listen(listener, 8), 0); // at a port of the kernel's choice
        auto port = static_cast<uint16_t>(rove_local_port(listener));
        int fd = -1;
        Task accepter([&] { fd = rove_accept(listener, nullptr, nullptr); });
        EXPECT_TRUE(AwaitWaiter(listener, RV_SIDE_READ));
        int client = rove_tcp_connect(nullptr, port);
        accepter.Join();
        EXPECT_EQ(rove_write(fd, "x", 1), 1);
        Close(fd);
        Close(client);
        Close(listener);
    });
}

TEST_F(AcceptTest, PlainThreadAccepts)
{
    Listener listener;
    int client = listener.Connect();
    int fd = rove_accept(listener.fd, nullptr, nullptr);
    Close(fd);
    Close(client);
}

} // namespace
