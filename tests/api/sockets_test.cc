// At stake: what services do with sockets beyond streams of bytes, as a user
// would write it: datagrams in batches, descriptors that are handed over, and
// files sent to those who read slowly, or hang up. Nothing is lost, mixed up or
// left open.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "rove/rove.h"

#include "tests/support/census.h"
#include "tests/support/tasks.h"

#include "gtest/gtest.h"

namespace
{

using Tasks = std::vector<std::unique_ptr<Task>>;

class SocketsApiTest : public ::testing::TestWithParam<unsigned>
{
  protected:
    void SetUp() override
    {
        signal(SIGPIPE, SIG_DFL);
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

INSTANTIATE_TEST_SUITE_P(Workers, SocketsApiTest, ::testing::Values(1, 2));

// Datagrams of eight bytes, each with the address of its other end.
class Datagrams
{
  public:
    static constexpr unsigned kMost = 16;

    Datagrams()
    {
        for (unsigned i = 0; i < kMost; i++) {
            parts_[i] = {&numbers[i], sizeof(numbers[i])};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts_[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }

    Datagrams(const Datagrams &) = delete;
    Datagrams &operator=(const Datagrams &) = delete;

    void KeepAddresses()
    {
        for (unsigned i = 0; i < kMost; i++) {
            messages[i].msg_hdr.msg_name = &addresses_[i].as;
            messages[i].msg_hdr.msg_namelen = sizeof(addresses_[i].as);
        }
    }

    // Sends the first count, however many batches that takes.
    bool Send(int fd, unsigned count)
    {
        for (unsigned sent = 0; sent < count;) {
            int more = rove_sendmmsg(fd, messages + sent, count - sent, 0);
            if (more <= 0) {
                return false;
            }
            sent += static_cast<unsigned>(more);
        }
        return true;
    }

    uint64_t numbers[kMost];
    struct mmsghdr messages[kMost];

  private:
    struct iovec parts_[kMost];
    rove_address addresses_[kMost];
};

void EchoDatagrams(int fd)
{
    Datagrams batch;
    int count;
    do {
        batch.KeepAddresses();
        count = rove_recvmmsg(fd, batch.messages, Datagrams::kMost, 0);
    } while (count > 0 && batch.Send(fd, static_cast<unsigned>(count)));
    EXPECT_EQ(count, -EBADF);
}

// The window is small enough that no buffer overflows, so that none is dropped.
TEST_P(SocketsApiTest, EveryDatagramOfABatchComesBackToItsSender)
{
    Run([] {
        constexpr uint64_t rounds = 100;
        int server = rove_udp_bind(nullptr, 0, nullptr);
        auto port = static_cast<uint16_t>(rove_local_port(server));
        Tasks servers;
        for (int i = 0; i < 2; i++) {
            servers.push_back(
                std::make_unique<Task>([=] { EchoDatagrams(server); }));
        }
        Tasks clients;
        for (uint64_t c = 0; c < 4; c++) {
            clients.push_back(std::make_unique<Task>([=] {
                int fd = rove_udp_connect(nullptr, port);
                Datagrams batch;
                for (uint64_t round = 0; round < rounds; round++) {
                    uint64_t sum = 0;
                    for (unsigned i = 0; i < Datagrams::kMost; i++) {
                        batch.numbers[i] = c << 32 | round << 8 | i;
                        sum += batch.numbers[i];
                    }
                    EXPECT_TRUE(batch.Send(fd, Datagrams::kMost));
                    for (unsigned got = 0; got < Datagrams::kMost;) {
                        int more = rove_recvmmsg(fd, batch.messages,
                                                 Datagrams::kMost, 0);
                        EXPECT_GT(more, 0);
                        for (int i = 0; i < more; i++) {
                            sum -= batch.numbers[i];
                        }
                        got += more > 0 ? static_cast<unsigned>(more)
                                        : Datagrams::kMost;
                    }
                    EXPECT_EQ(sum, 0u);
                }
                EXPECT_EQ(rove_close(fd), 0);
            }));
        }
        clients.clear();
        EXPECT_EQ(rove_close(server), 0);
    });
}

TEST_P(SocketsApiTest, DescriptorsAreHandedOverAndClosed)
{
    Run([] {
        constexpr int rounds = 200;
        int pair[2];
        EXPECT_EQ(rove_unix_pair(SOCK_SEQPACKET, pair), 0);
        Task taker([&] {
            for (int i = 0; i < rounds; i++) {
                char byte;
                int fd = -1;
                int count = i % 10 == 9 ? 0 : 1; // now and then no room for it
                EXPECT_EQ(rove_recv_fds(pair[1], &byte, 1, &fd, &count), 1);
                EXPECT_EQ(count, i % 10 == 9 ? -EMSGSIZE : 1);
                if (count == 1) {
                    EXPECT_EQ(rove_write(fd, &byte, 1), 1);
                    EXPECT_EQ(rove_close(fd), 0);
                }
            }
        });
        for (int i = 0; i < rounds; i++) {
            int ends[2];
            char byte = static_cast<char>('a' + i % 26);
            EXPECT_EQ(rove_unix_pair(SOCK_STREAM, ends), 0);
            EXPECT_EQ(rove_send_fds(pair[0], &byte, 1, &ends[1], 1), 1);
            EXPECT_EQ(rove_close(ends[1]), 0);
            char answer[2];
            ssize_t count = rove_read_exact(ends[0], answer, 2, nullptr);
            EXPECT_EQ(count, i % 10 == 9 ? 0 : 1); // then the stream ends
            EXPECT_TRUE(count == 0 || answer[0] == byte);
            EXPECT_EQ(rove_close(ends[0]), 0);
        }
        taker.Join();
        EXPECT_EQ(rove_close(pair[0]), 0);
        EXPECT_EQ(rove_close(pair[1]), 0);
    });
}

constexpr size_t kFileSize = 8 << 20;

// Eight bytes that tell where they are.
std::vector<uint64_t> Content()
{
    std::vector<uint64_t> content(kFileSize / sizeof(uint64_t));
    for (size_t i = 0; i < content.size(); i++) {
        content[i] = i;
    }
    return content;
}

// 0, or the error that cut it short.
ssize_t SendWholeFile(int to, int file)
{
    off_t offset = 0;
    ssize_t count = 1;
    while (static_cast<size_t>(offset) < kFileSize && count > 0) {
        count = rove_sendfile(to, file, &offset, kFileSize);
    }
    return count > 0 ? 0 : count;
}

// Reads in small pieces, in turns with everybody else; how many bytes were as
// they should be.
size_t ReadSlowly(int fd, size_t most)
{
    std::vector<uint64_t> piece(8192);
    size_t done = 0;
    while (done < most) {
        size_t size = piece.size() * sizeof(uint64_t);
        ssize_t count = rove_read_exact(fd, piece.data(), size, nullptr);
        if (count != static_cast<ssize_t>(size)) {
            break;
        }
        size_t wrong = 0;
        for (size_t i = 0; i < piece.size(); i++) {
            wrong += piece[i] != done / sizeof(uint64_t) + i;
        }
        EXPECT_EQ(wrong, 0u);
        done += size;
        EXPECT_EQ(rove_yield(), 0);
    }
    return done;
}

TEST_P(SocketsApiTest, ResetInTheMiddleOfAFileIsToldAndHurtsNobodyElse)
{
    int file = memfd_create("file", MFD_CLOEXEC);
    std::vector<uint64_t> content = Content();
    ASSERT_EQ(write(file, content.data(), kFileSize),
              static_cast<ssize_t>(kFileSize));
    Run([=] {
        int listener = rove_listen("127.0.0.1:0", nullptr);
        auto port = static_cast<uint16_t>(rove_local_port(listener));
        std::atomic<int> whole{0};
        std::atomic<int> cut{0};
        Task server([&] {
            Tasks connections;
            for (int i = 0; i < 4; i++) {
                int fd = rove_accept(listener, nullptr, nullptr);
                connections.push_back(std::make_unique<Task>([&, fd] {
                    ssize_t error = SendWholeFile(fd, file);
                    whole += error == 0;
                    cut += error == -ECONNRESET || error == -EPIPE;
                    EXPECT_EQ(rove_close(fd), 0);
                }));
            }
        });
        Tasks readers;
        for (int i = 0; i < 4; i++) {
            readers.push_back(std::make_unique<Task>([=] {
                bool resets = i % 2 == 0;
                size_t most = resets ? kFileSize / 16 : kFileSize;
                int fd = rove_tcp_connect(nullptr, port);
                EXPECT_EQ(ReadSlowly(fd, most), most);
                EXPECT_EQ(rove_tcp_set_reset_on_close(fd, resets), 0);
                EXPECT_EQ(rove_close(fd), 0);
            }));
        }
        readers.clear();
        server.Join();
        EXPECT_EQ(whole, 2);
        EXPECT_EQ(cut, 2);
        EXPECT_EQ(rove_close(listener), 0);
    });
    close(file);
}

TEST_P(SocketsApiTest, HalfClosedStreamIsAnsweredToItsEnd)
{
    char directory[] = "/tmp/rove_sockets_XXXXXX";
    ASSERT_NE(mkdtemp(directory), nullptr);
    std::string path = std::string(directory) + "/socket";
    Run([&] {
        std::string name = "unix:" + path;
        for (const std::string &where : {std::string("127.0.0.1:0"), name}) {
            int listener = rove_listen(where.c_str(), nullptr);
            rove_address at;
            EXPECT_EQ(rove_local_address(listener, &at), 0);
            Task server([&] {
                int fd = rove_accept(listener, nullptr, nullptr);
                char question[16];
                EXPECT_EQ(rove_read_exact(fd, question, 16, nullptr), 8);
                std::string answer(1 << 20, 'a'); // more than fits at once
                EXPECT_EQ(
                    rove_write_all(fd, answer.data(), answer.size(), nullptr),
                    1 << 20);
                EXPECT_EQ(rove_close(fd), 0);
            });
            int fd = rove_socket(at.as.any.sa_family, SOCK_STREAM, 0);
            EXPECT_EQ(rove_connect(fd, &at.as.any, at.length), 0);
            EXPECT_EQ(rove_write(fd, "question", 8), 8);
            EXPECT_EQ(rove_shutdown(fd, SHUT_WR), 0);
            EXPECT_EQ(rove_write(fd, "x", 1), -EPIPE);
            std::string answer((1 << 20) + 1, ' ');
            EXPECT_EQ(rove_read_exact(fd, &answer[0], answer.size(), nullptr),
                      1 << 20);
            EXPECT_EQ(rove_close(fd), 0);
            server.Join();
            EXPECT_EQ(rove_close(listener), 0);
        }
    });
    EXPECT_EQ(unlink(path.c_str()), 0);
    EXPECT_EQ(rmdir(directory), 0);
}

} // namespace
