// At stake: connecting ends when the connection stands or has failed, and not
// because somebody said that the socket was writable.
extern "C" {
#include "src/sched/poll_wait.h"
#include "tests/support/fault.h"
}

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

struct sockaddr_in Loopback(uint16_t port)
{
    struct sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
}

int Connect(int fd, const struct sockaddr_in &to)
{
    return rove_connect(fd, reinterpret_cast<const sockaddr *>(&to),
                        sizeof(to));
}

// A port at which nobody listens, held so that nobody will.
struct DeafPort {
    DeafPort() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        struct sockaddr_in at = Loopback(0);
        EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr *>(&at), sizeof(at)), 0);
        port = static_cast<uint16_t>(rove_local_port(fd));
    }

    ~DeafPort()
    {
        close(fd);
    }

    int fd;
    uint16_t port;
};

class ConnectTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }
};

TEST_F(ConnectTest, ConnectsOnce)
{
    RunTasks(1, [] {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        auto to = Loopback(static_cast<uint16_t>(rove_local_port(listener)));
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        EXPECT_EQ(Connect(fd, to), 0);
        EXPECT_EQ(Connect(fd, to), -EISCONN);
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(rove_close(listener), 0);
    });
}

TEST_F(ConnectTest, RefusalIsReported)
{
    DeafPort deaf;
    RunTasks(1, [&] {
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        EXPECT_EQ(Connect(fd, Loopback(deaf.port)), -ECONNREFUSED);
        EXPECT_EQ(rove_close(fd), 0);
        int foreign = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        EXPECT_EQ(Connect(foreign, Loopback(deaf.port)), -ECONNREFUSED);
        close(foreign);
    });
    int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(Connect(fd, Loopback(deaf.port)), -ECONNREFUSED);
    EXPECT_EQ(rove_close(fd), 0);
}

TEST_F(ConnectTest, BadAddressesAreReported)
{
    RunTasks(1, [] {
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in wrong = Loopback(1);
        wrong.sin_family = AF_INET6;
        EXPECT_EQ(Connect(fd, wrong), -EAFNOSUPPORT);
        EXPECT_EQ(rove_connect(fd, nullptr, 0), -EINVAL);
        EXPECT_EQ(rove_close(fd), 0);
    });
}

// A listener whose queue is full does not answer: the attempt stays under way.
TEST_F(ConnectTest, SpuriousEventsDoNotMakeAConnection)
{
    RunTasks(1, [] {
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in at = Loopback(0);
        EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr *>(&at), sizeof(at)),
                  0);
        EXPECT_EQ(listen(listener, 0), 0);
        auto to = Loopback(static_cast<uint16_t>(rove_local_port(listener)));
        std::vector<int> fillers;
        for (int i = 0; i < 4; i++) {
            fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
            connect(fillers.back(), reinterpret_cast<sockaddr *>(&to),
                    sizeof(to));
        }
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        bool has_ended = false;
        Task connecting([&] {
            EXPECT_EQ(Connect(fd, to), -ECANCELED);
            has_ended = true;
        });
        rv_pollable *file;
        EXPECT_EQ(rv_pollable_of(fd, &file), 0);
        for (int i = 0; i < 5; i++) {
            EXPECT_TRUE(AwaitWaiter(fd, RV_SIDE_WRITE));
            rv_poll_wait_pass(file, RV_SIDE_WRITE); // what an event would do
            (void)rove_yield();
            EXPECT_FALSE(has_ended);
        }
        EXPECT_TRUE(AwaitWaiter(fd, RV_SIDE_WRITE));
        connecting.Cancel();
        connecting.Join();
        // The kernel goes on with the attempt, and a new call waits for it.
        Task waiting([&] { EXPECT_EQ(Connect(fd, to), -EBADF); });
        EXPECT_TRUE(AwaitWaiter(fd, RV_SIDE_WRITE));
        EXPECT_EQ(rove_close(fd), 0);
        waiting.Join();
        for (int filler : fillers) {
            close(filler);
        }
        close(listener);
    });
}

TEST_F(ConnectTest, InterruptedCallGoesOn)
{
    RunTasks(1, [] {
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        auto to = Loopback(static_cast<uint16_t>(rove_local_port(listener)));
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        // A foreign, blocking socket: its connect can be interrupted.
        rv_fault_arm("connect", 1, EINTR);
        EXPECT_EQ(Connect(fd, to), 0);
        EXPECT_GE(rv_fault_calls("connect"), 2u);
        close(fd);
        EXPECT_EQ(rove_close(listener), 0);
    });
}

// A Unix listener with a full queue says EAGAIN, and no event follows.
TEST_F(ConnectTest, FullUnixListenerIsWaitedFor)
{
    RunTasks(1, [] {
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un at = {};
        at.sun_family = AF_UNIX;
        memcpy(at.sun_path, "\0rove_connect_test", 18);
        auto *to = reinterpret_cast<struct sockaddr *>(&at);
        socklen_t length = sizeof(sa_family_t) + 18;
        EXPECT_EQ(bind(listener, to, length), 0);
        EXPECT_EQ(listen(listener, 0), 0);
        std::vector<int> fillers;
        for (;;) {
            int filler = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
            fillers.push_back(filler);
            if (connect(filler, to, length) != 0) {
                break;
            }
        }
        int fd = rove_socket(AF_UNIX, SOCK_STREAM, 0);
        Task connecting([&] { EXPECT_EQ(rove_connect(fd, to, length), 0); });
        EXPECT_TRUE(AwaitWaiter(fd, RV_SIDE_ALERT));
        int accepted = rove_accept(listener, nullptr, nullptr);
        EXPECT_GE(accepted, 0);
        connecting.Join();
        EXPECT_EQ(rove_close(accepted), 0);
        EXPECT_EQ(rove_close(fd), 0);
        for (int filler : fillers) {
            close(filler);
        }
        close(listener);
    });
}

TEST_F(ConnectTest, ClosingEndsAnAttempt)
{
    RunTasks(1, [] {
        // Nobody answers at an address that is routed to nowhere near; where
        // there is no route at all the attempt fails at once.
        int fd = rove_socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in nowhere = Loopback(9);
        inet_aton("192.0.2.1", &nowhere.sin_addr);
        Task connecting([&] {
            int error = Connect(fd, nowhere);
            EXPECT_TRUE(error == -EBADF || error == -ENETUNREACH ||
                        error == -EHOSTUNREACH || error == -ECONNREFUSED)
                << error;
        });
        (void)rove_yield();
        EXPECT_EQ(rove_close(fd), 0);
    });
}

} // namespace
