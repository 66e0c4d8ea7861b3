// At stake: no request is slept through by a connection that owns no stack,
// whatever comes between its last read and its next start: the next request, a
// cancellation, the end of the stream. A lost one shows as a hang.
#include <cerrno>
#include <memory>
#include <sys/socket.h>
#include <vector>

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

constexpr int kConnections = 16;
constexpr int kRounds = kUnderSanitizer ? 50 : 200;
constexpr uint32_t kRequestsMax = 6; // in one round

class ReadableStress : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, ReadableStress, ::testing::ValuesIn(kDesigns),
                         NameOf);

// The server's side: answers a byte with a byte, and owns no task between.
class Connection
{
  public:
    Connection(int fd, uint32_t stream, std::atomic<int> *closed)
        : fd_(fd), random_(stream), closed_(closed)
    {
    }

    void WaitForRequest()
    {
        rove_task *task = rove_on_readable(fd_, Start, this);
        if (task == nullptr) {
            ADD_FAILURE() << rove_join(nullptr);
            return;
        }
        waiting_ = rove_task_id(task);
        rove_detach(task);
    }

    // Whoever waits now, or has begun meanwhile.
    void Interrupt()
    {
        (void)rove_cancel_id(waiting_);
    }

  private:
    static int64_t Start(void *self)
    {
        return static_cast<Connection *>(self)->Serve();
    }

    // May leave requests behind, which then are no news to epoll, and waits for
    // the next before or after it has answered.
    int64_t Serve()
    {
        char bytes[kRequestsMax];
        ssize_t n = rove_read(fd_, bytes, 1 + random_.Below(sizeof bytes));
        if (n == 0) {
            EXPECT_EQ(rove_close(fd_), 0);
            return ++*closed_;
        }
        EXPECT_TRUE(n > 0 || n == -ECANCELED) << n;
        size_t answers = n > 0 ? static_cast<size_t>(n) : 0;
        random_.Spin(200);
        bool waits_first = random_.Below(2) == 0;
        if (waits_first) {
            WaitForRequest(); // random_ is the next task's from here on
        }
        ROVE_SHIELD(ROVE_FOREVER) // this task may be cancelled
        {
            EXPECT_EQ(rove_write_all(fd_, bytes, answers, nullptr),
                      static_cast<ssize_t>(answers));
        }
        if (!waits_first) {
            WaitForRequest();
        }
        return 0;
    }

    const int fd_;
    Random random_;
    std::atomic<int> *closed_;
    std::atomic<uint64_t> waiting_{0};
};

// Some requests at once, then all their answers.
int64_t Ask(int fd, uint32_t stream)
{
    Random random(stream);
    const char requests[kRequestsMax] = {};
    char answers[kRequestsMax];
    for (int round = 0; round < kRounds; round++) {
        random.Spin(300);
        size_t count = 1 + random.Below(kRequestsMax);
        EXPECT_EQ(rove_write_all(fd, requests, count, nullptr),
                  static_cast<ssize_t>(count));
        EXPECT_EQ(rove_read_exact(fd, answers, count, nullptr),
                  static_cast<ssize_t>(count));
    }
    return rove_close(fd);
}

// Two ends, made by rove or not.
void Connect(bool is_managed, int listener, int ends[2])
{
    if (!is_managed) {
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        return;
    }
    ends[0] = rove_tcp_connect(
        nullptr, static_cast<uint16_t>(rove_local_port(listener)));
    ends[1] = rove_accept(listener, nullptr, nullptr);
    EXPECT_GE(ends[0], 0);
    EXPECT_GE(ends[1], 0);
    EXPECT_EQ(rove_tcp_set_nodelay(ends[1], 1), 0);
}

TEST_P(ReadableStress, EachRequestIsAnsweredWhateverComesBetween)
{
    InTask([] {
        std::atomic<int> closed{0};
        std::vector<std::unique_ptr<Connection>> connections;
        std::vector<rove_task *> clients;
        int listener = rove_tcp_listen(nullptr, 0, nullptr);
        for (uint32_t i = 0; i < kConnections; i++) {
            int ends[2];
            Connect(i % 4 != 0, listener, ends);
            connections.push_back(
                std::make_unique<Connection>(ends[1], i, &closed));
            connections.back()->WaitForRequest();
            clients.push_back(
                Spawn([=, fd = ends[0]] { return Ask(fd, 1000 + i); }));
        }
        EXPECT_EQ(rove_close(listener), 0);
        Random random(2000);
        EXPECT_TRUE(Eventually([&] {
            connections[random.Below(kConnections)]->Interrupt();
            (void)rove_sleep(random.Below(200) * ROVE_US);
            return closed == kConnections;
        }));
        for (rove_task *client : clients) {
            EXPECT_EQ(rove_join(client), 0);
        }
    });
}

} // namespace
