// At stake: what a user of rove/io.h and rove/net.h counts on, with one loop,
// with as many as there are cores, and with more: every byte arrives once and
// in order, every wait ends, and nothing is left open. As a user would write
// it, with real sockets.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "rove/rove.h"

#include "tests/support/tasks.h"

#include "gtest/gtest.h"

namespace
{

using Tasks = std::vector<std::unique_ptr<Task>>;

int CountFds()
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir) != nullptr) {
        count++;
    }
    closedir(dir);
    return count;
}

uint64_t IoEvents()
{
    rove_stats stats;
    stats.size = sizeof(stats);
    EXPECT_EQ(rove_stats_get(rove_runtime_current(), &stats), 0);
    return stats.io_events;
}

class IoApiTest : public ::testing::TestWithParam<unsigned>
{
  protected:
    static void SetUpTestSuite()
    {
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        signal(SIGPIPE, SIG_DFL);
    }

    void SetUp() override
    {
        fds_ = CountFds();
    }

    void TearDown() override
    {
        EXPECT_EQ(CountFds(), fds_);
    }

    void Run(std::function<void()> body)
    {
        RunTasks(GetParam(), std::move(body));
    }

  private:
    int fds_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Workers, IoApiTest, ::testing::Values(1, 2, 8));

// Serves each connection in a task of its own until the listener is closed.
class Server
{
  public:
    explicit Server(std::function<void(int)> serve)
        : serve_(std::move(serve)),
          listener_(rove_tcp_listen(nullptr, 0, nullptr)),
          port_(static_cast<uint16_t>(rove_local_port(listener_)))
    {
        EXPECT_GE(listener_, 0);
        accepter_ = std::make_unique<Task>([this] {
            int fd;
            while ((fd = rove_accept(listener_, nullptr, nullptr)) >= 0) {
                connections_.push_back(std::make_unique<Task>([this, fd] {
                    serve_(fd);
                    EXPECT_EQ(rove_close(fd), 0);
                }));
            }
            EXPECT_EQ(fd, -EBADF);
            connections_.clear();
        });
    }

    ~Server()
    {
        EXPECT_EQ(rove_close(listener_), 0);
        accepter_.reset();
    }

    int Connect() const
    {
        return rove_tcp_connect(nullptr, port_);
    }

  private:
    std::function<void(int)> serve_;
    int listener_;
    uint16_t port_;
    Tasks connections_;
    std::unique_ptr<Task> accepter_;
};

void Echo(int fd)
{
    char buffer[1500];
    ssize_t n;
    while ((n = rove_read(fd, buffer, sizeof(buffer))) > 0) {
        EXPECT_EQ(rove_write_all(fd, buffer, static_cast<size_t>(n), nullptr),
                  n);
    }
    EXPECT_EQ(n, 0);
}

std::string Message(unsigned seed, size_t size)
{
    std::string message(size, ' ');
    for (auto &byte : message) {
        seed = seed * 1103515245u + 12345u;
        byte = static_cast<char>(seed >> 16);
    }
    return message;
}

bool Exchange(int fd, const std::string &message)
{
    std::string answer(message.size(), ' ');
    auto size = static_cast<ssize_t>(message.size());
    return rove_write_all(fd, message.data(), message.size(), nullptr) ==
               size &&
           rove_read_exact(fd, &answer[0], answer.size(), nullptr) == size &&
           answer == message;
}

TEST_P(IoApiTest, ThousandConnectionsEchoEveryByte)
{
    Run([] {
        Server server(Echo);
        Tasks clients;
        std::atomic<int> good{0};
        for (unsigned c = 0; c < 1000; c++) {
            clients.push_back(std::make_unique<Task>([&, c] {
                int fd = server.Connect();
                bool is_good = fd >= 0;
                for (unsigned i = 0; i < 3 && is_good; i++) {
                    is_good = Exchange(
                        fd, Message(c * 3 + i, 1 + (c * 37 + i * 811) % 3000));
                }
                good += is_good;
                EXPECT_EQ(rove_close(fd), 0);
            }));
        }
        clients.clear();
        EXPECT_EQ(good, 1000);
    });
}

TEST_P(IoApiTest, BothDirectionsStreamThroughFullBuffers)
{
    Run([] {
        constexpr size_t size = 3 << 20;
        Server server(Echo);
        int fd = server.Connect();
        std::string all = Message(1, size);
        Task writer([&] {
            EXPECT_EQ(rove_write_all(fd, all.data(), size, nullptr),
                      static_cast<ssize_t>(size));
            EXPECT_EQ(rove_shutdown(fd, SHUT_WR), 0);
        });
        std::string answer(size, ' ');
        EXPECT_EQ(rove_read_exact(fd, &answer[0], size, nullptr),
                  static_cast<ssize_t>(size));
        EXPECT_TRUE(answer == all);
        char byte;
        EXPECT_EQ(rove_read(fd, &byte, 1), 0);
        writer.Join();
        EXPECT_EQ(rove_close(fd), 0);
    });
}

TEST_P(IoApiTest, ManyReadersOfOneSocketShareItsBytes)
{
    Run([] {
        constexpr int readers = 50;
        constexpr int bytes = 5000;
        Server server([](int fd) {
            std::string block(100, 'x');
            for (int sent = 0; sent < bytes; sent += 100) {
                EXPECT_EQ(rove_write_all(fd, block.data(), 100, nullptr), 100);
                if (sent % 1000 == 0) {
                    (void)rove_yield();
                }
            }
        });
        int fd = server.Connect();
        std::atomic<int> received{0};
        Tasks tasks;
        for (int i = 0; i < readers; i++) {
            tasks.push_back(std::make_unique<Task>([&] {
                char piece[7];
                ssize_t n;
                while ((n = rove_read(fd, piece, sizeof(piece))) > 0) {
                    received += static_cast<int>(n);
                }
                EXPECT_EQ(n, 0);
            }));
        }
        tasks.clear();
        EXPECT_EQ(received, bytes);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

// Numbers are closed and opened again all the time, by tasks that are waited
// for, cancelled or hung up on meanwhile.
TEST_P(IoApiTest, NumbersReusedInAStormMixUpNothing)
{
    Run([] {
        Server server(Echo);
        Tasks clients;
        std::atomic<int> good{0};
        for (unsigned c = 0; c < 16; c++) {
            clients.push_back(std::make_unique<Task>([&, c] {
                for (unsigned round = 0; round < 40; round++) {
                    int fd = server.Connect();
                    char byte;
                    switch ((c + round) % 3) {
                    case 0: // a plain exchange
                        break;
                    case 1: { // a reader that is cancelled
                        Task reader([&] {
                            EXPECT_EQ(rove_read(fd, &byte, 1), -ECANCELED);
                        });
                        (void)rove_yield();
                        reader.Cancel();
                        break;
                    }
                    default: { // hung up with bytes on the way
                        int other = server.Connect();
                        EXPECT_EQ(rove_write(other, "bye", 3), 3);
                        EXPECT_EQ(rove_shutdown(other, SHUT_WR), 0);
                        char rest[4];
                        EXPECT_EQ(rove_read_exact(other, rest, 4, nullptr), 3);
                        EXPECT_EQ(rove_close(other), 0);
                    }
                    }
                    good += Exchange(fd, Message(c * 1000 + round, 200));
                    EXPECT_EQ(rove_close(fd), 0);
                }
            }));
        }
        clients.clear();
        EXPECT_EQ(good, 16 * 40);
    });
}

// A task that is closed under before it has even begun to wait gets the same
// answer: -EBADF, from the closing or from the kernel.
TEST_P(IoApiTest, ClosingEndsEveryWait)
{
    Run([] {
        for (int round = 0; round < 100; round++) {
            int listener = rove_tcp_listen(nullptr, 0, nullptr);
            Tasks accepters;
            for (int i = 0; i < 4; i++) {
                accepters.push_back(std::make_unique<Task>([&] {
                    EXPECT_EQ(rove_accept(listener, nullptr, nullptr), -EBADF);
                }));
                EXPECT_EQ(rove_yield(), 0);
            }
            for (int n = 0; n < round % 5; n++) {
                EXPECT_EQ(rove_yield(), 0);
            }
            EXPECT_EQ(rove_close(listener), 0);
        }
    });
}

TEST_P(IoApiTest, ResetOfAnIdleConnectionCostsNothing)
{
    Run([] {
        std::atomic<int> served{-1};
        Server server([&](int fd) {
            char byte;
            EXPECT_EQ(rove_read(fd, &byte, 1), 1); // so it is registered
            served = fd;
            EXPECT_EQ(rove_sleep(50 * ROVE_MS), 0);
            EXPECT_LT(rove_write(fd, "x", 1), 0);
        });
        int fd = server.Connect();
        EXPECT_EQ(rove_write(fd, "x", 1), 1);
        EXPECT_TRUE(YieldUntil([&] { return served >= 0; }));
        struct linger reset = {1, 0};
        EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
                  0);
        uint64_t before = IoEvents();
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(rove_sleep(40 * ROVE_MS), 0);
        EXPECT_LE(IoEvents() - before, 5u);
    });
}

TEST_P(IoApiTest, ConnectionsThatWaitAtTheStartAreServed)
{
    for (int run = 0; run < 20; run++) {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        auto port = static_cast<uint16_t>(rove_local_port(listener));
        int fds[8];
        for (int &fd : fds) {
            fd = rove_tcp_connect(nullptr, port); // on a plain thread
            EXPECT_GE(fd, 0);
            EXPECT_EQ(rove_write(fd, "x", 1), 1);
        }
        Run([&] {
            Tasks tasks;
            for (int i = 0; i < 8; i++) {
                tasks.push_back(std::make_unique<Task>([&] {
                    int fd = rove_accept(listener, nullptr, nullptr);
                    char byte;
                    EXPECT_EQ(rove_read(fd, &byte, 1), 1);
                    EXPECT_EQ(rove_close(fd), 0);
                }));
            }
        });
        for (int fd : fds) {
            EXPECT_EQ(rove_close(fd), 0);
        }
        EXPECT_EQ(rove_close(listener), 0);
    }
}

// What main leaves behind is cancelled, and gives its descriptors back.
TEST_P(IoApiTest, TasksLeftWaitingAtTheEndAreCancelled)
{
    struct Left {
        int fd;
        std::atomic<int> *cancelled;
    };
    std::atomic<int> cancelled{0};
    Run([&] {
        for (int i = 0; i < 20; i++) {
            Left left = {rove_tcp_listen(nullptr, 0, nullptr), &cancelled};
            rove_detach(rove_spawn_copy(
                [](void *arg) -> int64_t {
                    auto *mine = static_cast<Left *>(arg);
                    int error = rove_accept(mine->fd, nullptr, nullptr);
                    *mine->cancelled += error == -ECANCELED;
                    return rove_close(mine->fd);
                },
                &left, sizeof(left)));
        }
        EXPECT_EQ(rove_yield(), 0);
    });
    EXPECT_EQ(cancelled, 20);
}

TEST_P(IoApiTest, UnixSocketsCarryWhatTcpDoes)
{
    Run([] {
        std::string name = "@rove_io_test_" + std::to_string(getpid());
        int listener = rove_unix_listen(name.c_str(), nullptr);
        EXPECT_GE(listener, 0);
        Task server([&] {
            int fd = rove_accept(listener, nullptr, nullptr);
            Echo(fd);
            EXPECT_EQ(rove_close(fd), 0);
        });
        int fd = rove_unix_connect(name.c_str());
        for (unsigned i = 0; i < 20; i++) {
            EXPECT_TRUE(Exchange(fd, Message(i, 1 + i * 500)));
        }
        EXPECT_EQ(rove_close(fd), 0);
        server.Join();
        EXPECT_EQ(rove_close(listener), 0);
    });
}

TEST_P(IoApiTest, DescriptorsOfOthersComeAndGo)
{
    Run([] {
        Tasks tasks;
        for (int t = 0; t < 4; t++) {
            tasks.push_back(std::make_unique<Task>([] {
                for (int round = 0; round < 100; round++) {
                    int fds[2];
                    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
                    Task reader([&] {
                        EXPECT_EQ(rove_poll(fds[0], POLLIN), POLLIN);
                        char byte;
                        EXPECT_EQ(rove_read(fds[0], &byte, 1), 1);
                        EXPECT_EQ(byte, 'x');
                    });
                    if (round % 2 == 0) {
                        (void)rove_yield();
                    }
                    EXPECT_EQ(rove_write(fds[1], "x", 1), 1);
                    reader.Join();
                    close(fds[0]); // behind rove's back
                    close(fds[1]);
                }
            }));
        }
    });
}

TEST_P(IoApiTest, PlainThreadsTalkToTasks)
{
    int port = -1;
    int listener = rove_tcp_listen(nullptr, 0, nullptr);
    port = rove_local_port(listener);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; t++) {
        threads.emplace_back([=] {
            int fd = rove_tcp_connect(nullptr, static_cast<uint16_t>(port));
            for (unsigned i = 0; i < 50; i++) {
                EXPECT_TRUE(Exchange(fd, Message(t * 50 + i, 100 + i)));
            }
            EXPECT_EQ(rove_close(fd), 0);
        });
    }
    Run([&] {
        Tasks tasks;
        for (int i = 0; i < 4; i++) {
            int fd = rove_accept(listener, nullptr, nullptr);
            tasks.push_back(std::make_unique<Task>([fd] {
                Echo(fd);
                EXPECT_EQ(rove_close(fd), 0);
            }));
        }
    });
    for (auto &thread : threads) {
        thread.join();
    }
    EXPECT_EQ(rove_close(listener), 0);
}

} // namespace
