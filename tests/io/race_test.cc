// At stake: of several addresses one that answers is connected to, whatever the
// others do; of many errors the one that helps is told; no socket is left
// behind. Addresses that do not answer are listeners with a full queue.
extern "C" {
#include "src/io/race.h"

#include "tests/support/fault.h"
}

#include <cerrno>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <vector>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

rove_address AddressOf(int fd)
{
    rove_address a = {};
    EXPECT_EQ(rove_local_address(fd, &a), 0);
    return a;
}

// Accepts what comes.
struct Listener {
    explicit Listener(const char *host = "127.0.0.1")
        : fd(rove_tcp_listen(host, 0, nullptr))
    {
    }

    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    ~Listener()
    {
        if (fd >= 0) {
            EXPECT_EQ(rove_close(fd), 0);
        }
    }

    int fd;
};

// Nobody listens there, nor will.
struct Deaf {
    Deaf() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        rove_address at;
        EXPECT_EQ(rove_address_ip(nullptr, 0, &at), 0);
        EXPECT_EQ(bind(fd, &at.as.any, at.length), 0);
    }

    Deaf(const Deaf &) = delete;
    Deaf &operator=(const Deaf &) = delete;

    ~Deaf()
    {
        close(fd);
    }

    int fd;
};

// Does not answer: its queue is full.
struct BlackHole : Deaf {
    BlackHole()
    {
        EXPECT_EQ(listen(fd, 0), 0);
        rove_address to = AddressOf(fd);
        for (int i = 0; i < 4; i++) {
            fillers.push_back(
                socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            connect(fillers.back(), &to.as.any, to.length);
        }
    }

    ~BlackHole()
    {
        for (int filler : fillers) {
            close(filler);
        }
    }

    std::vector<int> fillers;
};

int Race(const std::vector<rove_address> &list)
{
    return rv_race_connect(list.data(), list.size());
}

class RaceTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        rv_fault_disarm();
    }

    // On a task and on a plain thread.
    void OnBoth(const std::function<void()> &body)
    {
        RunTasks(1, [&] {
            int fds = CountFds();
            body();
            EXPECT_EQ(CountFds(), fds);
        });
        int fds = CountFds();
        body();
        EXPECT_EQ(CountFds(), fds);
    }

    // Expects a connection to the listener, and closes it.
    static void ExpectConnected(int fd, const Listener &to)
    {
        EXPECT_GE(fd, 0);
        rove_address peer = {};
        EXPECT_EQ(rove_peer_address(fd, &peer), 0);
        EXPECT_EQ(peer.as.ip4.sin_port, AddressOf(to.fd).as.ip4.sin_port);
        int other = rove_accept(to.fd, nullptr, nullptr);
        EXPECT_EQ(rove_write(other, "x", 1), 1);
        char byte = 0;
        EXPECT_EQ(rove_read(fd, &byte, 1), 1);
        EXPECT_EQ(byte, 'x');
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(rove_close(other), 0);
    }

    Deaf deaf_;
    BlackHole hole_;
};

std::string OrderOf(const std::string &families)
{
    std::vector<rove_address> list(families.size());
    for (size_t i = 0; i < list.size(); i++) {
        list[i].as.any.sa_family = families[i] == '6' ? AF_INET6 : AF_INET;
        list[i].length = static_cast<socklen_t>(i);
    }
    std::vector<const rove_address *> order(list.size());
    rv_race_order(list.data(), list.size(), order.data());
    std::string places;
    for (const rove_address *a : order) {
        places += std::to_string(a->length);
    }
    return places;
}

TEST_F(RaceTest, FamiliesTakeTurnsFromTheFirstOn)
{
    EXPECT_EQ(OrderOf("4"), "0");
    EXPECT_EQ(OrderOf("66"), "01");
    EXPECT_EQ(OrderOf("6644"), "0213");
    EXPECT_EQ(OrderOf("4466"), "0213");
    EXPECT_EQ(OrderOf("666644"), "041523");
    EXPECT_EQ(OrderOf("644444"), "012345");
    EXPECT_EQ(OrderOf("464646"), "012345");
}

TEST_F(RaceTest, TheFirstThatAnswersWins)
{
    OnBoth([&] {
        Listener good, other;
        ExpectConnected(Race({AddressOf(good.fd)}), good);
        ExpectConnected(Race({AddressOf(good.fd), AddressOf(other.fd)}), good);
        ExpectConnected(Race({AddressOf(deaf_.fd), AddressOf(good.fd)}), good);
    });
}

TEST_F(RaceTest, AnAddressThatDoesNotAnswerHoldsNobodyUp)
{
    OnBoth([&] {
        Listener good;
        ExpectConnected(Race({AddressOf(hole_.fd), AddressOf(deaf_.fd),
                              AddressOf(good.fd)}),
                        good);
    });
}

TEST_F(RaceTest, FamiliesAreRaced)
{
    OnBoth([&] {
        Listener six("::1");
        if (six.fd < 0) {
            return; // no IPv6 here
        }
        ExpectConnected(Race({AddressOf(deaf_.fd), AddressOf(six.fd)}), six);
    });
}

TEST_F(RaceTest, TheErrorThatSaysMoreIsTold)
{
    rove_address deaf = AddressOf(deaf_.fd); // says -ECONNREFUSED
    OnBoth([&] {
        EXPECT_EQ(Race({deaf}), -ECONNREFUSED);
        rv_fault_arm("rv_fd_connect", 1, ENETUNREACH);
        EXPECT_EQ(Race({deaf}), -ENETUNREACH);
        rv_fault_arm("rv_fd_connect", 1, ENETUNREACH);
        EXPECT_EQ(Race({deaf, deaf}), -ECONNREFUSED);
        rv_fault_arm_every("rv_fd_connect", 3, ENETUNREACH);
        EXPECT_EQ(Race({deaf, deaf}), -ECONNREFUSED);
        rv_fault_arm_every("rv_fd_connect", 1, EHOSTUNREACH);
        EXPECT_EQ(Race({deaf, deaf}), -EHOSTUNREACH);
        rv_fault_arm("rv_fd_connect", 1, ETIMEDOUT);
        EXPECT_EQ(Race({deaf, deaf}), -ETIMEDOUT);
        rv_fault_arm("rv_fd_socket", 1, EAFNOSUPPORT);
        EXPECT_EQ(Race({deaf, deaf}), -ECONNREFUSED);
        rv_fault_arm("rv_fd_socket", 1, EMFILE);
        EXPECT_EQ(Race({deaf}), -EMFILE);
        rv_fault_disarm();
    });
}

TEST_F(RaceTest, OnlySoManyAddressesTakePart)
{
    RunTasks(1, [&] {
        std::vector<rove_address> list(40, AddressOf(deaf_.fd));
        rv_fault_arm("rv_fd_socket", 1000, EMFILE);
        EXPECT_EQ(Race(list), -ECONNREFUSED);
        EXPECT_EQ(rv_fault_calls("rv_fd_socket"), uint64_t{RV_RACE_MAX});
    });
}

TEST_F(RaceTest, DeadlinesAndCancellationEndIt)
{
    OnBoth([&] {
        int status = 0;
        ROVE_TIMEOUT(10 * ROVE_MS, &status)
        {
            EXPECT_EQ(Race({AddressOf(hole_.fd), AddressOf(hole_.fd)}),
                      -ECANCELED);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
    });
    RunTasks(2, [&] {
        int fds = CountFds();
        Task racing([&] {
            EXPECT_EQ(Race({AddressOf(hole_.fd), AddressOf(hole_.fd)}),
                      -ECANCELED);
        });
        EXPECT_TRUE(YieldUntil([=] { return CountFds() == fds + 2; }));
        racing.Cancel();
        racing.Join();
        EXPECT_EQ(CountFds(), fds);
    });
}

} // namespace
